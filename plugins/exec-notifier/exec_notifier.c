/* exec_notifier.c: the plugin exec-notifier: a program of the site tells people: the message as JSON on its stdin, told is what ends
 * with 0. One thread.
 *
 *   notify --> slot (urgent ones have some of their own) --> runner.h --> exit status --> notified */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec-notifier/runner.h"
#include "sdk/sdk_log.h"
#include "sdk/sdk_notifier.h"

#define URGENT_SLOTS  8
#define PARALLEL_MAX  8
#define ARGUMENTS_MAX 66
#define LOOK_US       (2 * SDK_CLOCK_S) /* for a program that is not there */

struct settings {
	char *program, **arguments;
	int64_t timeout_us, parallel;
};

struct exec_notifier;

/* One run. */
struct run {
	struct exec_notifier *notifier;
	struct sdk_notice *notice;
	struct runner *runner;
	struct run *next;
};

struct exec_notifier {
	struct settings settings;
	struct sdk_host *host;
	struct sdk_notifier *notifier;
	struct run *runs;
	struct sdk_timer look;
};

static const char *check_program(const char *path)
{
	return path[0] == '/' ? NULL : "an absolute path";
}

static const struct sdk_option options[] = {
	{ "program", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, program),
	  .check = check_program, .help = "what is run for each message: an absolute path" },
	{ "arguments", SDK_OPTION_TEXTS, .offset = offsetof(struct settings, arguments),
	  .help = "its arguments as they are: no shell reads them" },
	{ "timeout", SDK_OPTION_DURATION, .fallback = "15s", .offset = offsetof(struct settings, timeout_us),
	  .min = 100 * SDK_CLOCK_MS, .max = 55 * SDK_CLOCK_S, .help = "how long it may take; then it is ended" },
	{ "parallel", SDK_OPTION_INTEGER, .fallback = "4", .offset = offsetof(struct settings, parallel), .min = 1,
	  .max = PARALLEL_MAX, .help = "how many run at once; of priority 1 eight more" },
	{ 0 },
};

/* ---- whether it is there ---- */

static void look(struct exec_notifier *e)
{
	char why[600];

	if (access(e->settings.program, X_OK) == 0) {
		sdk_host_fault(e->host, NULL);
		return;
	}
	snprintf(why, sizeof(why), "%.500s cannot be run: %s", e->settings.program, strerror(errno));
	sdk_host_fault(e->host, why);
	sdk_loop_arm(sdk_host_loop(e->host), &e->look, LOOK_US);
}

static void look_due(struct sdk_timer *t)
{
	look(t->user);
}

/* ---- one run ---- */

static void run_free(struct run *run)
{
	struct run **at = &run->notifier->runs;

	while (*at != run)
		at = &(*at)->next;
	*at = run->next;
	free(run);
}

static void ended(void *user, const struct runner_end *end)
{
	struct run *run = user;
	struct sdk_notice *notice = run->notice;
	const struct settings *o = &run->notifier->settings;
	const char *between = end->last[0] ? ": " : "";

	run_free(run);
	if (end->timed_out)
		sdk_notifier_failed(notice, "%.200s is not done within %lld s%s%s", o->program,
				    (long long)(o->timeout_us / SDK_CLOCK_S), between, end->last);
	else if (WIFSIGNALED(end->status))
		sdk_notifier_failed(notice, "%.200s was killed by signal %d%s%s", o->program, WTERMSIG(end->status),
				    between, end->last);
	else if (WEXITSTATUS(end->status) != 0)
		sdk_notifier_failed(notice, "%.200s ends with %d%s%s", o->program, WEXITSTATUS(end->status), between,
				    end->last);
	else
		sdk_notifier_told(notice);
}

/* What a script without a JSON reader needs. */
struct environment {
	const char *list[8];
	char *texts[7];
	size_t count;
};

static void add(struct environment *e, const char *name, const char *value)
{
	if (asprintf(&e->texts[e->count], "%s=%s", name, value ? value : "") < 0)
		abort();
	e->list[e->count] = e->texts[e->count];
	e->list[++e->count] = NULL;
}

