/* webhook_notifier.c: the plugin webhook-notifier: people are told by the robot of a group of WeCom, DingTalk or Feishu, or by a
 * POST of plain JSON. One thread.
 *
 *   notify --> the hook of its contact (`to`), or of the options --> webhook.h */
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_log.h"
#include "webhook-notifier/webhook.h"
#include "webhook-notifier/pace.h"

#define HOOKS_MAX 64
#define SLOTS     256 /* the hooks have queues of their own */

struct settings {
	char *url, *hook_file, *hook_credential, *secret_file, *secret_credential, *prefix;
	struct sdk_tls_files tls;
	int dialect, format;
	int64_t limit, timeout_us;
};

struct webhook_notifier {
	struct settings settings;
	struct webhook_setup setup;
	struct sdk_notifier *notifier;
	struct webhook *hooks[HOOKS_MAX]; /* the first one is that of the options, where they name one */
	size_t count;
	struct sdk_timer begun;
};

static const struct sdk_option options[] = {
	{ "dialect", SDK_OPTION_WORD, .required = true, .offset = offsetof(struct settings, dialect),
	  .words = ROBOT_WORDS, .help = "whose robot it is, or plain JSON" },
	{ "url", SDK_OPTION_TEXT, .offset = offsetof(struct settings, url), .check = sdk_http_check_url,
	  .help = "where its robots are, without the key; the maker's own if not given (json: where to POST)" },
	{ "hook_file", SDK_OPTION_TEXT, .offset = offsetof(struct settings, hook_file), .check = sdk_secret_check_file,
	  .help = "a file whose first line is the robot's address as its maker shows it, or the key in it" },
	{ "hook_credential", SDK_OPTION_TEXT, .offset = offsetof(struct settings, hook_credential),
	  .check = sdk_secret_check_credential, .help = "instead: the name of a credential" },
	{ "secret_file", SDK_OPTION_TEXT, .offset = offsetof(struct settings, secret_file),
	  .check = sdk_secret_check_file, .help = "a file whose first line is the secret of the signature" },
	{ "secret_credential", SDK_OPTION_TEXT, .offset = offsetof(struct settings, secret_credential),
	  .check = sdk_secret_check_credential, .help = "instead: the name of a credential" },
	{ "format", SDK_OPTION_WORD, .fallback = "text", .offset = offsetof(struct settings, format),
	  .words = ROBOT_FORMAT_WORDS, .help = "how it looks in the group" },
	{ "prefix", SDK_OPTION_TEXT, .offset = offsetof(struct settings, prefix),
	  .help = "stands before each text: the estate's name, or the keyword that the robot asks for" },
	{ "limit", SDK_OPTION_INTEGER, .offset = offsetof(struct settings, limit), .min = 1, .max = PACE_LIMIT_MAX,
	  .help = "messages that a robot takes in a minute; the maker's own if not given" },
	{ "timeout", SDK_OPTION_DURATION, .fallback = "10s", .offset = offsetof(struct settings, timeout_us),
	  .min = 500 * SDK_CLOCK_MS, .max = 15 * SDK_CLOCK_S, .help = "longest wait for a whole answer" },
	SDK_TLS_OPTIONS(struct settings, tls),
	{ 0 },
};

/* ---- which robot ---- */

/* As long as one of them can be reached there is somebody to tell. */
static void hooks_changed(void *user)
{
	struct webhook_notifier *w = user;
	const char *trouble = NULL;

	for (size_t i = 0; i < w->count; i++) {
		trouble = webhook_trouble(w->hooks[i]);
		if (!trouble)
			break;
	}
	sdk_host_fault(w->setup.host, trouble);
}

static struct webhook *hook_of(struct webhook_notifier *w, const struct webhook_names *names)
{
	for (size_t i = 0; i < w->count; i++)
		if (webhook_is(w->hooks[i], names))
			return w->hooks[i];
	if (w->count == HOOKS_MAX)
		return NULL;
	return w->hooks[w->count++] = webhook_new(&w->setup, names);
}

static struct webhook_names names_of_options(const struct settings *o)
{
	return (struct webhook_names){ o->hook_file, o->hook_credential, o->secret_file, o->secret_credential };
}

static bool names_a_hook(const struct settings *o)
{
	return o->hook_file || o->hook_credential || (o->dialect == ROBOT_JSON && o->url);
}

/* What is wrong with a name, or NULL. */
static const char *wrong_name(const struct webhook_names *n)
{
	const char *wrong = n->hook_file ? sdk_secret_check_file(n->hook_file) : NULL;

	if (!wrong && n->hook_credential)
		wrong = sdk_secret_check_credential(n->hook_credential);
	if (!wrong && n->secret_file)
		wrong = sdk_secret_check_file(n->secret_file);
	if (!wrong && n->secret_credential)
		wrong = sdk_secret_check_credential(n->secret_credential);
	return wrong;
}

