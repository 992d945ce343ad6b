/* estatectl.c: the technician's program: a client of estated over its unix socket. */
#include <unistd.h>

#include "ctl/command.h"

static const char *socket_of(const struct args *args)
{
	const char *from_environment = getenv("ESTATE_SOCKET");

	if (args->values[ARGS_SOCKET])
		return args->values[ARGS_SOCKET];
	return from_environment && *from_environment ? from_environment : ESTATE_RUNTIMEDIR "/api.sock";
}

static enum ctl_exit run(const struct command *command, struct ctl *c)
{
	enum ctl_exit exit;

	if (c->args.values[ARGS_HELP]) {
		command_help(command, c->out.to);
		return CTL_DONE;
	}
	if (!command_takes(command, &c->args))
		return CTL_USAGE;
	c->talk = talk_new(socket_of(&c->args));
	exit = command->run(c);
	talk_free(c->talk);
	if (fflush(c->out.to) != 0 && exit == CTL_DONE) {
		fprintf(stderr, "%s", _("estatectl: the answer could not be written\n"));
		return CTL_FAILED;
	}
	return exit;
}

int main(int argc, char *argv[])
{
	struct str_buf problem _cleanup_str_buf_ = { 0 };
	struct ctl c = { .out = { .writer = &out_text_writer, .to = stdout, .language = words_language() } };
	const struct command *command;
	const char *format, *catalogs = getenv("ESTATE_LOCALEDIR");

	words_start(c.out.language, catalogs && *catalogs ? catalogs : ESTATE_LOCALEDIR);
	if (args_parse(argc, argv, &c.args, &problem) < 0) {
		fprintf(stderr, "estatectl: %s\n", str_buf_text(&problem));
		return CTL_USAGE;
	}
	format = c.args.values[ARGS_FORMAT];
	if (format)
		c.out.writer = out_find_writer(format);
	if (!c.out.writer) {
		fprintf(stderr, _("estatectl: -f %s: expected text, json or csv\n"), format);
		return CTL_USAGE;
	}
	c.out.legend = c.args.values[ARGS_LEGEND] != NULL;
	c.out.color = !c.args.values[ARGS_NO_COLOR] && !getenv("NO_COLOR") && isatty(STDOUT_FILENO);
	if (c.args.count == 0 && c.args.values[ARGS_HELP]) {
		command_help_all(stdout);
		return CTL_DONE;
	}
	if (c.args.values[ARGS_VERSION])
		c.args = (struct args){ .words = { "version" }, .count = 1 };
	command = command_find(&c.args);
	return command ? (int)run(command, &c) : CTL_USAGE;
}