static void make_environment(const struct sdk_notice *n, struct environment *e)
{
	const json_t *alarm = json_object_get(n->message, "alarm"), *contact = json_object_get(n->message, "contact");
	char priority[16];

	snprintf(priority, sizeof(priority), "%d", n->priority);
	add(e, "ESTATE_TEXT", n->text);
	add(e, "ESTATE_CONTACT", json_string_value(json_object_get(contact, "id")));
	add(e, "ESTATE_ALARM", json_string_value(json_object_get(alarm, "alarm")));
	add(e, "ESTATE_STATE", json_string_value(json_object_get(alarm, "state")));
	add(e, "ESTATE_PLACE", json_string_value(json_object_get(alarm, "place")));
	add(e, "ESTATE_PRIORITY", priority);
	add(e, "ESTATE_CLEAR", n->clear ? "1" : "");
}

static char *input_of(const struct sdk_notice *n)
{
	char *json = json_dumps(n->message, JSON_COMPACT), *line;

	if (!json || asprintf(&line, "%s\n", json) < 0)
		abort();
	free(json);
	return line;
}

static int start_run(struct run *run)
{
	const struct settings *o = &run->notifier->settings;
	const char *argv[ARGUMENTS_MAX] = { o->program };
	struct environment environment = { .count = 0 };
	char *input = input_of(run->notice);
	int r;

	for (size_t i = 0; o->arguments && o->arguments[i] && i + 2 < ARGUMENTS_MAX; i++)
		argv[i + 1] = o->arguments[i];
	make_environment(run->notice, &environment);
	r = runner_start(&(struct runner_setup){ .loop = sdk_host_loop(run->notifier->host),
						 .argv = argv,
						 .more = environment.list,
						 .input = input,
						 .timeout_us = o->timeout_us,
						 .done = ended,
						 .user = run },
			 &run->runner);
	while (environment.count > 0)
		free(environment.texts[--environment.count]);
	free(input);
	return r;
}

static void begin(void *user, struct sdk_notice *notice)
{
	struct exec_notifier *e = user;
	struct run *run = calloc(1, sizeof(*run));
	int r;

	if (!run)
		abort();
	*run = (struct run){ .notifier = e, .notice = notice, .next = e->runs };
	e->runs = run;
	r = start_run(run);
	if (r == 0)
		return;
	run_free(run);
	sdk_notifier_failed(notice, "%.300s cannot be run: %s", e->settings.program, strerror(-r));
	if (!e->look.armed)
		look(e);
}

/* ---- life ---- */

static int start(void *user, struct sdk_host *host)
{
	struct exec_notifier *e = user;

	e->host = host;
	if (access(e->settings.program, X_OK) < 0) {
		int r = -errno;

		sdk_host_fail(host, "option 'program' = \"%.500s\": %s", e->settings.program, strerror(-r));
		return r;
	}
	e->look = (struct sdk_timer){ .due = look_due, .user = e };
	e->notifier = sdk_notifier_new(&(struct sdk_notifier_setup){
		.host = host,
		.slots = (unsigned)e->settings.parallel,
		.urgent_slots = URGENT_SLOTS,
		.begin = begin,
		.user = e,
	});
	sdk_loop_arm(sdk_host_loop(host), &e->look, 0); /* after "ready" */
	return 0;
}

/* It is there: more cannot be tried without telling somebody. */
static int probe(void *user, struct sdk_host *host)
{
	const struct exec_notifier *e = user;
	bool there = access(e->settings.program, X_OK) == 0;

	sdk_host_probed(host, &(struct sdk_host_verdict){ there ? "reached" : "failed", e->settings.program,
							  there ? "" : strerror(errno) });
	return 0;
}

static void fini(void *user)
{
	struct exec_notifier *e = user;

	if (e->look.armed)
		sdk_loop_disarm(sdk_host_loop(e->host), &e->look);
	while (e->runs) {
		struct run *run = e->runs;

		runner_cancel(run->runner);
		sdk_notifier_drop(run->notice);
		run_free(run);
	}
}

int main(int argc, char **argv)
{
	struct exec_notifier notifier = { .host = NULL };

	return sdk_notifier_main(argc, argv,
				 &(struct sdk_plugin){
					 .name = "exec-notifier",
					 .about = "tells people by a program of the site",
					 .options = options,
					 .settings = &notifier.settings,
					 .user = &notifier,
					 .start = start,
					 .probe = probe,
					 .fini = fini,
				 },
				 &notifier.notifier);
}
