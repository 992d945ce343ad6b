#include "app/registry_intake.h"

#include <event2/event.h>

#include "app/live.h"
#include "app/registry_cards.h"
#include "base/clock.h"
#include "base/mem.h"

#define ROWS_A_TURN  2000
#define MISTAKES_MAX 100 /* told; the rest is counted */

enum step { CHECKING, COMPARING, HANDING, TAKING, FEEDING, DONE };

struct registry_intake {
	struct registry *registry;
	struct event *turn;
	enum step step;
	struct api_register act; /* who and reason are its own; pending is answered once */
	char *who, *reason;
	struct residents read;
	struct diag diag;
	size_t compared;          /* rows of it */
	struct resident *changed; /* as they will be */
	size_t changed_count, added, same;
};

/* ---- what is different ---- */

/* Those columns that the table has. False: nothing is different. */
static bool take_columns(struct resident *to, const struct resident *from, const bool *has)
{
	_cleanup_str_buf_ struct str_buf problem = { 0 };
	bool differs = false;

	for (int f = 0; f < RESIDENT_FIELDS; f++) {
		_cleanup_str_buf_ struct str_buf before = { 0 }, after = { 0 };

		if (!has[f])
			continue;
		resident_field_write(to, (enum resident_field)f, &before);
		resident_field_write(from, (enum resident_field)f, &after);
		if (str_equal(str_buf_text(&before), str_buf_text(&after)))
			continue;
		differs = true;
		resident_field_set(to, (enum resident_field)f, str_buf_text(&after), &problem);
	}
	return differs;
}

/* False: the register has him as the table says. Whoever is new is taken out of the table as he is. */
static bool merge_row(const struct registry *g, const struct residents *read, size_t i, struct resident *ret)
{
	const struct resident *known = registry_find(g, read->all[i].id);

	if (!known) {
		*ret = read->all[i];
		read->all[i] = (struct resident){ 0 };
		return true;
	}
	resident_copy(known, ret);
	if (take_columns(ret, &read->all[i], read->has))
		return true;
	resident_fini(ret);
	return false;
}

static void compare_row(struct registry_intake *in, size_t i)
{
	struct resident r;

	if (!merge_row(in->registry, &in->read, i, &r)) {
		in->same++;
		return;
	}
	in->added += r.version == 0;
	r.version++;
	r.changed_us = clock_wall_us();
	free(r.changed_by);
	r.changed_by = mem_strdup(in->who);
	in->changed[in->changed_count++] = r;
}

/* ---- answers ---- */

static json_t *told(const struct diag *d, enum diag_severity severity)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count && json_array_size(list) < MISTAKES_MAX; i++)
		if (d->entries[i].severity == severity)
			json_array_append_new(list, json_pack("{s:i, s:s}", "line", (int)d->entries[i].line, "text",
							      d->entries[i].text));
	return list;
}

/* For people, a line each. */
static json_t *problems(const struct diag *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count && json_array_size(list) < MISTAKES_MAX; i++) {
		_cleanup_str_buf_ struct str_buf line = { 0 };

		if (d->entries[i].severity != DIAG_ERROR)
			continue;
		str_buf_printf(&line, "line %u: %s", d->entries[i].line, d->entries[i].text);
		json_array_append_new(list, json_string(str_buf_text(&line)));
	}
	return list;
}

static void refuse_mistakes(const struct api_register *act, const struct diag *d)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	str_buf_printf(&text, "%zu %s: nothing is taken over", d->errors + d->dropped,
		       str_plural(d->errors + d->dropped, "mistake", "mistakes"));
	api_finish_json(act->pending, 400,
			json_pack("{s:{s:i, s:s}, s:o, s:o}", "error", "status", 400, "text", text.text, "mistakes",
				  told(d, DIAG_ERROR), "problems", problems(d)));
}

static json_t *sum_of(const struct registry_intake *in)
{
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:o}", "dry_run", in->act.dry_run, "residents",
			 (json_int_t)in->read.count, "added", (json_int_t)in->added, "changed",
			 (json_int_t)(in->changed_count - in->added), "same", (json_int_t)in->same, "warnings",
			 told(&in->diag, DIAG_WARNING));
}

/* ---- steps: each says which one comes after it ---- */

