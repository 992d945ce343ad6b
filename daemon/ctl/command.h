/* command.h: the table of commands: what there is, what it takes, who does it. Help, the man page and the completion of
 * bash are printed from it. Immutable. */
#pragma once

#include "ctl/ctl.h"

struct command {
	const char *name;  /* one word, or two: "config check" */
	const char *words; /* "[GLOB]" */
	size_t min_words, max_words;
	uint64_t options; /* ARGS_BIT of those of its own */
	const char *help; /* N_(); NULL: it is for the build only and not told of */
	enum ctl_exit (*run)(struct ctl *c);
	const char *details; /* more help, N_(), or NULL */
	/* What the shell offers for each word, separated by blanks: @points, @devices, @alarms, @buses, @rules, @residents, @homes, @groups (ids
	 * exist now), @file, @commands, or words separated by '|'; NULL: nothing. */
	const char *completes;
};

/* All of them; a row without a name ends them. */
const struct command *command_all(void);

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
enum ctl_exit cmd_alarms_shelve(struct ctl *c);
enum ctl_exit cmd_alarms_unshelve(struct ctl *c);
enum ctl_exit cmd_alarms_comment(struct ctl *c);
enum ctl_exit cmd_alarms_arrive(struct ctl *c);
enum ctl_exit cmd_alarms_show(struct ctl *c);
enum ctl_exit cmd_helped(struct ctl *c);
enum ctl_exit cmd_people_contacts(struct ctl *c);
enum ctl_exit cmd_people_on_duty(struct ctl *c);
enum ctl_exit cmd_people_handover(struct ctl *c);
enum ctl_exit cmd_users_list(struct ctl *c);
enum ctl_exit cmd_users_add(struct ctl *c);
enum ctl_exit cmd_users_set(struct ctl *c);
enum ctl_exit cmd_users_password(struct ctl *c);
enum ctl_exit cmd_users_remove(struct ctl *c);
enum ctl_exit cmd_users_sessions(struct ctl *c);
enum ctl_exit cmd_residents_list(struct ctl *c);
enum ctl_exit cmd_residents_show(struct ctl *c);
enum ctl_exit cmd_residents_add(struct ctl *c);
enum ctl_exit cmd_residents_set(struct ctl *c);
enum ctl_exit cmd_residents_away(struct ctl *c);
enum ctl_exit cmd_residents_hospital(struct ctl *c);
enum ctl_exit cmd_residents_history(struct ctl *c);
enum ctl_exit cmd_residents_erase(struct ctl *c);
enum ctl_exit cmd_residents_import(struct ctl *c);
enum ctl_exit cmd_residents_export(struct ctl *c);
enum ctl_exit cmd_homes(struct ctl *c);
enum ctl_exit cmd_homes_show(struct ctl *c);
enum ctl_exit cmd_visits_due(struct ctl *c);
enum ctl_exit cmd_visits_done(struct ctl *c);
enum ctl_exit cmd_visits_list(struct ctl *c);
enum ctl_exit cmd_visits_figures(struct ctl *c);
enum ctl_exit cmd_visits_response(struct ctl *c);
enum ctl_exit cmd_rules(struct ctl *c);
enum ctl_exit cmd_measures(struct ctl *c);
enum ctl_exit cmd_modes(struct ctl *c);
enum ctl_exit cmd_modes_service(struct ctl *c);
enum ctl_exit cmd_modes_in_service(struct ctl *c);
enum ctl_exit cmd_modes_test(struct ctl *c);
enum ctl_exit cmd_watch(struct ctl *c);
enum ctl_exit cmd_wait(struct ctl *c);
enum ctl_exit cmd_history(struct ctl *c);
enum ctl_exit cmd_why(struct ctl *c);
enum ctl_exit cmd_record(struct ctl *c);
enum ctl_exit cmd_recording(struct ctl *c);
enum ctl_exit cmd_sheet(struct ctl *c);
enum ctl_exit cmd_summary(struct ctl *c);
enum ctl_exit cmd_config_check(struct ctl *c);
enum ctl_exit cmd_config_keys(struct ctl *c);
enum ctl_exit cmd_reload(struct ctl *c);
enum ctl_exit cmd_reload_confirm(struct ctl *c);
enum ctl_exit cmd_reload_diff(struct ctl *c);
enum ctl_exit cmd_clock(struct ctl *c);
enum ctl_exit cmd_clock_set(struct ctl *c);
enum ctl_exit cmd_log(struct ctl *c);
enum ctl_exit cmd_scan(struct ctl *c);
enum ctl_exit cmd_bus_read(struct ctl *c);
enum ctl_exit cmd_bus_write(struct ctl *c);
enum ctl_exit cmd_bid(struct ctl *c);
enum ctl_exit cmd_bus_pause(struct ctl *c);
enum ctl_exit cmd_bus_resume(struct ctl *c);
enum ctl_exit cmd_import(struct ctl *c);
enum ctl_exit cmd_adopt(struct ctl *c);
enum ctl_exit cmd_audit_show(struct ctl *c);
enum ctl_exit cmd_audit_verify(struct ctl *c);
enum ctl_exit cmd_audit_export(struct ctl *c);
enum ctl_exit cmd_backup(struct ctl *c);
enum ctl_exit cmd_restore(struct ctl *c);
enum ctl_exit cmd_doctor(struct ctl *c);
enum ctl_exit cmd_print(struct ctl *c);
