#include "app/startconf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/candidate.h"
#include "app/live.h"
#include "base/log.h"
#include "store/statedir.h"

struct attempt {
	const struct live_setup *setup;
	struct startconf *start;
	bool locked; /* what is kept in the folder is ours */
};

static int load_copy(const struct attempt *a, enum keeper_copy which, struct conf **ret_conf)
{
	_cleanup_str_buf_ struct str_buf copy = { 0 };
	struct conf_source source = { .path = a->setup->conf_path, .data_dir = a->setup->data_dir };
	struct diag d = { 0 };
	int r = keeper_get_copy(a->setup->state_dir, which, &copy);

	if (r < 0)
		return r;
	source.kept = str_buf_text(&copy);
	source.kept_len = copy.len;
	r = conf_load_source(&source, &d, ret_conf);
	if (r < 0)
		diag_print(&d, stderr);
	diag_fini(&d);
	return r;
}

static void write_record(const struct attempt *a)
{
	int r = keeper_write(a->setup->state_dir, &a->start->record);

	if (r < 0)
		log_event(LOGID_CONF_UNKEPT, LOG_ABOUT(.file = a->setup->state_dir),
			  "configuration: %s/config: %s: what counts after the next start is not kept",
			  a->setup->state_dir, strerror(-r));
}

/* What an earlier run left behind, and what this start makes of it; written before the configuration is read: reading
 * it may be what ends us. */
static void judge(struct attempt *a)
{
	struct keeper_record *record = &a->start->record;
	int64_t left_us = keeper_left_us(record, clock_mono_us());

	if (record->state != KEEPER_TRIAL)
		return;
	record->ends += !record->in_order;
	record->in_order = false;
	keeper_stamp(record, left_us);
	if (left_us == 0 || record->ends >= KEEPER_ENDS_MAX) {
		record->state = KEEPER_HELD;
		record->cause = left_us == 0 ? KEEPER_UNCONFIRMED : KEEPER_ENDED;
		log_event(LOGID_RELOAD_RETURNED, NULL,
			  "configuration: %s: the one before is in force again; the files still say the new one",
			  keeper_cause_text(record->cause));
	}
	write_record(a);
}

static void start_trial(struct attempt *a)
{
	struct startconf *s = a->start;
	int r = load_copy(a, KEEPER_NEW, &s->conf);

	if (r < 0) {
		s->record.state = KEEPER_HELD;
		s->record.cause = KEEPER_UNREADABLE;
		log_event(LOGID_RELOAD_RETURNED, NULL, "configuration: %s: the one before is in force again: %s",
			  keeper_cause_text(s->record.cause), strerror(-r));
		write_record(a);
		return;
	}
	r = load_copy(a, KEEPER_RUNNING, &s->fallback);
	if (r < 0) {
		log_error("configuration: what was kept of the one before cannot be read (%s): the new one stays",
			  strerror(-r));
		s->record.state = KEEPER_FILES;
		write_record(a);
	} else {
		log_notice("configuration: not confirmed yet: the one before returns in %d s",
			   (int)(s->record.left_us / S));
	}
}

/* The files say what is in force: nothing is held any more. */
static bool files_agree(struct attempt *a)
{
	_cleanup_str_buf_ struct str_buf kept = { 0 }, now = { 0 };
	struct conf_source source = { .path = a->setup->conf_path, .data_dir = a->setup->data_dir, .copy = &now };
	_cleanup_(conf_freep) struct conf *conf = NULL;
	struct diag d = { 0 };
	int r = conf_load_source(&source, &d, &conf);

	diag_fini(&d);
	return r == 0 && keeper_get_copy(a->setup->state_dir, KEEPER_RUNNING, &kept) == 0 && kept.len == now.len &&
	       memcmp(kept.text, now.text, now.len) == 0;
}

static void start_held(struct attempt *a)
{
	struct startconf *s = a->start;
	int r = load_copy(a, KEEPER_RUNNING, &s->conf);

	if (r < 0) {
		log_error("configuration: what was kept of the one in force cannot be read (%s): the files count",
			  strerror(-r));
	} else if (!files_agree(a)) {
		log_event(LOGID_CONF_BEFORE, NULL,
			  "configuration: the one before is in force, not the files (%s): see estatectl config diff, "
			  "then "
			  "estatectl config reload",
			  keeper_cause_text(s->record.cause));
		return;
	}
	s->record.state = KEEPER_FILES;
	write_record(a);
}

/* By the log, which waits for nobody who does not read. */
static void say_problems(const struct candidate *c)
{
	json_t *lines = candidate_problems(c), *line;
	size_t i;

	json_array_foreach(lines, i, line) log_warning("configuration: %s", json_string_value(line));
	json_decref(lines);
}

/* Files with mistakes are no reason to leave everything unwatched where it is known what was in force. */
static int start_files(struct attempt *a)
{
	struct startconf *s = a->start;
	struct candidate c = { 0 };
	int r;

	candidate_read(&c, &(struct candidate_source){ .conf_path = a->setup->conf_path,
						       .data_dir = a->setup->data_dir,
						       .plugin_dir = a->setup->plugin_dir,
						       .lenient = true });
	say_problems(&c);
	if (c.conf) {
		s->conf = steal(&c.conf);
		s->copy = c.copy;
		c.copy = (struct str_buf){ 0 };
		candidate_fini(&c);
		return 0;
	}
	r = a->locked ? load_copy(a, KEEPER_RUNNING, &s->conf) : -EBUSY;
	/* Not written down: the next start tries the files again. */
	if (r == 0)
		s->record = (struct keeper_record){ .state = KEEPER_HELD, .cause = KEEPER_WRONG_FILES };
	log_event(LOGID_CONF_REFUSED, LOG_ABOUT(.file = a->setup->conf_path), "configuration: %s: %zu error%s: %s",
		  a->setup->conf_path, c.diag.errors, c.diag.errors == 1 ? "" : "s",
		  r == 0 ? "estated starts with the one that was in force before; see estated --check"
			 : "estated does not start; see estated --check");
	candidate_fini(&c);
	return r == 0 ? 0 : -EINVAL;
}

int startconf_load(const struct live_setup *setup, struct startconf *ret_start)
{
	struct attempt a = { .setup = setup, .start = ret_start };
	_cleanup_str_buf_ struct str_buf why = { 0 };
	int lock_fd = -1, r = 0;

	*ret_start = (struct startconf){ 0 };
	/* Where another estated has the folder, the store says so in a moment; its record is not ours to write. */
	a.locked = statedir_lock(setup->state_dir, &lock_fd, &why) == 0;
	if (a.locked) {
		r = keeper_read(setup->state_dir, &ret_start->record);
		if (r < 0)
			log_error("configuration: %s/config/record: %s: the files count", setup->state_dir,
				  strerror(-r));
		judge(&a);
	}
	if (ret_start->record.state == KEEPER_TRIAL)
		start_trial(&a);
	if (ret_start->record.state == KEEPER_HELD && !ret_start->conf)
		start_held(&a);
	r = ret_start->conf ? 0 : start_files(&a);
	if (a.locked)
		close(lock_fd);
	return r;
}