static void begin(void *user, struct sdk_notice *notice)
{
	struct webhook_notifier *w = user;
	struct webhook_names names = { sdk_notifier_to(notice, "hook_file"), sdk_notifier_to(notice, "hook_credential"),
				       sdk_notifier_to(notice, "secret_file"),
				       sdk_notifier_to(notice, "secret_credential") };
	const char *wrong = wrong_name(&names);
	struct webhook *hook;

	if (wrong) {
		sdk_notifier_failed(notice, "what the contact's `to` names: expected %s", wrong);
		return;
	}
	if (!names.hook_file && !names.hook_credential) {
		if (!names_a_hook(&w->settings)) {
			sdk_notifier_failed(notice, "no robot: neither the contact's `to` nor the options name a hook");
			return;
		}
		names = names_of_options(&w->settings);
	}
	hook = hook_of(w, &names);
	if (hook)
		webhook_take(hook, notice);
	else
		sdk_notifier_failed(notice, "more than %d robots", HOOKS_MAX);
}

static void add_counters(void *user, json_t *counters)
{
	const struct webhook_notifier *w = user;

	json_object_set_new(counters, "hooks", json_integer((json_int_t)w->count));
}

/* ---- life ---- */

static int check_settings(const struct settings *o, struct sdk_host *host)
{
	if (names_a_hook(o) || o->dialect != ROBOT_JSON)
		return 0;
	sdk_host_fail(host, "dialect \"json\" has no place of its own: expected option 'url', 'hook_file' or "
			    "'hook_credential'");
	return -1;
}

static int prepare(struct webhook_notifier *w, struct sdk_host *host)
{
	const struct settings *o = &w->settings;
	struct webhook_names names = names_of_options(o);
	struct webhook_access access;
	char why[SDK_SECRET_WHY_MAX];

	w->setup = (struct webhook_setup){
		.host = host,
		.dialect = (enum robot_dialect)o->dialect,
		.format = (enum robot_format)o->format,
		.base = o->url,
		.prefix = o->prefix,
		.tls = &o->tls,
		.timeout_us = o->timeout_us,
		.limit = (int)o->limit,
		.changed = hooks_changed,
		.user = w,
	};
	if (sodium_init() < 0)
		abort();
	if (check_settings(o, host) < 0)
		return -1;
	w->setup.http = sdk_http_new(sdk_host_loop(host));
	if (!names_a_hook(o))
		return 0;
	if (webhook_read(hook_of(w, &names), &access, why) < 0) {
		sdk_host_fail(host, "%s", why);
		return -1;
	}
	if (strncmp(access.url, "http://", 7) == 0)
		sdk_log_warning("what is told goes to %s unencrypted", access.shown);
	webhook_forget(&access);
	return 0;
}

/* After "ready". */
static void begun_due(struct sdk_timer *t)
{
	struct webhook_notifier *w = t->user;

	if (w->count)
		webhook_check(w->hooks[0]);
	else
		sdk_host_fault(w->setup.host, NULL);
}

static int start(void *user, struct sdk_host *host)
{
	struct webhook_notifier *w = user;
	int r = prepare(w, host);

	if (r < 0)
		return r;
	w->notifier = sdk_notifier_new(&(struct sdk_notifier_setup){
		.host = host, .slots = SLOTS, .urgent_slots = SLOTS, .begin = begin, .user = w });
	w->begun = (struct sdk_timer){ .due = begun_due, .user = w };
	sdk_loop_arm(sdk_host_loop(host), &w->begun, 0);
	return 0;
}

static void probed(void *user, const struct sdk_http_answer *a)
{
	struct webhook_notifier *w = user;
	struct sdk_host_verdict v = { sdk_curl_word((enum sdk_curl_result)a->result), robot_name(w->setup.dialect),
				      a->why };

	sdk_host_probed(w->setup.host, &v);
}

static int probe(void *user, struct sdk_host *host)
{
	struct webhook_notifier *w = user;
	char why[SDK_SECRET_WHY_MAX];
	int r = prepare(w, host);

	if (r < 0)
		return r;
	if (!w->count) {
		sdk_host_probed(host, &(struct sdk_host_verdict){ "reached", robot_name(w->setup.dialect),
								  "each contact names its own robot" });
		return 0;
	}
	return webhook_look(w->hooks[0], probed, w, why);
}

static void stop(void *user)
{
	struct webhook_notifier *w = user;

	for (size_t i = 0; i < w->count; i++)
		webhook_stop(w->hooks[i]);
}

static void fini(void *user)
{
	struct webhook_notifier *w = user;

	if (w->begun.armed)
		sdk_loop_disarm(sdk_host_loop(w->setup.host), &w->begun);
	sdk_http_free(w->setup.http);
	for (size_t i = 0; i < w->count; i++)
		webhook_free(w->hooks[i]);
}

int main(int argc, char **argv)
{
	struct webhook_notifier notifier = { 0 };

	return sdk_notifier_main(
		argc, argv,
		&(struct sdk_plugin){
			.name = "webhook-notifier",
			.about = "tells people by the robot of a group (WeCom, DingTalk, Feishu) or a web hook",
			.options = options,
			.settings = &notifier.settings,
			.user = &notifier,
			.start = start,
			.probe = probe,
			.stop = stop,
			.fini = fini,
			.counters = add_counters,
		},
		&notifier.notifier);
}
