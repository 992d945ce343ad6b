/* main.c: estated: options, then the running daemon. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/allocation.h"
#include "app/journal.h"
#include "app/live.h"
#include "app/notify.h"
#include "app/preflight.h"
#include "app/reinstall.h"
#include "app/replay.h"
#include "base/clock.h"
#include "base/log.h"
#include "conf/conf.h"
#include "conf/confcopy.h"
#include "conf/keys.h"
#include "config.h"
#include "doctor/doctor.h"

enum option_id {
	OPTION_CHECK = 256,
	OPTION_DOCTOR,
	OPTION_KEYS,
	OPTION_CLASSES,
	OPTION_STATE_DIR,
	OPTION_RUNTIME_DIR,
	OPTION_RESTORE,
	OPTION_REPLAY,
	OPTION_RESIDENTS,
	OPTION_UNTIL,
	OPTION_OPERATOR,
	OPTION_OUT,
	OPTION_LOG_LEVEL,
	OPTION_VERSION,
	OPTION_HELP
};

static const struct option options[] = {
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "doctor", optional_argument, NULL, OPTION_DOCTOR },
	{ "keys", optional_argument, NULL, OPTION_KEYS },
	{ "classes", no_argument, NULL, OPTION_CLASSES },
	{ "config", required_argument, NULL, 'c' },
	{ "state-dir", required_argument, NULL, OPTION_STATE_DIR },
	{ "runtime-dir", required_argument, NULL, OPTION_RUNTIME_DIR },
	{ "restore", no_argument, NULL, OPTION_RESTORE },
	{ "replay", required_argument, NULL, OPTION_REPLAY },
	{ "residents", required_argument, NULL, OPTION_RESIDENTS },
	{ "until", required_argument, NULL, OPTION_UNTIL },
	{ "operator", required_argument, NULL, OPTION_OPERATOR },
	{ "out", required_argument, NULL, OPTION_OUT },
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
	"      --doctor           look this box over, whether estated runs or not, say what is wrong and what to do;\n"
	"                         end with 1 where something is at fault (--doctor=json: for programs)\n"
	"      --keys             print every key of the configuration, with range and default, as JSON\n"
	"      --classes          print every class that a profile may name, shipped or of the configuration, as JSON\n"
	"      --state-dir DIR    databases (default " ESTATE_STATEDIR ")\n"
	"      --runtime-dir DIR  the socket is DIR/api.sock (default " ESTATE_RUNTIMEDIR ")\n"
	"      --log-level WORD   error, warning, notice, info or debug (default: log.level, info)\n"
	"      --restore          put in place what 'estatectl restore FILE' has unpacked into the state directory, "
	"while\n"
	"                         estated does not run; also ends a restore that was cut off\n"
	"      --replay FILE      run recorded readings (-: standard input) through the same engine in virtual time "
	"and\n"
	"                         print every alarm transition as a line of JSON: what a rule would have done\n"
	"      --until TIME       with --replay: virtual time goes on until then (default: the recording's last line)\n"
	"      --operator WORD    with --replay: auto acknowledges every alarm after 2 min and closes it when it is "
	"over\n"
	"                         (default), none leaves alarms alone\n"
	"      --out FILE         with --replay: write there, whole or not at all (default: standard output)\n"
	"      --residents CSV    with --replay: the register of residents; checked\n"
	"      --version          print the version\n"
	"      --help             print this text\n";

struct arguments {
	struct live_setup live;
	struct replay_setup replay;
	bool of_replay; /* an option that means nothing without --replay */
	bool check, doctor, restore, classes;
	enum doctor_form form; /* of the doctor */
};

static int check(const struct live_setup *setup)
{
	_cleanup_(conf_freep) struct conf *conf = NULL, *partial = NULL;
	struct conf_source source = { .path = setup->conf_path, .data_dir = setup->data_dir, .partial = &partial };
	struct diag d = { 0 };
	size_t errors, warnings;

	conf_load_source(&source, &d, &conf);
	if (conf || partial)
		preflight_check(conf ? conf : partial, setup->plugin_dir, &d);
	errors = d.errors;
	warnings = d.warnings;
	diag_print(&d, stderr);
	diag_fini(&d);
	if (!conf || errors) {
		fprintf(stderr, "%s: %zu %s, %zu %s\n", setup->conf_path, errors, str_plural(errors, "error", "errors"),
			warnings, str_plural(warnings, "warning", "warnings"));
		return 1;
	}
	printf("%s: good: %zu %s of %zu %s on %zu %s and %zu %s, %zu %s; %zu %s\n", setup->conf_path, conf->point_count,
	       str_plural(conf->point_count, "point", "points"), conf->device_count,
	       str_plural(conf->device_count, "device", "devices"), conf->bus_count,
	       str_plural(conf->bus_count, "bus", "buses"), conf->plugin_count,
	       str_plural(conf->plugin_count, "plugin", "plugins"), conf->rule_count,
	       str_plural(conf->rule_count, "rule", "rules"), warnings, str_plural(warnings, "warning", "warnings"));
	preflight_print(conf, stdout);
	return 0;
}

