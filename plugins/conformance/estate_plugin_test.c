/* estate_plugin_test.c: estate-plugin-test: plays the daemon to one plugin program and tells whether it keeps to
 * plugins/README.md. Output is TAP; behind each "not ok" a line "# REASON: what was wrong". One thread. */
#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conformance/trial.h"
#include "sdk/sdk_clock.h"
#include "sdk/sdk_options.h"

static void print_help(void)
{
	printf("estate-plugin-test [option…] PROGRAM: does a plugin keep to the protocol?\n\n"
	       "  -o, --options JSON    options of its hello: an object; {} if not given\n"
	       "  -d, --devices JSON    devices of its hello: a list of {\"id\",\"address\",\"class\"}; one if not "
	       "given\n"
	       "  -l, --limit DURATION  how long ready and an answer may take; 10s if not given;\n"
	       "                        a pong a fifth, an end a quarter of it\n"
	       "  -x, --first           end with the first mistake\n"
	       "  -v, --verbose         show what it says on stderr\n"
	       "  -V, --version         the version\n"
	       "  -h, --help            this\n\n"
	       "Exit status: 0 it does, 1 it does not, 2 a mistake in the command. An uplink is given messages of lane "
	       "data and\n"
	       "alarm, a notifier one notification, a command plugin one unknown verb: let it talk to something of "
	       "yours.\n");
}

static json_t *read_json(const char *option, const char *text, int wanted)
{
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);

	if (json && json_typeof(json) == (json_type)wanted)
		return json;
	fprintf(stderr, "estate-plugin-test: --%s: %s\n", option,
		json                    ? "it is of another kind, see --help"
		: wanted == JSON_OBJECT ? "expected a JSON object"
					: "expected a JSON list");
	json_decref(json);
	exit(2);
}

static int64_t read_limit(const char *text)
{
	int64_t us;

	if (sdk_options_duration(text, &us) == 0 && us > 0)
		return us;
	fprintf(stderr, "estate-plugin-test: --limit %s: expected a duration such as 10s\n", text);
	exit(2);
}

static void take_argument(struct trial_subject *s, int letter)
{
	switch (letter) {
	case 'o':
		json_decref(s->options);
		s->options = read_json("options", optarg, JSON_OBJECT);
		break;
	case 'd':
		json_decref(s->devices);
		s->devices = read_json("devices", optarg, JSON_ARRAY);
		break;
	case 'l': s->ready_us = read_limit(optarg); break;
	case 'x': s->first = true; break;
	case 'v': s->quiet = false; break;
	case 'V': printf("estate-plugin-test %s\n", PACKAGE_VERSION); exit(0);
	case 'h': print_help(); exit(0);
	default: exit(2);
	}
}

static void read_arguments(int argc, char **argv, struct trial_subject *s)
{
	static const struct option known[] = {
		{ "options", required_argument, NULL, 'o' }, { "devices", required_argument, NULL, 'd' },
		{ "limit", required_argument, NULL, 'l' },   { "first", no_argument, NULL, 'x' },
		{ "verbose", no_argument, NULL, 'v' },       { "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },          { NULL, 0, NULL, 0 },
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "+o:d:l:xvVh", known, NULL)) != -1)
		take_argument(s, letter);
	if (optind + 1 != argc) {
		fprintf(stderr, "estate-plugin-test: expected one PROGRAM, see --help\n");
		exit(2);
	}
	s->program = argv[optind];
	if (access(s->program, X_OK) < 0) {
		fprintf(stderr, "estate-plugin-test: %s: expected a program that can be executed\n", s->program);
		exit(2);
	}
}

/* Whether it has the role; it said so in the trials before. */
static bool concerns(const struct trial *t, const struct judge *j)
{
	return !t->role || strstr(j->roles, t->role);
}

/* The first trial has shown that it does not become ready. */
static bool is_hopeless(const struct judge *j)
{
	return strcmp(j->mistake.reason, "no-ready") == 0 || strcmp(j->mistake.reason, "ends-before-ready") == 0;
}

static bool run(const struct trial *t, size_t number, const struct trial_subject *s)
{
	bool failed;

	s->judge->mistake = (struct mistake){ .reason = "" };
	t->run(s);
	failed = mistake_is_there(&s->judge->mistake);
	printf("%s %zu - %s\n", failed ? "not ok" : "ok", number, t->name);
	if (failed)
		printf("# %s: %s\n", s->judge->mistake.reason, s->judge->mistake.text);
	fflush(stdout);
	return !failed;
}

int main(int argc, char **argv)
{
	struct trial_subject s = {
		.options = json_object(),
		.devices = json_pack("[{s:s,s:s,s:s}]", "id", "test-1", "address", "1", "class", "environment"),
		.ready_us = 10 * SDK_CLOCK_S,
		.quiet = true,
		.judge = judge_new(),
	};
	size_t count = 0, failed = 0;

	signal(SIGPIPE, SIG_IGN);
	read_arguments(argc, argv, &s);
	for (size_t i = 0; i < trial_count && !is_hopeless(s.judge) && !(s.first && failed); i++)
		if (concerns(&trial_list[i], s.judge))
			failed += !run(&trial_list[i], ++count, &s);
	if (is_hopeless(s.judge))
		printf("Bail out! Without ready there is nothing to try.\n");
	printf("1..%zu\n", count);
	judge_free(s.judge);
	json_decref(s.options);
	json_decref(s.devices);
	return failed ? 1 : 0;
}
