#include "conformance/trial.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "conformance/life.h"
#include "sdk/sdk_clock.h"
#include "sdk/sdk_line.h"

#define QUIET_US (300 * SDK_CLOCK_MS) /* how long nothing may come */
#define LOOK_US  (500 * SDK_CLOCK_MS)
#define PINGS    100

/* ---- shared ---- */

/* 2 s of the usual 10; a slow machine gets more of both. */
static int64_t pong_us(const struct trial_subject *s)
{
	return s->ready_us / 5;
}

/* 2 s, and what the machine needs. */
static int64_t end_us(const struct trial_subject *s)
{
	return s->ready_us / 4;
}

static struct life *start(const struct trial_subject *s, const char *argument)
{
	judge_restart(s->judge);
	return life_start(&(struct life_setup){ s->program, argument, s->quiet, s->judge });
}

static json_t *hello(const struct trial_subject *s, int protocol)
{
	return json_pack("{s:s,s:i,s:s,s:s,s:i,s:O,s:O}", "type", "hello", "protocol", protocol, "instance", "test",
			 "estate", "test", "max_age", 45, "options", s->options, "devices", s->devices);
}

static void expect_ready(const struct trial_subject *s, struct life *l)
{
	if (life_wait(l, "ready", s->ready_us))
		return;
	if (life_ended(l))
		mistake_note(&s->judge->mistake, "ends-before-ready", "it ended without ready%s",
			     life_said(l, "fault") ? ", after a fault: are --options and --devices right?" : "");
	else
		mistake_note(&s->judge->mistake, "no-ready", "no ready within %.1f s of hello",
			     (double)s->ready_us / (double)SDK_CLOCK_S);
}

static struct life *start_ready(const struct trial_subject *s)
{
	struct life *l = start(s, NULL);

	life_say(l, hello(s, 1));
	expect_ready(s, l);
	return l;
}

static bool has_failed(const struct trial_subject *s)
{
	return mistake_is_there(&s->judge->mistake);
}

static void ask(struct life *l, json_int_t id)
{
	life_say(l, json_pack("{s:s,s:I}", "type", "ping", "id", id));
}

static bool is_answered(const struct trial_subject *s, struct life *l, json_int_t id)
{
	const json_t *pong = life_wait(l, "pong", pong_us(s));

	return pong && json_is_integer(json_object_get(pong, "id")) &&
	       json_integer_value(json_object_get(pong, "id")) == id;
}

/* ---- every plugin ---- */

static void try_silence(const struct trial_subject *s)
{
	struct life *l = start(s, NULL);

	life_pause(l, QUIET_US);
	if (life_said(l, "ready") || life_said(l, "healthy") || life_said(l, "sample") || life_said(l, "fault"))
		mistake_note(&s->judge->mistake, "speaks-first", "it says something before hello");
	if (!has_failed(s)) {
		life_say(l, hello(s, 1));
		expect_ready(s, l);
	}
	life_pause(l, QUIET_US);
	life_free(l);
}

static void try_pings(const struct trial_subject *s)
{
	static const json_int_t ids[] = { 3, 0, INT64_C(4294967299) };
	struct life *l = start_ready(s);

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]) && !has_failed(s); i++) {
		ask(l, ids[i]);
		if (!is_answered(s, l, ids[i]))
			mistake_note(&s->judge->mistake, "no-pong", "no pong with id %lld within 2 s",
				     (long long)ids[i]);
	}
	for (int i = 0; i < PINGS && !has_failed(s); i++)
		ask(l, 1000 + i);
	for (int i = 0; i < PINGS && !has_failed(s); i++)
		if (!is_answered(s, l, 1000 + i))
			mistake_note(&s->judge->mistake, "no-pong",
				     "of %d pings at once the %d-th is not answered in its turn", PINGS, i + 1);
	life_free(l);
}

/* A plugin that answers no ping at all is told so, not that it does not do it afterwards. */
static bool answers_at_all(const struct trial_subject *s, struct life *l)
{
	ask(l, 1);
	if (!has_failed(s) && !is_answered(s, l, 1))
		mistake_note(&s->judge->mistake, "no-pong", "no pong with id 1 within 2 s");
	return !has_failed(s);
}

static void try_unknown(const struct trial_subject *s)
{
	static const char line[] = "{\"type\":\"of-a-later-version\",\"n\":[1,{\"a\":null}],\"text\":\"电梯\"}";
	struct life *l = start_ready(s);

	if (answers_at_all(s, l)) {
		life_say_text(l, line, sizeof(line) - 1);
		life_say(l, json_pack("{s:s,s:i,s:{s:i}}", "type", "ping", "id", 2, "later", "x", 1));
		if (!is_answered(s, l, 2))
			mistake_note(&s->judge->mistake, "unknown-not-ignored",
				     "a type and a member that it does not know: expected to be ignored, and the ping "
				     "behind it answered");
	}
	life_free(l);
}

