#include "app/staged.h"

#include <errno.h>
#include <inttypes.h>

#include "app/live.h"
#include "base/log.h"
#include "base/mem.h"

void staged_open(struct staged_desk *d, struct live *l, const struct staged_kind *kind)
{
	*d = (struct staged_desk){ .live = l, .kind = kind, .token = kind->first_token };
}

static void end(struct staged *s)
{
	struct staged_desk *d = s->desk;

	for (size_t i = 0; i < d->kind->max; i++)
		if (d->asked[i] == s)
			d->asked[i] = NULL;
	free(s->path);
	str_buf_fini(&s->why);
	d->kind->free(s);
}

static void answer_problem(struct staged *s, int status, const char *text)
{
	api_finish_json(s->pending, status, json_pack("{s{si ss}}", "error", "status", status, "text", text));
	end(s);
}

static void refuse(struct staged *s, const char *text)
{
	answer_problem(s, 503, text);
}

void staged_close(struct staged_desk *d)
{
	for (size_t i = 0; i < d->kind->max; i++)
		if (d->asked[i])
			refuse(d->asked[i], "estated ends");
}

static size_t find_free(const struct staged_desk *d)
{
	size_t i = 0;

	while (i < d->kind->max && d->asked[i])
		i++;
	return i;
}

bool staged_full(const struct staged_desk *d)
{
	return find_free(d) == d->kind->max;
}

void staged_begin(struct staged_desk *d, struct staged *s, struct api_pending *pending)
{
	*s = (struct staged){ .desk = d, .pending = pending, .path = mem_strdup(store_history_path(d->live->store)) };
	d->asked[find_free(d)] = s;
}

static void work(void *context)
{
	struct staged *s = context;

	s->desk->kind->work(s);
	s->worked = true;
}

static void done(void *context)
{
	struct staged *s = context;
	struct live *l = s->desk->live;
	struct live_turn turn = live_begin(l, s->desk->kind->name);

	if (s->worked && s->more && !l->stopping) {
		staged_read(s);
	} else if (!s->worked || s->more) {
		refuse(s, "estated ends");
	} else if (s->error == -E2BIG && s->why.len) {
		answer_problem(s, 400, s->why.text);
	} else if (s->error < 0) {
		refuse(s, s->why.len ? s->why.text : "the history cannot be read now: see 'estatectl status'");
	} else {
		if (s->damaged)
			log_warning("%s without %" PRIu64 " damaged %s of the history", s->desk->kind->name, s->damaged,
				    str_plural(s->damaged, "piece", "pieces"));
		api_finish_json(s->pending, 200, s->desk->kind->answer(s));
		end(s);
	}
	live_end(&turn);
}

void staged_read(struct staged *s)
{
	struct offload_job job = { .work = work, .done = done, .context = s };

	s->token = 0;
	s->worked = s->more = false;
	if (offload_submit(s->desk->live->offload, &job) < 0)
		refuse(s, "too much is read at the same time: try again in a moment");
}

void staged_wait(struct staged *s)
{
	s->token = ++s->desk->token;
	if (store_submit_stage(s->desk->live->store, s->token) < 0)
		staged_read(s);
}

void staged_arrived(struct staged_desk *d, uint64_t token)
{
	for (size_t i = 0; i < d->kind->max; i++)
		if (d->asked[i] && d->asked[i]->token == token) {
			staged_read(d->asked[i]);
			return;
		}
}