/* What is wrong with the configuration is for --check to say. */
static int print_classes(const struct live_setup *setup)
{
	_cleanup_(conf_freep) struct conf *conf = NULL, *partial = NULL;
	struct conf_source source = { .path = setup->conf_path, .data_dir = setup->data_dir, .partial = &partial };
	struct str_buf nothing _cleanup_str_buf_ = { 0 };
	struct diag d = { 0 };

	if (conf_load_source(&source, &d, &conf) == -ENOENT) {
		/* There is no configuration yet: what is shipped. */
		confcopy_begin(&nothing);
		confcopy_end(&nothing);
		source.kept = nothing.text;
		source.kept_len = nothing.len;
		conf_load_source(&source, &d, &conf);
	}
	diag_fini(&d);
	if (!conf && !partial)
		return 1;
	preflight_print_classes(conf ? conf : partial, stdout);
	return fflush(stdout) == 0 ? 0 : 1;
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

static void take_form(const char *form, struct arguments *a)
{
	if (form && !str_equal(form, "text") && !str_equal(form, "json")) {
		fprintf(stderr, "estated: --doctor=%s: expected text or json\n", form);
		exit(2);
	}
	a->doctor = true;
	a->form = str_equal(form, "json") ? DOCTOR_JSON : DOCTOR_TEXT;
}

static int examine(const struct arguments *a, const struct live_setup *installed)
{
	return doctor_run(&(struct patient_paths){ .conf_path = a->live.conf_path,
						   .data_dir = a->live.data_dir,
						   .plugin_dir = a->live.plugin_dir,
						   .state_dir = a->live.state_dir,
						   .runtime_dir = a->live.runtime_dir,
						   .conf_given = a->live.conf_path != installed->conf_path,
						   .state_given = a->live.state_dir != installed->state_dir,
						   .runtime_given = a->live.runtime_dir != installed->runtime_dir },
			  a->form);
}

static int restore(const struct live_setup *setup)
{
	clock_begin();
	return reinstall_run(&(struct reinstall_setup){ .state_dir = setup->state_dir, .conf_path = setup->conf_path });
}

static enum log_level set_log_level(const char *word)
{
	enum log_level level;

	if (logid_level_parse(word, &level) < 0) {
		fprintf(stderr, "estated: --log-level %s: expected error, warning, notice, info or debug\n", word);
		exit(2);
	}
	log_set_level(level);
	return level;
}

static enum replay_attendance attendance_of(const char *word)
{
	if (!str_equal(word, "auto") && !str_equal(word, "none")) {
		fprintf(stderr, "estated: --operator %s: expected auto or none\n", word);
		exit(2);
	}
	return str_equal(word, "auto") ? REPLAY_ATTENDED : REPLAY_ALONE;
}

static void take_replay(int option, struct arguments *a)
{
	a->of_replay = true;
	switch (option) {
	case OPTION_REPLAY: a->replay.path = optarg; break;
	case OPTION_RESIDENTS: a->replay.residents = optarg; break;
	case OPTION_UNTIL: a->replay.until = optarg; break;
	case OPTION_OPERATOR: a->replay.attendance = attendance_of(optarg); break;
	case OPTION_OUT: a->replay.out = optarg; break;
	default: break;
	}
}

static int replay(struct arguments *a)
{
	if (!a->replay.path) {
		fputs("estated: --residents, --until, --operator, --out: expected --replay FILE with them\n", stderr);
		return 2;
	}
	a->replay.conf_path = a->live.conf_path;
	a->replay.data_dir = a->live.data_dir;
	clock_begin();
	return replay_run(&a->replay);
}

static void parse(int argc, char **argv, struct arguments *a)
{
	int option;

	for (;;) {
		option = getopt_long(argc, argv, "c:", options, NULL);
		switch (option) {
		case 'c': a->live.conf_path = optarg; break;
		case OPTION_CHECK: a->check = true; break;
		case OPTION_RESTORE: a->restore = true; break;
		case OPTION_DOCTOR: take_form(optarg, a); break;
		case OPTION_KEYS: print_keys(optarg); break;
		case OPTION_CLASSES: a->classes = true; break;
		case OPTION_STATE_DIR: a->live.state_dir = optarg; break;
		case OPTION_RUNTIME_DIR: a->live.runtime_dir = optarg; break;
		case OPTION_REPLAY:
		case OPTION_RESIDENTS:
		case OPTION_UNTIL:
		case OPTION_OPERATOR:
		case OPTION_OUT: take_replay(option, a); break;
		case OPTION_LOG_LEVEL: a->live.log_level = set_log_level(optarg); break;
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
	static const struct live_setup installed = {
		.conf_path = ESTATE_SYSCONFDIR "/estated.conf",
		.data_dir = ESTATE_DATADIR,
		.plugin_dir = ESTATE_PLUGINDIR,
		.state_dir = ESTATE_STATEDIR,
		.runtime_dir = ESTATE_RUNTIMEDIR,
	};
	struct arguments a = { .live = installed };
	int status;

	allocation_strict();
	parse(argc, argv, &a);
	if (a.check)
		return check(&a.live);
	if (a.classes)
		return print_classes(&a.live);
	if (a.doctor)
		return examine(&a, &installed);
	if (a.restore)
		return restore(&a.live);
	if (a.of_replay)
		return replay(&a);
	a.live.listen_fd = notify_listen_fd(); /* before a descriptor of ours could be taken for it */
	signal(SIGPIPE, SIG_IGN);
	clock_begin();
	if (journal_start() < 0)
		return 1;
	status = live_run(&a.live);
	journal_stop();
	return status;
}
