#include "ctl/args.h"

#include <errno.h>

#include "ctl/words.h"

/* clang-format off */
const struct args_row args_rows[ARGS_OPTIONS] = {
	{ ARGS_SOCKET,   "--socket",   NULL, "PATH",          N_("estated's socket (default: $ESTATE_SOCKET, else the installed place)") },
	{ ARGS_FORMAT,   "--format",   "-f", "text|json|csv", N_("how answers are written (default: text)") },
	{ ARGS_LEGEND,   "--verbose",  "-v", NULL,            N_("say what the columns mean") },
	{ ARGS_NO_COLOR, "--no-color", NULL, NULL,            N_("never colour (nor with $NO_COLOR, nor into a pipe)") },
	{ ARGS_HELP,     "--help",     "-h", NULL,            N_("say what there is") },
	{ ARGS_VERSION,  "--version",  NULL, NULL,            N_("say which version this is") },
	{ ARGS_ALL,      "--all",      "-a", NULL,            N_("those that are normal again too") },
	{ ARGS_CHECK,    "--check",    NULL, NULL,            N_("exit 4 when something is in alarm") },
	{ ARGS_NOTE,     "--note",     NULL, "TEXT",          N_("what you have found or done") },
	{ ARGS_OUTCOME,  "--outcome",  NULL, "real|false|test|duplicate", N_("what it was") },
	{ ARGS_FOR,      "--for",      NULL, "30s",           N_("for how long") },
	{ ARGS_CONFIRM,  "--confirm-within", NULL, "10m",     N_("return to the old configuration unless confirmed by then") },
	{ ARGS_CLASS,    "--class",    NULL, "CLASS",         N_("what the device is: meter, pump, environment, …") },
	{ ARGS_ID,       "--id",       NULL, "ID",            N_("its id (default: import: the name of the file; adopt: class, place and room)") },
	{ ARGS_BASE,     "--base",     NULL, "0|1|paper",     N_("how addresses are counted; paper: 40001 and up (default: as they look, else 0)") },
	{ ARGS_OUT,      "--out",      NULL, "FILE",          N_("write it into this file") },
	{ ARGS_LAST,     "--last",     NULL, NULL,            N_("the latest frames that estated still has, not those to come") },
	{ ARGS_TYPE,     "--type",     NULL, "TYPE",          N_("what they are: u16 i16 u32 i32 u64 i64 f32 f64 bcd16 bcd32 string") },
	{ ARGS_ORDER,    "--order",    NULL, "abcd|cdab|badc|dcba", N_("order of the bytes (default: abcd)") },
	{ ARGS_GUESS,    "--guess",    NULL, "NUMBER",        N_("what the device shows: which type, order and scale would give it?") },
	{ ARGS_UNITS,    "--units",    NULL, "1-32",          N_("only these units (default: 1-247)") },
	{ ARGS_EXPLAIN,  "--explain",  NULL, NULL,            N_("why it is active, or why it is not") },
	{ ARGS_REASON,   "--reason",   NULL, "TEXT",          N_("why it is done; goes to the log") },
	{ ARGS_STATE,    "--state",    NULL, "STATE,…",       N_("those in these states: unacked, acked, shelved, …") },
	{ ARGS_PRIORITY, "--priority", NULL, "1-4",           N_("those of this priority and more urgent ones") },
	{ ARGS_PLACE,    "--place",    NULL, "PLACE",         N_("where it is: b3/u1/1204; of a list those at these places: 'b3/*'") },
	{ ARGS_SINCE,    "--since",    NULL, "2h|TIME",       N_("since then: so long ago, or a time") },
	{ ARGS_UNTIL,    "--until",    NULL, "TIME",          N_("until then, in the estate's own time: \"2026-11-22 18:00\"; shelve: also 18:00, the next one") },
	{ ARGS_HEALTH,   "--health",   NULL, NULL,            N_("how well the alarms serve the people who get them") },
	{ ARGS_KIND,     "--kind",     NULL, "KIND",          N_("those of this kind: alarm, mode, command, write, config, delivery, notify, handover, resident, visit, release, outbox, clock, login, daemon, audit") },
	{ ARGS_WHO,      "--who",      NULL, "TEXT",          N_("those by somebody whose name has this in it") },
	{ ARGS_HEAD,     "--head",     NULL, "N:HASH",        N_("a head that left the box earlier: the chain must have it") },
	{ ARGS_EVERY,    "--every",    NULL, "1h",            N_("least, average and greatest of each hour, 15m, day …, not the samples") },
	{ ARGS_DAY,      "--day",      NULL, "DATE",          N_("that day: 2026-11-22, today, yesterday") },
	{ ARGS_HOUR,     "--hour",     NULL, "0-23",          N_("only that hour of the day") },
	{ ARGS_CREDENTIALS, "--with-credentials", NULL, NULL, N_("the secrets beside the configuration too") },
	{ ARGS_STATE_DIR, "--state-dir", NULL, "DIR",         N_("the databases of another place than the installed one") },
	{ ARGS_CONFIG,   "--config",   "-c", "FILE",          N_("another configuration than the installed one") },
	{ ARGS_TO,       "--to",       NULL, "NAME",          N_("who takes over") },
	{ ARGS_ROLE,     "--role",     NULL, "ROLE",          N_("viewer, operator, care, technician or admin") },
	{ ARGS_SCOPE,    "--scope",    NULL, "PLACES",        N_("places that are seen, as b3,b4/u1; '*': the whole estate") },
	{ ARGS_SESSIONS, "--end",      NULL, NULL,            N_("end all sessions of the user") },
	{ ARGS_OWN,      "--own",      NULL, NULL,            N_("by who knows the old password: asks for it first") },
	{ ARGS_BY,       "--by",       NULL, "NAME",          N_("who it was, where somebody else says so") },
	{ ARGS_DISCOVERED, "--discovered", NULL, NULL,        N_("those that plugins have heard of and nobody has configured yet") },
	{ ARGS_BATTERY,  "--battery",  NULL, NULL,            N_("those with a battery, the weakest first: whom to bring a new one") },
	{ ARGS_PROFILE,  "--profile",  NULL, "PROFILE",       N_("what its fields mean (default: the one that names its model)") },
	{ ARGS_ROOM,     "--room",     NULL, "ROOM",          N_("where in a dwelling: bathroom, bedroom, kitchen, living, hall, …") },
	{ ARGS_ENTRANCE, "--entrance", NULL, NULL,            N_("it is on the flat's own door") },
	{ ARGS_NAME,     "--name",     NULL, "TEXT",          N_("what people call it") },
	{ ARGS_PLUGIN,   "--plugin",   NULL, "PLUGIN",        N_("the plugin that reaches it, where that is not clear") },
	{ ARGS_MONTH,    "--month",    NULL, "2026-11",       N_("that month (default: this one)") },
	{ ARGS_AT,       "--at",       NULL, "2h|TIME",       N_("when it was: so long ago, or a time (default: now)") },
	{ ARGS_PHONE,    "--phone",    NULL, NULL,            N_("it was a call, not a visit") },
	{ ARGS_FROM,     "--from",     NULL, "DAY|TIME",      N_("from then on: 2026-10-01, or \"2026-10-01 08:00\"") },
	{ ARGS_NAMES,    "--names",    NULL, NULL,            N_("names and telephone numbers as they are; with --reason, on the record") },
	{ ARGS_SHEET,    "--sheet",    NULL, NULL,            N_("all that a responder needs at the door; with --reason, on the record") },
	{ ARGS_CATEGORY, "--category", NULL, "WORDS",         N_("those of one of these categories: lives_alone, aged, …, or in Chinese") },
	{ ARGS_DRY_RUN,  "--dry-run",  NULL, NULL,            N_("only say what it would do") },
};
/* clang-format on */