static enum step check(struct registry_intake *in)
{
	if (in->read.has[RESIDENT_FIELD_CARDS] && !diag_failed(&in->diag))
		registry_cards_check(in->registry, &in->read, &in->diag);
	if (diag_failed(&in->diag)) {
		refuse_mistakes(&in->act, &in->diag);
		return DONE;
	}
	in->changed = mem_array(in->read.count + 1, sizeof(*in->changed));
	return COMPARING;
}

static enum step compare(struct registry_intake *in)
{
	size_t end = MIN(in->compared + ROWS_A_TURN, in->read.count);

	for (; in->compared < end; in->compared++)
		compare_row(in, in->compared);
	if (in->compared < in->read.count)
		return COMPARING;
	if (in->registry->count + in->added > RESIDENTS_MAX)
		registry_refuse(&in->act, 409, NULL, "the register would have more than 20000 residents");
	else if (in->act.dry_run || in->changed_count == 0)
		api_finish_json(in->act.pending, 200, sum_of(in));
	else
		return HANDING;
	return DONE;
}

static enum step hand(struct registry_intake *in)
{
	bool handed = registry_hand(
		in->registry, &in->act,
		&(struct registry_change){ .changed = in->changed,
					   .changed_count = in->changed_count,
					   .what = "residents",
					   .detail = json_pack("{s:s, s:I, s:I}", "verb", "import", "added",
							       (json_int_t)in->added, "changed",
							       (json_int_t)(in->changed_count - in->added)),
					   .answer = sum_of(in) });

	return handed ? TAKING : DONE;
}

static enum step take(struct registry_intake *in)
{
	registry_put(in->registry, in->changed, in->changed_count);
	in->changed_count = 0; /* the register's now */
	return FEEDING;
}

static enum step feed(struct registry_intake *in)
{
	registry_feed(in->registry);
	return DONE;
}

static void go_on(struct registry_intake *in)
{
	static enum step (*const steps[])(struct registry_intake * in) = {
		[CHECKING] = check, [COMPARING] = compare, [HANDING] = hand, [TAKING] = take, [FEEDING] = feed,
	};

	in->step = steps[in->step](in);
}

/* ---- turns ---- */

static void intake_free(struct registry_intake *in)
{
	event_free(in->turn);
	for (size_t i = 0; i < in->changed_count; i++)
		resident_fini(&in->changed[i]);
	free(in->changed);
	residents_fini(&in->read);
	diag_fini(&in->diag);
	free(in->who);
	free(in->reason);
	free(in);
}

static void on_turn(evutil_socket_t fd, short events, void *context)
{
	struct registry_intake *in = context;
	struct live_turn turn = live_begin(in->registry->live, "table of residents");

	(void)fd;
	(void)events;
	if (in->step == DONE) {
		in->registry->intake = NULL;
		intake_free(in);
	} else {
		go_on(in);
		event_add(in->turn, &(struct timeval){ 0 });
	}
	live_end(&turn);
}

void registry_intake_settle(struct registry *g)
{
	while (g->intake && g->intake->step != DONE)
		go_on(g->intake);
}

void registry_intake_forget(struct registry *g)
{
	struct registry_intake *in = steal(&g->intake);

	if (in && in->step <= HANDING)
		api_finish_json(in->act.pending, 503, NULL);
	if (in)
		intake_free(in);
}

void registry_intake_begin(struct registry *g, const struct api_register *act, struct residents *read, struct diag *d)
{
	struct registry_intake *in = MEM_NEW(struct registry_intake);

	registry_intake_settle(g);
	if (g->intake)
		intake_free(g->intake);
	in->registry = g;
	in->turn = event_new(g->live->base, -1, 0, on_turn, in);
	if (!in->turn)
		abort();
	in->who = mem_strdup(act->who);
	in->reason = mem_strdup(act->reason);
	in->act = (struct api_register){ .verb = act->verb,
					 .dry_run = act->dry_run,
					 .who = in->who,
					 .reason = in->reason,
					 .pending = act->pending };
	in->read = *read;
	in->diag = *d;
	*read = (struct residents){ 0 };
	*d = (struct diag){ 0 };
	g->intake = in;
	event_add(in->turn, &(struct timeval){ 0 });
}
