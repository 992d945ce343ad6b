#include "app/swap.h"

#include "app/live.h"
#include "app/watch_keep.h"
#include "base/mem.h"

#define SLICE_POINTS 512
#define SLICE_BUDGET (5 * MS)

struct swap {
	struct conf *to;
	struct engine *engine;      /* the new one; after the swap the one before */
	struct windowfile *windows; /* likewise */
	struct links_change *links;
};

int swap_prepare(struct live *l, struct conf *to, struct swap **ret_swap)
{
	struct swap *s = MEM_NEW(struct swap);
	int r = engine_new(to, &l->engine_calls, &s->engine);

	if (r < 0) {
		free(s);
		return r;
	}
	s->to = to;
	s->windows = windowfile_prepare(l->setup->runtime_dir, engine_evaluator(s->engine));
	engine_match(s->engine, l->engine);
	s->links = links_prepare(l->conf, to);
	links_change_points(s->links, engine_forward(s->engine, l->engine));
	*ret_swap = s;
	return 0;
}

void swap_free(struct swap *s)
{
	if (!s)
		return;
	engine_free(s->engine);
	windowfile_free(s->windows);
	links_change_free(s->links);
	free(s);
}

static void swap_engine(struct live *l, struct swap *s)
{
	struct engine *before = l->engine;
	struct windowfile *windows = l->windows;

	engine_carry(s->engine, before);
	l->engine = s->engine;
	s->engine = before;
	windowfile_place(s->windows, engine_evaluator(l->engine));
	l->windows = s->windows;
	s->windows = windows;
	registry_feed(l->registry);
	l->delay_version = UINT64_MAX; /* the new engine counts anew */
	store_name_points(l->store, engine_points(l->engine));
}

static void swap_watch(struct live *l)
{
	struct watch *watch = watch_new(l);

	watch_keep_carry(watch, l->watch);
	watch_free(l->watch);
	l->watch = watch;
}

struct conf *swap_apply(struct live *l, struct swap *s)
{
	struct conf *before = l->conf;

	live_settle(l);
	swap_engine(l, s);
	l->conf = s->to;
	levels_apply(l->levels, &s->to->log.plan);
	swap_watch(l);
	outflow_rebind(l->outflow);
	if (l->api)
		api_set_gate(l->api, l->conf->web.user);
	delivery_rebind(l->delivery);
	store_keep_history(l->store, &l->conf->history.keeping);
	links_swap(l->links, before, s->links);
	crier_rebind(l->crier);
	occurrence_rebind(l->occurrences, engine_points(l->engine));
	stock_reloaded(l->stock);
	discovery_rebind(l->discovery, l->conf);
	live_evaluate(l);
	live_settle(l);
	return before;
}

bool swap_evaluate_some(struct live *l)
{
	struct clock_now now = clock_now();

	while (engine_evaluate(l->engine, &l->evaluated, SLICE_POINTS, now, &l->effects))
		if (clock_mono_us() - now.mono_us > SLICE_BUDGET)
			return true;
	return false;
}
