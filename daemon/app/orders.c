#include "app/orders.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/live.h"
#include "app/order_reply.h"
#include "app/writing.h"
#include "base/log.h"
#include "base/mem.h"

#define BEGIN_LIMIT (15 * S) /* until then its turn must have come */
#define WORDS_MAX   256

/* A bus that is somebody else's for a while. By its id: it lasts over a reload. */
struct pause {
	struct pause *next;
	char *bus, *who;
	int64_t until_us; /* monotonic */
};

struct orders {
	struct live *live;
	struct orders_one *list;
	size_t count;
	uint32_t last_id;
	struct pause *pauses;
	char hint[WORDS_MAX];
};

struct orders *orders_new(struct live *l)
{
	struct orders *o = MEM_NEW(struct orders);

	o->live = l;
	return o;
}

static void one_free(struct orders_one *one)
{
	free(one->subject);
	free(one->who);
	free(one->reason);
	free(one->bus);
	free(one);
}

static void pause_free(struct pause *pause)
{
	free(pause->bus);
	free(pause->who);
	free(pause);
}

void orders_free(struct orders *o)
{
	if (!o)
		return;
	while (o->list) {
		struct orders_one *next = o->list->next;

		if (!o->list->own.done)
			api_finish_json(o->list->asked.pending, 503,
					NULL); /* the API has ended: nobody hears it, it is only freed */
		one_free(o->list);
		o->list = next;
	}
	while (o->pauses) {
		struct pause *next = o->pauses->next;

		pause_free(o->pauses);
		o->pauses = next;
	}
	free(o);
}

static void unlink_one(struct orders *o, struct orders_one *one)
{
	for (struct orders_one **at = &o->list; *at; at = &(*at)->next)
		if (*at == one) {
			*at = one->next;
			o->count--;
			return;
		}
}

/* ---- pauses ---- */

static struct pause **find_pause(const struct orders *o, const char *bus)
{
	struct pause **at = (struct pause **)&o->pauses;

	while (*at && !str_equal((*at)->bus, bus))
		at = &(*at)->next;
	return at;
}

int64_t orders_paused_until(const struct orders *o, const char *bus)
{
	const struct pause *pause = *find_pause(o, bus);

	return pause && pause->until_us > clock_mono_us() ? pause->until_us : 0;
}

const char *orders_paused_by(const struct orders *o, const char *bus)
{
	const struct pause *pause = *find_pause(o, bus);

	return pause ? pause->who : NULL;
}

static int64_t wall_of(int64_t mono_us)
{
	struct clock_now now = clock_now();

	return now.wall_us + (mono_us - now.mono_us);
}

void orders_show_pause(struct orders *o, struct status_bus *row)
{
	const struct pause *pause = *find_pause(o, row->id);
	char left[STR_DURATION_MAX];

	if (!pause)
		return;
	row->state = "paused";
	row->paused_until_us = wall_of(pause->until_us);
	snprintf(o->hint, sizeof(o->hint),
		 "%s has the line for %s more, nothing on it is watched: 'estatectl bus resume %s' takes it back",
		 pause->who, str_from_age(MAX(pause->until_us - clock_mono_us(), (int64_t)0), left), row->id);
	row->hint = o->hint;
}

static uint32_t row_of(const struct orders *o, const char *bus)
{
	const struct bus *row = conf_find_bus(o->live->conf, bus);

	return row ? (uint32_t)(row - o->live->conf->buses) : UINT32_MAX;
}