static void try_long_line(const struct trial_subject *s)
{
	struct life *l = start_ready(s);
	json_t *ping = json_pack("{s:s,s:i,s:s}", "type", "ping", "id", 2, "later", "");
	size_t len = SDK_LINE_MAX - 1 - json_dumpb(ping, NULL, 0, JSON_COMPACT); /* and the newline */
	char *text = malloc(len);

	if (!text)
		abort();
	memset(text, 'x', len);
	json_object_set_new(ping, "later", json_stringn(text, len));
	free(text);
	if (answers_at_all(s, l)) {
		life_say(l, json_incref(ping));
		if (!is_answered(s, l, 2))
			mistake_note(&s->judge->mistake, "long-line-not-taken",
				     "a ping in a line of %zu bytes is not answered", SDK_LINE_MAX);
	}
	json_decref(ping);
	life_free(l);
}

static void try_pieces(const struct trial_subject *s)
{
	struct life *l = start(s, NULL);
	json_t *first = hello(s, 1);

	json_object_set_new(first, "more", json_true());
	life_say(l, first);
	life_wait(l, "ready", 3 * QUIET_US); /* none is to come; it may be slow to start */
	if (life_said(l, "ready"))
		mistake_note(&s->judge->mistake, "ready-too-early",
			     "hello had \"more\": true: expected ready after the last devices");
	life_say(l, json_pack("{s:s,s:[]}", "type", "devices", "devices"));
	if (!has_failed(s))
		expect_ready(s, l);
	life_free(l);
}

/* What is wrong is said, and the process ends with it. */
static void expect_refusal(const struct trial_subject *s, struct life *l, const char *accepted)
{
	int status;

	if (!life_wait_end(l, s->ready_us, &status))
		mistake_note(&s->judge->mistake, accepted,
			     "expected one fault and an end with another status than 0; it %s",
			     life_said(l, "ready") ? "said ready" : "goes on");
	else if (life_said(l, "ready"))
		mistake_note(&s->judge->mistake, accepted, "expected one fault, it said ready");
	else if (!life_said(l, "fault"))
		mistake_note(&s->judge->mistake, "no-fault", "it ends without a fault that says what is wrong");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		mistake_note(&s->judge->mistake, "fault-exit-0", "after its fault it ends with 0, as if all were well");
}

static void try_protocol(const struct trial_subject *s)
{
	struct life *l = start(s, NULL);

	life_say(l, hello(s, 2));
	expect_refusal(s, l, "protocol-accepted");
	life_free(l);
}

/* Only where it says what options it has: another takes what it likes. */
static void try_options(const struct trial_subject *s)
{
	struct trial_subject with = *s;
	struct life *l = start(s, "--options");
	int status;

	life_close_input(l);
	s->judge->mistake = (struct mistake){ .reason = "" }; /* what it prints there is no protocol */
	if (!life_wait_end(l, end_us(s), &status) || !WIFEXITED(status) || WEXITSTATUS(status) != 0 ||
	    life_said(l, "ready") || !mistake_is_there(&s->judge->mistake)) {
		s->judge->mistake = (struct mistake){ .reason = "" };
		life_free(l);
		return;
	}
	s->judge->mistake = (struct mistake){ .reason = "" };
	life_free(l);
	with.options = json_deep_copy(s->options);
	json_object_set_new(with.options, "no-such-option", json_integer(1));
	l = start(&with, NULL);
	life_say(l, hello(&with, 1));
	expect_refusal(&with, l, "option-accepted");
	life_free(l);
	json_decref(with.options);
}

/* ---- its end ---- */

