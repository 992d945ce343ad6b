/* main.c: estated: options, then the running daemon. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/journal.h"
#include "app/live.h"
#include "app/preflight.h"
#include "base/log.h"
#include "conf/conf.h"
#include "conf/keys.h"
#include "config.h"

enum option_id {
	OPTION_CHECK = 256,
	OPTION_KEYS,
	OPTION_STATE_DIR,
	OPTION_RUNTIME_DIR,
	OPTION_LOG_LEVEL,
	OPTION_VERSION,
	OPTION_HELP
};

static const struct option options[] = {
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "keys", optional_argument, NULL, OPTION_KEYS },
	{ "config", required_argument, NULL, 'c' },
	{ "state-dir", required_argument, NULL, OPTION_STATE_DIR },
	{ "runtime-dir", required_argument, NULL, OPTION_RUNTIME_DIR },
	{ "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static const char usage[] =
	"Usage: estated [OPTION]...\n"
	"The edge daemon of one residential estate: reads devices, raises alarms, tells who must act.\n"
	"\n"
	"  -c, --config FILE      configuration (default " ESTATE_SYSCONFDIR "/estated.conf)\n"
	"      --check            read the configuration, print every mistake as file:line, end with 0 or 1\n"
	"      --keys             print every key of the configuration, with range and default, as JSON\n"
	"      --state-dir DIR    databases (default " ESTATE_STATEDIR ")\n"
	"      --runtime-dir DIR  the socket is DIR/api.sock (default " ESTATE_RUNTIMEDIR ")\n"
	"      --log-level WORD   error, warning, notice, info or debug (default info)\n"
	"      --version          print the version\n"
	"      --help             print this text\n";

struct arguments {
	struct live_setup live;
	bool check;
};

static int check(const struct live_setup *setup)
{
	_cleanup_(conf_freep) struct conf *conf = NULL;
	struct diag d = { 0 };
	size_t errors, warnings;

	conf_load(setup->conf_path, setup->data_dir, &d, &conf);
	if (conf)
		preflight_check(conf, setup->plugin_dir, &d);
	errors = d.errors;
	warnings = d.warnings;
	diag_print(&d, stderr);
	diag_fini(&d);
	if (!conf || errors) {
		fprintf(stderr, "%s: %zu errors, %zu warnings\n", setup->conf_path, errors, warnings);
		return 1;
	}
	printf("%s: good: %zu points of %zu devices on %zu buses and %zu plugins, %zu rules; %zu warnings\n",
	       setup->conf_path, conf->point_count, conf->device_count, conf->bus_count, conf->plugin_count,
	       conf->rule_count, warnings);
	preflight_print(conf, stdout);
	return 0;
}

/* As JSON, or for the build as the body of estated.conf(5). */
static void print_keys(const char *form)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };

	if (form && !str_equal(form, "json") && !str_equal(form, "man")) {
		fprintf(stderr, "estated: --keys=%s: expected json or man\n", form);
		exit(2);
	}
	(str_equal(form, "man") ? keys_man : keys_json)(&text);
	fputs(text.text, stdout);
	exit(fflush(stdout) == 0 ? 0 : 1);
}

static void set_log_level(const char *word)
{
	enum log_level level;

	if (log_level_parse(word, &level) < 0) {
		fprintf(stderr, "estated: --log-level %s: expected error, warning, notice, info or debug\n", word);
		exit(2);
	}
	log_set_level(level);
}

static void parse(int argc, char **argv, struct arguments *a)
{
	for (;;) {
		switch (getopt_long(argc, argv, "c:", options, NULL)) {
		case 'c': a->live.conf_path = optarg; break;
		case OPTION_CHECK: a->check = true; break;
		case OPTION_KEYS: print_keys(optarg); break;
		case OPTION_STATE_DIR: a->live.state_dir = optarg; break;
		case OPTION_RUNTIME_DIR: a->live.runtime_dir = optarg; break;
		case OPTION_LOG_LEVEL: set_log_level(optarg); break;
		case OPTION_VERSION: puts("estated " PACKAGE_VERSION); exit(0);
		case OPTION_HELP: fputs(usage, stdout); exit(0);
		case -1:
			if (optind == argc)
				return;
			fprintf(stderr, "estated: '%s': expected options only; see estated --help\n", argv[optind]);
			exit(2);
		default: fputs("Try 'estated --help'.\n", stderr); exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	struct arguments a = {
		.live = {
			.conf_path = ESTATE_SYSCONFDIR "/estated.conf",
			.data_dir = ESTATE_DATADIR,
			.plugin_dir = ESTATE_PLUGINDIR,
			.state_dir = ESTATE_STATEDIR,
			.runtime_dir = ESTATE_RUNTIMEDIR,
		},
	};
	int status;

	parse(argc, argv, &a);
	if (a.check)
		return check(&a.live);
	signal(SIGPIPE, SIG_IGN);
	if (journal_start() < 0)
		return 1;
	status = live_run(&a.live);
	journal_stop();
	return status;
}
