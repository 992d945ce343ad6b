#include "app/revive.h"

#include "app/live.h"
#include "app/watch_keep.h"

static void restore_alarm(void *context, const struct alarm *a)
{
	struct live *l = context;

	evaluator_restore(engine_evaluator(l->engine), a);
}

static void restore_delay(void *context, const struct evaluator_delay *d)
{
	struct live *l = context;

	if (d->kind == EVALUATOR_SUPERVISED)
		watch_keep_restore(l->watch, d);
	else
		evaluator_restore_delay(engine_evaluator(l->engine), d);
}

static void restore_ladder(void *context, const struct ladder_run *r)
{
	struct live *l = context;

	crier_restore(l->crier, r);
}

static void restore_mode(void *context, const struct mode *m)
{
	struct live *l = context;

	evaluator_restore_mode(engine_evaluator(l->engine), m);
}

static void restore_told(void *context, const struct burden_told *t)
{
	struct live *l = context;

	if (!l->burden)
		l->burden = burden_new(t->at_us);
	burden_told(l->burden, t);
}

static void restore_visit(void *context, const char *place, int64_t wall_us)
{
	struct live *l = context;

	visiting_was(l->visiting, place, wall_us);
}

static void restore_home(void *context, const struct store_kept_home *kept)
{
	const struct live *l = context;

	homes_kept(l->homes, kept);
}

static void restore_resident(void *context, const struct resident *r)
{
	const struct live *l = context;

	registry_restore(l->registry, r);
}

static void restore_value(void *context, const char *point, const struct reading *r)
{
	struct live *l = context;

	engine_restore(l->engine, point, r);
}

static void restore_uplink(void *context, const char *instance)
{
	struct live *l = context;
	const struct plugin *p = conf_find_plugin(l->conf, instance);

	if (p)
		outflow_add_uplink(l->outflow, p);
}

int revive_kept(struct live *l)
{
	struct store_kept kept = {
		.context = l,
		.alarm = restore_alarm,
		.delay = restore_delay,
		.value = restore_value,
		.uplink = restore_uplink,
		.mode = restore_mode,
		.ladder = restore_ladder,
		.told = restore_told,
		.account = accounts_restore,
		.visited = restore_visit,
		.home = restore_home,
		.resident = restore_resident,
	};

	return store_restore(l->store, &kept);
}
