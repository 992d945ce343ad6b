#include "app/bidding.h"

#include <stdio.h>

#include "app/live.h"
#include "app/order_reply.h"
#include "base/mem.h"
#include "base/str.h"

#define LAST_WAIT (10 * MINUTE) /* no plugin is waited for longer */
#define WHY_MAX   300

struct bid {
	struct bid *next;
	uint64_t id;
	char *plugin, *verb, *who;
	int64_t until_us; /* monotonic */
	struct api_pending *pending;
};

struct bidding {
	struct live *live;
	struct bid *list;
	size_t count;
	uint64_t last_id;
};

struct bidding *bidding_new(struct live *l)
{
	struct bidding *b = MEM_NEW(struct bidding);

	b->live = l;
	return b;
}

/* Nobody waits for what the daemon orders itself. Takes body. */
static void answer_who_asked(struct api_pending *pending, int status, json_t *body)
{
	if (pending)
		api_finish_json(pending, status, body);
	else
		json_decref(body);
}

static void refuse(struct api_pending *pending, int status, const char *why)
{
	if (pending)
		order_reply_problem(pending, status, why);
}

/* Takes it out of the list. */
static void bid_free(struct bidding *b, struct bid *bid)
{
	for (struct bid **at = &b->list; *at; at = &(*at)->next)
		if (*at == bid) {
			*at = bid->next;
			b->count--;
			break;
		}
	free(bid->plugin);
	free(bid->verb);
	free(bid->who);
	free(bid);
}

void bidding_free(struct bidding *b)
{
	if (!b)
		return;
	while (b->list) {
		answer_who_asked(b->list->pending, 503,
				 NULL); /* the API has ended: nobody hears it, it is only freed */
		bid_free(b, b->list);
	}
	free(b);
}

/* Takes detail. */
static void record(struct bidding *b, const struct bid *bid, const char *reason, json_t *detail)
{
	trail_record(b->live,
		     &(struct trail_entry){
			     .kind = "order", .who = bid->who, .what = bid->plugin, .why = reason, .detail = detail });
}

/* What came of it: for the record, and for who asked. members: what else the plugin says; NULL: nothing. */
static void end_bid(struct bidding *b, struct bid *bid, const char *why, const json_t *members)
{
	json_t *answer;

	record(b, bid, NULL,
	       json_pack("{s:s, s:I, s:b, s:s*}", "result", bid->verb, "id", (json_int_t)bid->id, "ok", why == NULL,
			 "text", why));
	if (why) {
		refuse(bid->pending, 409, why);
	} else {
		answer = json_pack("{s:b}", "ok", 1);
		json_object_update_missing(answer, (json_t *)members);
		json_object_del(answer, "type");
		json_object_del(answer, "id");
		answer_who_asked(bid->pending, 200, answer);
	}
	bid_free(b, bid);
}

/* ---- giving ---- */

/* NULL: it may be handed over; else why not. */
static const char *refusal(const struct bidding *b, const struct plugin *plugin, struct supervisor **ret_supervisor)
{
	const struct live *l = b->live;
	struct supervisor *s = plugin ? links_supervisor(l->links, (size_t)(plugin - l->conf->plugins)) : NULL;

	*ret_supervisor = s;
	if (!plugin)
		return "there is no such plugin: see estatectl plugins";
	if (!s || !supervisor_up(s))
		return "the plugin does not run: see estatectl plugins";
	if (!(supervisor_roles(s) & SUPERVISOR_COMMAND))
		return "the plugin takes no orders: its roles do not name 'command'";
	if (b->count >= BIDDING_MAX)
		return "32 orders are under way already: try again in a moment";
	return NULL;
}

static struct bid *bid_new(struct bidding *b, const struct api_bid *asked)
{
	struct bid *bid = MEM_NEW(struct bid);

	bid->id = ++b->last_id;
	bid->plugin = mem_strdup(asked->plugin);
	bid->verb = mem_strdup(asked->verb);
	bid->who = mem_strdup(asked->who);
	bid->until_us = clock_mono_us() + LAST_WAIT;
	bid->pending = asked->pending;
	bid->next = b->list;
	b->list = bid;
	b->count++;
	return bid;
}

void bidding_give(struct bidding *b, const struct api_bid *asked)
{
	const struct plugin *plugin = conf_find_plugin(b->live->conf, asked->plugin);
	struct supervisor *s;
	const char *why = refusal(b, plugin, &s);
	json_t *message;
	struct bid *bid;
	int r;

	if (why) {
		refuse(asked->pending, plugin ? 503 : 404, why);
		return;
	}
	bid = bid_new(b, asked);
	record(b, bid, asked->reason,
	       json_pack("{s:s, s:I, s:O*}", "verb", asked->verb, "id", (json_int_t)bid->id, "args", asked->args));
	message = json_pack("{s:s, s:I, s:s, s:o}", "type", "command", "id", (json_int_t)bid->id, "verb", asked->verb,
			    "args", asked->args ? json_incref(asked->args) : json_object());
	r = supervisor_send(s, message);
	json_decref(message);
	if (r < 0)
		end_bid(b, bid, "the plugin takes nothing at the moment: it was not handed over", NULL);
}

/* ---- what came of it ---- */

void bidding_result(struct bidding *b, const struct supervisor *s, uint64_t id, const json_t *message)
{
	const char *text = json_string_value(json_object_get(message, "text"));
	struct bid *bid = b->list;

	while (bid && (bid->id != id || !str_equal(bid->plugin, supervisor_plugin(s)->id)))
		bid = bid->next;
	if (!bid)
		return; /* too late, or nobody's */
	if (json_is_true(json_object_get(message, "ok")))
		end_bid(b, bid, NULL, message);
	else
		end_bid(b, bid, text ? text : "the plugin refuses, and does not say why", NULL);
}

static void end_unknown(struct bidding *b, struct bid *bid, const char *what)
{
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "%s: whether %.64s was done is not known", what, bid->verb);
	end_bid(b, bid, why, NULL);
}

void bidding_lost(struct bidding *b, const struct plugin *p)
{
	for (struct bid *bid = b->list, *next; bid; bid = next) {
		next = bid->next;
		if (str_equal(bid->plugin, p->id))
			end_unknown(b, bid, "the plugin has ended");
	}
}

void bidding_tick(struct bidding *b, int64_t now_us)
{
	for (struct bid *bid = b->list, *next; bid; bid = next) {
		next = bid->next;
		if (bid->until_us <= now_us)
			end_unknown(b, bid, "the plugin did not answer");
	}
}
