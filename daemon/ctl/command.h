/* command.h: the table of commands: what there is, what it takes, who does it. Help is printed from it. Immutable. */
#pragma once

#include "ctl/ctl.h"

struct command {
	const char *name;  /* one word, or two: "config check" */
	const char *words; /* "[GLOB]" */
	size_t min_words, max_words;
	unsigned options; /* ARGS_BIT of those of its own */
	const char *help;
	enum ctl_exit (*run)(struct ctl *c);
	const char *details; /* more help, or NULL */
};

/* The command of the first words; takes them out of args. NULL: said on stderr. */
const struct command *command_find(struct args *args);
/* Are words and options as it takes them? Says on stderr what is not. */
bool command_takes(const struct command *command, const struct args *args);
void command_help_all(FILE *to);
void command_help(const struct command *command, FILE *to);

enum ctl_exit cmd_status(struct ctl *c);
enum ctl_exit cmd_lists_buses(struct ctl *c);
enum ctl_exit cmd_lists_devices(struct ctl *c);
enum ctl_exit cmd_lists_points(struct ctl *c);
enum ctl_exit cmd_lists_show(struct ctl *c);
enum ctl_exit cmd_lists_plugins(struct ctl *c);
enum ctl_exit cmd_lists_outbox(struct ctl *c);
enum ctl_exit cmd_alarms(struct ctl *c);
enum ctl_exit cmd_alarms_ack(struct ctl *c);
enum ctl_exit cmd_alarms_close(struct ctl *c);
enum ctl_exit cmd_watch(struct ctl *c);
enum ctl_exit cmd_wait(struct ctl *c);
enum ctl_exit cmd_config_check(struct ctl *c);
