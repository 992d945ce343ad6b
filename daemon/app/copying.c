#include "app/copying.h"

#include <errno.h>
#include <stdlib.h>

#include "app/candidate.h"
#include "app/live.h"
#include "base/log.h"
#include "base/mem.h"
#include "config.h"
#include "store/backup.h"
#include "store/putback.h"

#define PATIENCE MINUTE /* without a question; estatectl asks every few seconds */

struct copying {
	struct live *live;
	struct backup *backup;       /* NULL: none is under way */
	bool ending;                 /* its copies are being removed */
	char *state_dir, *conf_path; /* absolute; conf_path: since one was begun */
	int64_t asked_us;
};

struct copying *copying_new(struct live *l)
{
	struct copying *c = MEM_NEW(struct copying);

	c->live = l;
	c->state_dir = realpath(l->setup->state_dir, NULL);
	backup_sweep(l->setup->state_dir);
	return c;
}

void copying_free(struct copying *c)
{
	if (!c)
		return;
	backup_free(c->backup);
	free(c->state_dir);
	free(c->conf_path);
	free(c);
}

static const char *state_name(const struct copying *c, enum backup_state state)
{
	if (c->ending)
		return "ending";
	return state == BACKUP_RUNNING ? "running" : state == BACKUP_READY ? "ready" : "failed";
}

static json_t *show(struct copying *c)
{
	struct backup_status s;

	backup_look(c->backup, &s);
	return json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s?, s:s, s:s, s:{s:i, s:i}}", "state",
			 state_name(c, s.state), "step", s.step, "done", (json_int_t)s.done, "total",
			 (json_int_t)s.total, "text", s.text, "damaged", s.damaged, "folder", s.folder, "config",
			 c->conf_path, "estate", c->live->conf->estate.id, "version", PACKAGE_VERSION, "schema",
			 "state", s.schemas[0], "history", s.schemas[1]);
}

/* Nobody waits for it: the copies may be large. */
static void end(struct copying *c)
{
	c->ending = true;
	backup_stop(c->backup);
}

/* What was ended is gone. */
static void settle(struct copying *c)
{
	if (!c->ending || !backup_is_gone(c->backup))
		return;
	backup_free(c->backup);
	c->backup = NULL;
	c->ending = false;
}

static int begin(struct copying *c, const char *who)
{
	int r;

	if (c->backup)
		return -EBUSY;
	free(c->conf_path);
	c->conf_path = candidate_find(c->live->setup->conf_path); /* it may have been moved since */
	if (!c->state_dir || !c->conf_path)
		return -ENOTDIR;
	r = backup_start(c->state_dir, &c->backup);
	if (r == 0)
		trail_record(c->live,
			     &(struct trail_entry){ .kind = "command", .who = who, .what = "backup", .detail = NULL });
	return r;
}

int copying_act(struct copying *c, const struct api_backup *act, json_t **ret_answer)
{
	int r;

	settle(c);
	r = act->act == API_BACKUP_BEGIN ? begin(c, act->who) : c->backup ? 0 : -ENOENT;
	if (r < 0)
		return r;
	c->asked_us = clock_mono_us();
	*ret_answer = show(c);
	if (act->act == API_BACKUP_END && !c->ending)
		end(c);
	return 0;
}

void copying_tick(struct copying *c, int64_t mono_us)
{
	if (c->backup && !c->ending && mono_us - c->asked_us >= PATIENCE) {
		log_notice("backup: nobody has asked for it for a minute: its copies are removed");
		end(c);
	}
	settle(c);
}

int copying_resume(const struct live *l)
{
	_cleanup_str_buf_ struct str_buf said = { 0 };
	int r = putback_resume(l->setup->state_dir, l->setup->conf_path, &said);

	if (r < 0)
		log_error("restore: %s", str_buf_text(&said));
	else if (r > 0)
		log_warning("restore: %s", str_buf_text(&said));
	return MIN(r, 0);
}