/* The row of an option as it was written ("--note", "--note=x", "-f"); *ret_value: what stands behind its '='. */
static const struct args_row *find_row(const char *word, const char **ret_value)
{
	size_t len = strcspn(word, "=");

	*ret_value = word[len] == '=' ? word + len + 1 : NULL;
	for (size_t i = 0; i < ARGS_OPTIONS; i++) {
		const struct args_row *row = &args_rows[i];

		if (strlen(row->name) == len && memcmp(row->name, word, len) == 0)
			return row;
		if (row->short_name && str_equal(row->short_name, word))
			return row;
	}
	return NULL;
}

static int unknown(const char *word, struct str_buf *problem)
{
	struct str_nearest nearest = { .word = word };

	for (size_t i = 0; i < ARGS_OPTIONS; i++)
		str_nearest_try(&nearest, args_rows[i].name);
	str_buf_printf(problem, _("unknown option '%s'"), word);
	if (nearest.best)
		str_buf_printf(problem, _("; did you mean '%s'?"), nearest.best);
	return -EINVAL;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && !(word[1] >= '0' && word[1] <= '9') && word[1] != '.';
}

int args_parse(int argc, char *const argv[], struct args *ret_args, struct str_buf *ret_problem)
{
	struct args args = { .count = 0 };
	bool only_words = false;

	for (int i = 1; i < argc; i++) {
		const struct args_row *row;
		const char *value;

		if (!only_words && str_equal(argv[i], "--")) {
			only_words = true;
			continue;
		}
		if (only_words || !is_option(argv[i])) {
			if (args.count == ARGS_WORDS_MAX) {
				str_buf_printf(ret_problem, _("too many words, from '%s' on"), argv[i]);
				return -EINVAL;
			}
			args.words[args.count++] = argv[i];
			continue;
		}
		row = find_row(argv[i], &value);
		if (!row)
			return unknown(argv[i], ret_problem);
		if (!row->value && value) {
			str_buf_printf(ret_problem, _("%s takes no value"), row->name);
			return -EINVAL;
		}
		if (row->value && !value && ++i >= argc) {
			str_buf_printf(ret_problem, _("%s: expected %s behind it"), row->name, row->value);
			return -EINVAL;
		}
		args.values[row->option] = !row->value ? "" : value ? value : argv[i];
	}
	*ret_args = args;
	return 0;
}
