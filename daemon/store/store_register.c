#include "store/store_register.h"

#include <errno.h>

#include "base/mem.h"
#include "model/place.h"
#include "store/ledger.h"
#include "store/outbox_forget.h"
#include "store/state.h"
#include "store/store_op.h"

static void copy_changed(struct store_register_copy *c, const struct store_register *from)
{
	c->changed = from->changed_count ? mem_array(from->changed_count, sizeof(*c->changed)) : NULL;
	for (; c->changed_count < from->changed_count; c->changed_count++)
		resident_copy(&from->changed[c->changed_count], &c->changed[c->changed_count]);
}

static void copy_points(struct store_register_copy *c, const struct store_register *from)
{
	c->points = from->point_count ? mem_array(from->point_count, sizeof(*c->points)) : NULL;
	for (; c->point_count < from->point_count; c->point_count++)
		c->points[c->point_count] = mem_strdup(from->points[c->point_count]);
}

int store_register_fill(struct store_op *op, const struct store_register *from)
{
	struct store_register_copy *c = MEM_NEW(struct store_register_copy);

	op->reg = c;
	for (size_t i = 0; i < from->changed_count; i++)
		if (!from->changed[i].id || !from->changed[i].place)
			return -EINVAL;
	copy_changed(c, from);
	copy_points(c, from);
	c->erased = mem_strdup(from->erased);
	c->erased_place = mem_strdup(from->erased_place);
	op->bytes += c->changed_count * (sizeof(*c->changed) + 512) + c->point_count * 64;
	return 0;
}

void store_register_free(struct store_register_copy *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->changed_count; i++)
		resident_fini(&c->changed[i]);
	for (size_t i = 0; i < c->point_count; i++)
		free(c->points[i]);
	free(c->changed);
	free(c->points);
	free(c->erased);
	free(c->erased_place);
	free(c);
}

struct forgetting {
	struct state *state;
	const char *empty; /* the dwelling that nobody lives in any more; NULL: somebody does */
};

static int forget_name(void *context, const char *name, const char *place)
{
	const struct forgetting *f = context;
	struct discreet_erased who = { .name = name,
				       .place = place,
				       .last = f->empty && place_contains(f->empty, place) };

	return outbox_forget(&f->state->outbox, &who);
}

/* What is left of him here. Samples go step by step afterwards: which ones is written down with it. */
static int erase(struct state *s, const struct store_register_copy *c)
{
	struct forgetting f = { s, c->erased_place };
	int r;

	s->erased = true;
	r = resident_table_names(&s->residents, c->erased, &(struct resident_table_names){ &f, forget_name });
	if (r == 0)
		r = resident_table_erase(&s->residents, c->erased);
	for (size_t i = 0; r == 0 && i < c->point_count; i++)
		r = resident_table_erase_point(&s->residents, c->points[i]);
	if (r == 0)
		r = visit_table_erase_person(&s->visits, c->erased);
	if (r == 0 && c->erased_place)
		r = visit_table_erase(&s->visits, c->erased_place);
	if (r == 0 && c->erased_place)
		r = home_table_drop(&s->homes, c->erased_place);
	return r;
}

int store_register_apply(struct state *s, const struct store_op *op)
{
	const struct store_register_copy *c = op->reg;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->changed_count; i++)
		r = resident_table_put(&s->residents, &c->changed[i]);
	if (r == 0 && c->erased)
		r = erase(s, c);
	return r == 0 ? ledger_commit(s, op) : r;
}

int store_register_erased(struct state *s, const struct store_op *op)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < op->reg->point_count; i++)
		r = resident_table_erased(&s->residents, op->reg->points[i]);
	return r;
}
