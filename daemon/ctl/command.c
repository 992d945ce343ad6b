#include "config.h"

#include "ctl/command.h"

#include "base/mem.h"

static enum ctl_exit run_help(struct ctl *c);
static enum ctl_exit run_version(struct ctl *c);

/* clang-format off */
static const struct command commands[] = {
	{ "status", "", 0, 0, ARGS_BIT(ARGS_CHECK), "the overview (also without a command)", cmd_status,
	  "With --check it exits 4 when an alarm stands." },
	{ "buses", "", 0, 0, 0, "serial lines and gateways, and how they answer", cmd_lists_buses, NULL },
	{ "devices", "[GLOB]", 0, 1, 0, "devices, where they are and how many of their points are good", cmd_lists_devices,
	  "GLOB is a device's id with * ? and [a-z]: 'lift-*'." },
	{ "points", "[GLOB]", 0, 1, 0, "points with value, quality and age", cmd_lists_points,
	  "GLOB is a point's name ('lift-*.door_open') or a device's id ('lift-1': all its points)." },
	{ "show", "POINT", 1, 1, 0, "all that is known of one point", cmd_lists_show, NULL },
	{ "watch", "[GLOB]", 0, 1, 0, "what changes, as it changes, until Ctrl-C", cmd_watch,
	  "Points, alarms and health; GLOB fits points, devices, alarms and those whose reason is such a point.\n"
	  "When estated goes away it waits for it to come back, and catches up." },
	{ "alarms", "", 0, 0, ARGS_BIT(ARGS_ALL), "alarms that are not normal", cmd_alarms, NULL },
	{ "ack", "ID", 1, 1, ARGS_BIT(ARGS_NOTE), "acknowledge an alarm: somebody looks after it", cmd_alarms_ack,
	  "ID is rule/asset, as 'alarms' shows it. It is on disk when this command is done." },
	{ "close", "ID", 1, 1, ARGS_BIT(ARGS_OUTCOME) | ARGS_BIT(ARGS_NOTE), "close a latched alarm, and say what it was",
	  cmd_alarms_close, "--outcome is needed: real, false, test or duplicate." },
	{ "plugins", "", 0, 0, 0, "plugins and how they do", cmd_lists_plugins, NULL },
	{ "outbox", "", 0, 0, 0, "what waits to be delivered, for each uplink and lane", cmd_lists_outbox, NULL },
	{ "config check", "[FILE]", 0, 1, 0, "check a configuration (estated need not run)", cmd_config_check,
	  "Runs 'estated --check'; exits 0 when it can be used, else 1." },
	{ "wait", "[ready | alarm ID [STATE] | no-alarm [ID]]", 0, 3, ARGS_BIT(ARGS_FOR),
	  "wait until estated is ready, or an alarm comes or goes", cmd_wait,
	  "Exits 0 when it is so, 1 when it is not within --for (default 30s). 'alarm ID' waits until it is\n"
	  "not normal, or in STATE (unacked, acked, …); 'no-alarm' until none stands, or the one of that ID is normal." },
	{ "version", "", 0, 0, 0, "say which version this is", run_version, NULL },
	{ "help", "[COMMAND]", 0, 2, 0, "say what there is, or how one command is used", run_help, NULL },
	{ 0 }
};
/* clang-format on */

static bool is_called(const struct command *command, const struct args *args, size_t *ret_words)
{
	const char *space = strchr(command->name, ' ');
	size_t len = space ? (size_t)(space - command->name) : strlen(command->name);

	if (args->count == 0 || strlen(args->words[0]) != len || memcmp(args->words[0], command->name, len) != 0)
		return false;
	if (space && (args->count < 2 || !str_equal(args->words[1], space + 1)))
		return false;
	*ret_words = space ? 2 : 1;
	return true;
}

static void drop_words(struct args *args, size_t count)
{
	for (size_t i = count; i < args->count; i++)
		args->words[i - count] = args->words[i];
	args->count -= count;
}