static void begin_pause(struct orders *o, const struct orders_one *one)
{
	struct pause **at = find_pause(o, one->bus);
	uint32_t bus = row_of(o, one->bus);
	char time[CLOCK_ISO_MAX], en[WORDS_MAX], zh[WORDS_MAX];

	if (!*at) {
		*at = MEM_NEW(struct pause);
		(*at)->bus = mem_strdup(one->bus);
	}
	free((*at)->who);
	(*at)->who = mem_strdup(one->who);
	(*at)->until_us = one->order.until_us;
	clock_format_local(wall_of(one->order.until_us), time);
	snprintf(en, sizeof(en),
		 "%s has paused the bus until %s: what protects life on it is not watched; 'estatectl bus resume %s'",
		 one->who, time, one->bus);
	snprintf(zh, sizeof(zh), "%s已暂停该总线至%s：其上的生命安全点不受监视；恢复：estatectl bus resume %s",
		 one->who, time, one->bus);
	if (bus != UINT32_MAX)
		watch_pause(o->live->watch, bus, (const char *const[]){ en, zh });
	log_event(LOGID_BUS_PAUSED, LOG_ABOUT(.bus = one->bus, .who = one->who), "bus %s: paused by %s until %s",
		  one->bus, one->who, time);
	if (o->live->api)
		api_health_changed(o->live->api, "bus", one->bus, "paused", en);
}

static void end_pause(struct orders *o, struct pause **at)
{
	struct pause *pause = *at;
	uint32_t bus = row_of(o, pause->bus);

	*at = pause->next;
	if (bus != UINT32_MAX)
		watch_pause(o->live->watch, bus, NULL);
	log_event(LOGID_BUS_RESUMED, LOG_ABOUT(.bus = pause->bus), "bus %s: its pause is over", pause->bus);
	if (o->live->api)
		api_health_changed(o->live->api, "bus", pause->bus, "connecting", "");
	pause_free(pause);
}

void orders_resumed(struct orders *o, uint32_t bus)
{
	struct pause **at = find_pause(o, o->live->conf->buses[bus].id);

	/* A pause that was made longer meanwhile is not over yet. */
	if (*at)
		end_pause(o, at);
}

/* ---- giving ---- */

static const struct bus *bus_of(const struct orders *o, const struct api_order *asked)
{
	const struct point *p;

	if (asked->kind != ORDER_WRITE)
		return conf_find_bus(o->live->conf, asked->subject);
	p = point_find(engine_points(o->live->engine), asked->subject);
	return p ? p->device->bus : NULL;
}

static struct order order_of(struct orders *o, const struct api_order *asked)
{
	int64_t now_us = clock_mono_us();

	return (struct order){
		.id = ++o->last_id,
		.kind = asked->kind,
		.unit = asked->unit,
		.table = asked->table,
		.address = asked->address,
		.count = asked->count,
		.deadline_us = now_us + BEGIN_LIMIT,
		.until_us = asked->for_us > 0 ? now_us + asked->for_us : 0,
	};
}

static struct orders_one *one_new(const struct api_order *asked, const struct bus *bus)
{
	struct orders_one *one = MEM_NEW(struct orders_one);

	one->asked = *asked;
	one->asked.subject = one->subject = mem_strdup(asked->subject);
	one->asked.who = one->who = mem_strdup(asked->who);
	one->asked.reason = one->reason = asked->reason ? mem_strdup(asked->reason) : NULL;
	one->bus = mem_strdup(bus->id);
	return one;
}

/* 0 with what is under way now, or the status of HTTP with why appended. */
static int give(struct orders *o, const struct api_order *asked, struct orders_one **ret_one, struct str_buf *why)
{
	const struct bus *bus = bus_of(o, asked);
	struct worker *w = bus ? links_worker(o->live->links, (uint32_t)(bus - o->live->conf->buses)) : NULL;
	struct order order = order_of(o, asked);
	struct orders_one *one;
	int status = 0, r = 0;

	if (asked->kind == ORDER_WRITE)
		status = writing_prepare(o->live, asked, &order, why);
	if (status != 0)
		return status;
	if (!w) {
		str_buf_add(why, "its thread does not run: see estatectl buses");
		return 503;
	}
	r = o->count < ORDERS_MAX ? worker_order(w, &order) : -EBUSY;
	if (r < 0) {
		str_buf_add(why, "the bus is still busy with what was asked of it before: try again in a moment");
		return 503;
	}
	one = one_new(asked, bus);
	one->order = order;
	one->paused = *find_pause(o, bus->id) != NULL;
	one->worker = w;
	one->next = o->list;
	o->list = one;
	o->count++;
	*ret_one = one;
	return 0;
}

