/* cmd_wait.c: wait until estated is ready, or an alarm comes or goes. The live stream wakes it; nothing is slept through. */
#include <errno.h>

#include "base/clock.h"
#include "ctl/command.h"

#define RETRY_US (100 * MS) /* a daemon that is not there cannot say when it comes */

enum wait_for { WAIT_READY, WAIT_ALARM, WAIT_NO_ALARM };

struct wait {
	struct ctl *ctl;
	struct talk *asking; /* beside the one that follows the stream */
	enum wait_for what;
	const char *alarm, *state;
	int64_t deadline_us;
	bool told;
};

/* What the follower returns to end the stream. */
enum { WAIT_FULFILLED = 1, WAIT_OVER = 2 };

/* Does the answer say that what we wait for is so? */
static bool fulfilled_by(const struct wait *w, const json_t *answer)
{
	const json_t *row;
	size_t i, standing = 0;

	if (w->what == WAIT_READY)
		return json_is_true(json_object_get(answer, "ready"));
	json_array_foreach(answer, i, row)
	{
		const char *state = json_string_value(json_object_get(row, "state"));

		if (w->alarm && !str_equal(json_string_value(json_object_get(row, "alarm")), w->alarm))
			continue;
		if (str_equal(state, "normal") && !w->state)
			continue;
		standing += !w->state || str_equal(state, w->state);
	}
	return w->what == WAIT_ALARM ? standing > 0 : standing == 0;
}

/* WAIT_FULFILLED, 0: not yet, or -errno. */
static int look(struct wait *w)
{
	struct talk_answer answer = { 0 };
	int r = talk_get(w->asking, w->what == WAIT_READY ? "/v1/status" : "/v1/alarms?all=1", &answer);
	json_t *json;

	if (r < 0)
		return r;
	if (answer.status != 200) {
		if (answer.status == 403)
			ctl_refused(&answer);
		str_buf_fini(&answer.body);
		return answer.status == 403 ? -EPERM : 0;
	}
	json = json_loads(str_buf_text(&answer.body), 0, NULL);
	r = json && fulfilled_by(w, json) ? WAIT_FULFILLED : 0;
	json_decref(json);
	str_buf_fini(&answer.body);
	return r;
}

static int tick(void *context)
{
	struct wait *w = context;
	int r;

	if (clock_mono_us() >= w->deadline_us)
		return WAIT_OVER;
	/* Being ready is no event of the stream's; and between connecting and the first bytes something may have come. */
	r = look(w);
	return r == -ENOTCONN || r == -EBUSY ? 0 : r;
}

static int bytes(void *context, const char *text _unused_, size_t len _unused_)
{
	return tick(context);
}

static void tell(struct wait *w, const char *why)
{
	if (!w->told)
		fprintf(stderr, _("estatectl: waiting: %s\n"), why);
	w->told = true;
}

/* WAIT_FULFILLED, WAIT_OVER, or -errno that waiting does not mend. */
static int wait_for(struct wait *w)
{
	struct talk_follower follower = { .context = w, .bytes = bytes, .tick = tick };
	int r = 0;

	while (clock_mono_us() < w->deadline_us) {
		struct talk_answer refusal = { 0 };

		r = look(w);
		if (r == 0) {
			tell(w, w->what == WAIT_READY ? _("estated answers, but has not heard everything once")
						      : _("not so yet"));
			r = talk_follow(w->ctl->talk, "/v1/stream", &follower, &refusal);
			str_buf_fini(&refusal.body);
		} else if (r == -ENOTCONN || r == -EBUSY) {
			tell(w, _("estated does not answer yet"));
		}
		if (r == WAIT_FULFILLED || r == WAIT_OVER || r == -EPERM || r == -EACCES)
			return r;
		clock_poll(-1, 0, MIN(clock_mono_us() + RETRY_US, w->deadline_us));
	}
	return r == -ENOTCONN || r == -EBUSY ? r : WAIT_OVER;
}

/* Reads what to wait for; false: said on stderr. */
static bool read_words(struct wait *w)
{
	const struct ctl *c = w->ctl;
	const char *what = ctl_word(c, 0), *length = c->args.values[ARGS_FOR];
	int64_t for_us = 30 * S;

	if (length && (str_to_duration(length, &for_us) < 0 || for_us < 0)) {
		fprintf(stderr, _("estatectl: --for %s: expected a time like 30s or 5m\n"), length);
		return false;
	}
	w->deadline_us = clock_mono_us() + for_us;
	w->alarm = ctl_word(c, 1);
	w->state = ctl_word(c, 2);
	w->what = str_equal(what, "alarm") ? WAIT_ALARM : str_equal(what, "no-alarm") ? WAIT_NO_ALARM : WAIT_READY;
	if ((w->what == WAIT_READY && ((what && !str_equal(what, "ready")) || w->alarm)) ||
	    (w->what == WAIT_ALARM && !w->alarm) || (w->what == WAIT_NO_ALARM && w->state)) {
		fprintf(stderr, "%s", _("estatectl: wait: expected ready, alarm ID [STATE] or no-alarm [ID]\n"));
		return false;
	}
	return true;
}

enum ctl_exit cmd_wait(struct ctl *c)
{
	struct wait w = { .ctl = c };
	int r;

	if (!read_words(&w))
		return CTL_USAGE;
	w.asking = talk_new(talk_socket(c->talk));
	r = wait_for(&w);
	talk_free(w.asking);
	if (r == WAIT_FULFILLED)
		return CTL_DONE;
	if (r == WAIT_OVER) {
		fprintf(stderr, "%s", _("estatectl: it did not come in time\n"));
		return CTL_FAILED;
	}
	return r == -EPERM ? CTL_FAILED : ctl_explain(c, r);
}
