/* cmd_watch.c: what changes, as it changes: the live stream, followed over restarts of the daemon. */
#include <errno.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "ctl/command.h"
#include "ctl/sse.h"

struct watch {
	struct ctl *ctl;
	struct sse sse;
	bool connected; /* the stream has spoken since it was last lost */
	bool lost;      /* the loss was told */
	struct backoff backoff;
};

/* "12:03:04" out of "2026-11-22T12:03:04.120+08:00" */
static void show_time(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *at = json_string_value(json_object_get(row, "at"));

	if (at && strlen(at) >= 19)
		str_buf_add_len(to, at + 11, 8);
}

/* What an event is about, in the reader's words. */
static const char *kind(const char *word)
{
	static const char *const known[] = { N_("point"), N_("alarm"),  N_("health"), N_("bus"),
					     N_("unit"),  N_("plugin"), N_("store"),  N_("daemon") };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_equal(known[i], word))
			return _(known[i]);
	return word ? word : "";
}

static void show_event(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	str_buf_add(to, kind(json_string_value(json_object_get(row, "event"))));
}

static void show_name(const json_t *row, enum words_language l, struct str_buf *to)
{
	static const char *const keys[] = { "point", "alarm" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (json_object_get(row, keys[i])) {
			out_value(json_object_get(row, keys[i]), l, to);
			return;
		}
	str_buf_printf(to, "%s ", kind(json_string_value(json_object_get(row, "what"))));
	out_value(json_object_get(row, "id"), l, to);
}

static void show_change(const json_t *row, enum words_language l, struct str_buf *to)
{
	const char *state = json_string_value(json_object_get(row, "state"));

	if (!json_object_get(row, "point")) {
		str_buf_add(to, words_state(state));
		return;
	}
	out_value(json_object_get(row, "value"), l, to);
	if (to->len == 0)
		str_buf_add(to, "-");
	if (json_string_length(json_object_get(row, "unit")) > 0)
		str_buf_printf(to, " %s", json_string_value(json_object_get(row, "unit")));
}

static void show_text(const json_t *row, enum words_language l, struct str_buf *to)
{
	int priority = (int)json_integer_value(json_object_get(row, "priority"));

	if (json_object_get(row, "point")) {
		str_buf_add(to, words_state(json_string_value(json_object_get(row, "quality"))));
		if (json_is_true(json_object_get(row, "test")))
			str_buf_printf(to, " %s", _("test"));
		return;
	}
	if (priority)
		str_buf_printf(to, "%d %s: ", priority, words_priority(priority));
	str_buf_add(to, words_text(l, json_object_get(row, "text")));
}

/* clang-format off */
static const struct out_table table = {
	.columns = (const struct out_column[]){
		{ N_("TIME"),   OUT_LEFT, NULL, show_time,   N_("of the estate"), 8 },
		{ N_("EVENT"),  OUT_LEFT, NULL, show_event,  N_("point, alarm, health"), 6 },
		{ N_("NAME"),   OUT_LEFT, NULL, show_name,   N_("point; alarm; bus, plugin, …"), 24 },
		{ N_("CHANGE"), OUT_LEFT, NULL, show_change, N_("its value, or its state"), 12 },
		{ N_("TEXT"),   OUT_LEFT, NULL, show_text,   N_("quality of a point; what an alarm says") },
		{ 0 } },
	.keys = (const char *const[]){ "event", "event_id", "at", "point", "value", "quality", "alarm", "state", "priority", "text",
		"what", "id", NULL },
	.none = "",
};
/* clang-format on */

static int take_event(void *context, const struct sse_event *e)
{
	struct watch *w = context;
	struct str_buf body _cleanup_str_buf_ = { 0 };
	json_t *data = json_loads(e->data, 0, NULL), *row;
	int64_t id = 0;

	if (!json_is_object(data)) {
		json_decref(data);
		return 0;
	}
	if (str_equal(e->event, "gap"))
		fprintf(stderr,
			_("estatectl: some changes were missed; 'estatectl points' and 'alarms' say how it stands\n"));
	(void)str_to_i64(e->id, &id);
	row = json_pack("{ss sI}", "event", e->event, "event_id", (json_int_t)id);
	json_object_update(row, data);
	/* The data as they came, so that no number changes its digits on the way. */
	str_buf_printf(&body, "{\"event\":\"%s\",\"event_id\":%lld%s%s", e->event, (long long)id,
		       json_object_size(data) ? "," : "", strchr(e->data, '{') + 1);
	if (!str_equal(e->event, "gap") || w->ctl->out.writer == &out_json_writer)
		w->ctl->out.writer->event(&w->ctl->out, &table, str_buf_text(&body), row);
	json_decref(row);
	json_decref(data);
	return ferror(w->ctl->out.to) ? -EPIPE : 0;
}

static int take_bytes(void *context, const char *bytes, size_t len)
{
	struct watch *w = context;
	struct sse_handler handler = { .context = w, .event = take_event };

	if (w->lost)
		fprintf(stderr, "%s", _("estatectl: estated is back\n"));
	w->lost = false;
	w->connected = true;
	backoff_reset(&w->backoff);
	return sse_feed(&w->sse, bytes, len, &handler);
}

/* The stream has ended: shall it be tried again? Else *ret_exit. */
static bool go_on(struct watch *w, int error, const struct talk_answer *refusal, enum ctl_exit *ret_exit)
{
	if (error == -EPROTO && refusal->status != 503) {
		*ret_exit = ctl_refused(refusal);
		return false;
	}
	if (error == -EPIPE) {
		*ret_exit = CTL_DONE; /* nobody reads what we write any more */
		return false;
	}
	if ((error != -ENOTCONN && error != -EPROTO) || (!w->connected && !w->lost)) {
		*ret_exit = error == -EPROTO ? ctl_refused(refusal) : ctl_explain(w->ctl, error);
		return false;
	}
	if (!w->lost)
		fprintf(stderr, "%s", _("estatectl: estated has gone away; waiting for it to come back\n"));
	w->lost = true;
	sse_reset(&w->sse);
	clock_poll(-1, 0, clock_mono_us() + backoff_next_us(&w->backoff));
	return true;
}

enum ctl_exit cmd_watch(struct ctl *c)
{
	struct watch w = { .ctl = c };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit = CTL_DONE;
	bool again = true;

	backoff_init(&w.backoff, 200 * MS, 5 * S, (uint32_t)clock_mono_us());
	str_buf_add(&path, "/v1/stream");
	if (ctl_word(c, 0)) {
		str_buf_add(&path, "?match=");
		talk_escape(&path, ctl_word(c, 0));
	}
	c->out.writer->event_head(&c->out, &table);
	while (again) {
		struct talk_follower follower = { .context = &w, .last_id = w.sse.id, .bytes = take_bytes };
		struct talk_answer refusal = { 0 };
		int r = talk_follow(c->talk, path.text, &follower, &refusal);

		again = go_on(&w, r, &refusal, &exit);
		str_buf_fini(&refusal.body);
	}
	sse_fini(&w.sse);
	return exit;
}
