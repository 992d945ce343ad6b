#include "app/retired.h"

#include <assert.h>

#include "app/live.h"
#include "app/offload.h"
#include "app/swap.h"
#include "base/mem.h"

#define CONFS_MAX 32

struct retired {
	struct live *live;
	struct conf *confs[CONFS_MAX];
	size_t count;
};

/* On its way to the reader thread. */
struct waste {
	struct swap *swap;
	struct conf *confs[CONFS_MAX];
	size_t count;
};

struct retired *retired_new(struct live *l)
{
	struct retired *r = MEM_NEW(struct retired);

	r->live = l;
	return r;
}

void retired_free(struct retired *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		conf_free(r->confs[i]);
	free(r);
}

bool retired_full(const struct retired *r)
{
	return r->count + 2 > CONFS_MAX;
}

void retired_add(struct retired *r, struct conf *c)
{
	if (!c)
		return;
	assert(r->count < CONFS_MAX);
	r->confs[r->count++] = c;
}

static void waste_work(void *context)
{
	struct waste *w = context;

	swap_free(steal(&w->swap));
	while (w->count)
		conf_free(w->confs[--w->count]);
}

static void waste_done(void *context)
{
	waste_work(context); /* estated ends, and the reader thread did not come to it */
	free(context);
}

static void throw_away(struct retired *r, const struct waste *waste)
{
	struct waste *w;

	if (!waste->swap && waste->count == 0)
		return;
	w = mem_dup(waste, sizeof(*waste));
	if (offload_submit(r->live->offload,
			   &(struct offload_job){ .work = waste_work, .done = waste_done, .context = w }) < 0)
		waste_done(w);
}

void retired_drop_swap(struct retired *r, struct swap *s)
{
	throw_away(r, &(struct waste){ .swap = s });
}

void retired_sweep(struct retired *r)
{
	struct waste w = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++)
		if (links_refer_to(r->live->links, r->confs[i]))
			r->confs[kept++] = r->confs[i];
		else
			w.confs[w.count++] = r->confs[i];
	r->count = kept;
	throw_away(r, &w);
}