static void expect_end(const struct trial_subject *s, struct life *l, const char *ignored)
{
	int status;

	if (has_failed(s))
		return;
	if (!life_wait_end(l, end_us(s), &status)) {
		mistake_note(&s->judge->mistake, ignored, "it still runs 2 s later");
		return;
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		mistake_note(&s->judge->mistake, "stop-status", "an orderly end: expected exit status 0, it %s %d",
			     WIFEXITED(status) ? "ended with" : "was killed by signal",
			     WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	life_pause(l, QUIET_US);
	if (life_left_children(l))
		mistake_note(&s->judge->mistake, "leaves-children", "a process of its own lives on");
}

static void try_stop(const struct trial_subject *s)
{
	struct life *l = start_ready(s);

	life_say(l, json_pack("{s:s}", "type", "stop"));
	expect_end(s, l, "stop-ignored");
	life_free(l);
}

static void try_end_of_input(const struct trial_subject *s)
{
	struct life *l = start_ready(s);

	life_close_input(l);
	expect_end(s, l, "end-of-input-ignored");
	life_free(l);
}

static void try_sigterm(const struct trial_subject *s)
{
	struct life *l = start_ready(s);
	int status;

	life_signal(l, SIGTERM);
	if (!has_failed(s) && !life_wait_end(l, end_us(s), &status))
		mistake_note(&s->judge->mistake, "sigterm-ignored", "it still runs 2 s after SIGTERM");
	life_free(l);
}

/* ---- by role ---- */

/* Twice, for ids that are used again after a restart. */
static void try_source(const struct trial_subject *s)
{
	for (int i = 0; i < 2 && !has_failed(s); i++) {
		struct life *l = start_ready(s);

		life_pause(l, LOOK_US);
		life_free(l);
	}
}

static json_t *deliver(int batch, const char *lane, int seq)
{
	json_t *message = json_pack("{s:i,s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:s}", "v", 1, "estate", "test", "lane", lane,
				    "seq", seq, "time", "2024-05-01T10:00:00.000+08:00", "kind", "health", "what",
				    "daemon", "id", "estated", "state", "up", "text", "of estate-plugin-test");

	return json_pack("{s:s,s:i,s:s,s:[o]}", "type", "deliver", "batch", batch, "lane", lane, "messages", message);
}

static bool all_answered(const struct trial_subject *s)
{
	return json_object_size(s->judge->batches) == 0;
}

static void try_uplink(const struct trial_subject *s)
{
	struct life *l = start_ready(s);
	int64_t until_us = sdk_clock_now_us() + s->ready_us;

	for (int i = 1; i <= 3 && !has_failed(s); i++) {
		life_say(l, deliver(2 * i, "data", i));
		life_say(l, deliver(2 * i + 1, "alarm", i));
	}
	while (!has_failed(s) && !all_answered(s) && !life_said(l, "fault") && sdk_clock_now_us() < until_us &&
	       !life_ended(l))
		life_pause(l, QUIET_US / 10);
	if (!all_answered(s) && !life_said(l, "fault"))
		mistake_note(&s->judge->mistake, "deliver-unanswered",
			     "a batch is neither answered nor is there a fault within %.1f s",
			     (double)s->ready_us / (double)SDK_CLOCK_S);
	life_pause(l, QUIET_US); /* what it says twice */
	life_free(l);
}

static void expect_answer(const struct trial_subject *s, json_t *question, const char *answer, const char *reason)
{
	struct life *l = start_ready(s);

	life_say(l, question);
	if (!has_failed(s) && !life_wait(l, answer, s->ready_us))
		mistake_note(&s->judge->mistake, reason, "no %s within %.1f s", answer,
			     (double)s->ready_us / (double)SDK_CLOCK_S);
	life_pause(l, QUIET_US);
	life_free(l);
}

static void try_notifier(const struct trial_subject *s)
{
	expect_answer(s,
		      json_pack("{s:s,s:i,s:{},s:{s:s,s:i,s:b},s:s}", "type", "notify", "id", 7, "to", "alarm", "alarm",
				"test/estate-plugin-test", "priority", 4, "test", 1, "text", "estate-plugin-test"),
		      "notified", "notify-unanswered");
}

static void try_command(const struct trial_subject *s)
{
	expect_answer(s,
		      json_pack("{s:s,s:i,s:s,s:{}}", "type", "command", "id", 9, "verb", "of-a-later-version", "args"),
		      "result", "command-unanswered");
}

const struct trial trial_list[] = {
	{ "waits for hello and says ready", NULL, try_silence },
	{ "answers every ping with its id", NULL, try_pings },
	{ "ignores what it does not know", NULL, try_unknown },
	{ "takes a line as long as one may be", NULL, try_long_line },
	{ "waits for all devices", NULL, try_pieces },
	{ "refuses another protocol", NULL, try_protocol },
	{ "refuses an option that it does not have", NULL, try_options },
	{ "ends in order when it is told to", NULL, try_stop },
	{ "ends in order with its input", NULL, try_end_of_input },
	{ "ends by SIGTERM", NULL, try_sigterm },
	{ "sends samples as a source does", "source", try_source },
	{ "answers batches as an uplink does", "uplink", try_uplink },
	{ "answers a notification", "notifier", try_notifier },
	{ "answers a command", "command", try_command },
};
const size_t trial_count = sizeof(trial_list) / sizeof(trial_list[0]);