void orders_give(struct orders *o, const struct api_order *asked)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	struct orders_one *one;
	int status = give(o, asked, &one, &why);

	if (status != 0)
		order_reply_problem(asked->pending, status, str_buf_text(&why));
}

int orders_switch(struct orders *o, const struct orders_switch *s, struct str_buf *why)
{
	struct api_order asked = { .kind = ORDER_WRITE,
				   .subject = s->point,
				   .who = "estated",
				   .reason = s->reason,
				   .value = value_bool(s->on) };
	struct orders_one *one;
	int status = give(o, &asked, &one, why);

	if (status != 0)
		return status == 503 ? -EBUSY : -EINVAL;
	one->own = s->own;
	return 0;
}

/* ---- what came of it ---- */

/* A bus is taken away from its work, or given back: for good. */
static void remember(struct orders *o, const struct orders_one *one)
{
	bool pause = one->order.kind == ORDER_PAUSE;
	char until[CLOCK_ISO_MAX];

	trail_record(o->live, &(struct trail_entry){
				      .kind = "command",
				      .who = one->who,
				      .what = one->bus,
				      .detail = json_pack(
					      "{s:s, s:s*}", "verb", pause ? "bus pause" : "bus resume", "until",
					      pause ? clock_format_iso(wall_of(one->order.until_us), until) : NULL) });
}

static void settle(struct orders *o, const struct orders_one *one, const struct order_result *result)
{
	if (result->end == ORDER_DONE &&
	    (one->order.kind == ORDER_PAUSE || (one->order.kind == ORDER_RESUME && one->paused)))
		remember(o, one);
	struct pause **at;

	switch (one->order.kind) {
	case ORDER_WRITE: writing_done(o->live, one, result); break;
	case ORDER_PAUSE: begin_pause(o, one); break;
	case ORDER_RESUME:
		at = find_pause(o, one->bus);
		if (*at)
			end_pause(o, at);
		break;
	case ORDER_READ:
	case ORDER_PROBE: break;
	}
}

static void reply(struct orders *o, const struct orders_one *one, const struct order_result *result)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	if (!one->own.done) {
		order_reply(o->live, one, result);
		return;
	}
	if (result->end != ORDER_DONE)
		order_reply_say(one, result, &text);
	one->own.done(one->own.context, one->subject, result->end == ORDER_DONE ? 0 : -EIO, str_buf_text(&text));
}

void orders_done(struct orders *o, struct order_result *result)
{
	struct orders_one *one = o->list;

	while (one && one->order.id != result->id)
		one = one->next;
	if (one) {
		unlink_one(o, one);
		settle(o, one, result);
		reply(o, one, result);
		one_free(one);
	}
	free(result);
}

/* Its bus was ended by a reload, and what it had under way with it. */
static bool is_orphan(const struct orders *o, const struct orders_one *one)
{
	uint32_t bus = row_of(o, one->bus);

	return bus == UINT32_MAX || links_worker(o->live->links, bus) != one->worker;
}

static void end_orphans(struct orders *o)
{
	for (struct orders_one *one = o->list, *next; one; one = next) {
		struct order_result lost = { .end = ORDER_NO_LINK, .error = -ECONNABORTED, .sent = true };

		next = one->next;
		if (!is_orphan(o, one))
			continue;
		if (one->order.kind == ORDER_WRITE)
			lost.end = ORDER_UNCONFIRMED;
		unlink_one(o, one);
		if (one->order.kind == ORDER_WRITE)
			writing_done(o->live, one, &lost);
		reply(o, one, &lost);
		one_free(one);
	}
}

void orders_tick(struct orders *o, int64_t now_us)
{
	end_orphans(o);
	for (struct pause **at = &o->pauses; *at;) {
		/* Its thread tells of the end; where that cannot be, it ends by itself. */
		if (row_of(o, (*at)->bus) == UINT32_MAX || now_us > (*at)->until_us + 10 * S)
			end_pause(o, at);
		else
			at = &(*at)->next;
	}
}