static void say_unknown(const struct args *args)
{
	struct str_buf called _cleanup_str_buf_ = { 0 };
	struct str_nearest nearest = { .word = args->words[0] };
	size_t first_len = strlen(args->words[0]);

	str_buf_add(&called, args->words[0]);
	for (const struct command *c = commands; c->name; c++)
		if (strlen(c->name) > first_len && memcmp(c->name, called.text, first_len) == 0 &&
		    c->name[first_len] == ' ') {
			/* The first of two words is right. */
			fprintf(stderr, "estatectl: '%s': expected '%s'; see 'estatectl help'\n", args->words[0],
				c->name);
			return;
		} else {
			str_nearest_try(&nearest, c->name);
		}
	fprintf(stderr, "estatectl: unknown command '%s'", args->words[0]);
	if (nearest.best)
		fprintf(stderr, "; did you mean '%s'?\n", nearest.best);
	else
		fprintf(stderr, "; see 'estatectl help'\n");
}

const struct command *command_find(struct args *args)
{
	size_t words = 0;

	if (args->count == 0)
		return &commands[0];
	for (const struct command *c = commands; c->name; c++)
		if (is_called(c, args, &words)) {
			drop_words(args, words);
			return c;
		}
	say_unknown(args);
	return NULL;
}

bool command_takes(const struct command *command, const struct args *args)
{
	for (size_t i = 0; i < ARGS_OPTIONS; i++)
		if (args->values[i] && !(ARGS_BIT(i) & (ARGS_GLOBAL | command->options))) {
			fprintf(stderr, "estatectl: '%s' does not take %s; see 'estatectl help %s'\n", command->name,
				args_rows[i].name, command->name);
			return false;
		}
	if (args->count >= command->min_words && args->count <= command->max_words)
		return true;
	fprintf(stderr, "estatectl: usage: estatectl %s %s\n", command->name, command->words);
	return false;
}

static void print_options(unsigned options, FILE *to)
{
	for (size_t i = 0; i < ARGS_OPTIONS; i++) {
		struct str_buf left _cleanup_str_buf_ = { 0 };
		const struct args_row *row = &args_rows[i];

		if (!(options & ARGS_BIT(i)))
			continue;
		str_buf_printf(&left, "%s%s%s%s%s", row->short_name ? row->short_name : "", row->short_name ? ", " : "",
			       row->name, row->value ? " " : "", row->value ? row->value : "");
		fprintf(to, "  %-26s  %s\n", left.text, row->help);
	}
}

void command_help_all(FILE *to)
{
	fprintf(to, "usage: estatectl [OPTIONS] [COMMAND] …\n\n");
	for (const struct command *c = commands; c->name; c++) {
		struct str_buf left _cleanup_str_buf_ = { 0 };

		str_buf_printf(&left, "%s %s", c->name, strlen(c->words) > 12 ? "…" : c->words);
		fprintf(to, "  %-20s  %s\n", left.text, c->help);
	}
	fprintf(to, "\noptions, before or after the command:\n");
	print_options(ARGS_GLOBAL, to);
	fprintf(to, "\nexit: 0 done, 1 failed, 2 usage, 3 estated does not run, 4 something is in alarm (status "
		    "--check)\n");
}

void command_help(const struct command *command, FILE *to)
{
	fprintf(to, "usage: estatectl %s %s\n%s\n", command->name, command->words, command->help);
	if (command->details)
		fprintf(to, "\n%s\n", command->details);
	if (command->options) {
		fprintf(to, "\n");
		print_options(command->options, to);
	}
}

static enum ctl_exit run_help(struct ctl *c)
{
	const struct command *command;

	if (c->args.count == 0) {
		command_help_all(c->out.to);
		return CTL_DONE;
	}
	command = command_find(&c->args);
	if (!command)
		return CTL_USAGE;
	command_help(command, c->out.to);
	return CTL_DONE;
}

static enum ctl_exit run_version(struct ctl *c)
{
	fprintf(c->out.to, "estatectl %s\n", PACKAGE_VERSION);
	return CTL_DONE;
}
