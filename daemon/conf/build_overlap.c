/* build_overlap.c: see build_overlap.h. */
#include "conf/build_overlap.h"

#include "base/mem.h"

static unsigned last_of(const struct codec_wire *w)
{
	return w->address + w->registers - 1u;
}

static int by_address(const void *left, const void *right)
{
	const struct profile_point *a = *(const struct profile_point *const *)left;
	const struct profile_point *b = *(const struct profile_point *const *)right;

	if (a->wire.table != b->wire.table)
		return a->wire.table < b->wire.table ? -1 : 1;
	if (a->wire.address != b->wire.address)
		return a->wire.address < b->wire.address ? -1 : 1;
	if (a->wire.registers != b->wire.registers)
		return a->wire.registers > b->wire.registers ? -1 : 1;
	if (a->wire.bit_low != b->wire.bit_low)
		return a->wire.bit_low < b->wire.bit_low ? -1 : 1;
	if (a->wire.bit_high != b->wire.bit_high)
		return a->wire.bit_high < b->wire.bit_high ? -1 : 1;
	return a->at.line < b->at.line ? -1 : a->at.line > b->at.line;
}

static bool same_wire(const struct codec_wire *a, const struct codec_wire *b)
{
	return a->table == b->table && a->address == b->address && a->registers == b->registers && a->type == b->type &&
	       a->bit_low == b->bit_low && a->bit_high == b->bit_high && a->invert == b->invert &&
	       a->order == b->order && a->scale == b->scale && a->text_count == b->text_count &&
	       a->field_bits == b->field_bits && a->field_equals == b->field_equals;
}

/* A bit of a value is often meant; a number across others is not. */
static bool is_whole(const struct codec_wire *w)
{
	return w->bit_low < 0 && w->type != CODEC_BIT && w->type != CODEC_ANY && w->type != CODEC_WHICH;
}

static bool crosses(const struct codec_wire *a, const struct codec_wire *b)
{
	return a->table == b->table && b->address <= last_of(a) &&
	       (a->address != b->address || a->registers != b->registers);
}

static size_t sort_points(const struct build_point_set *set, const struct profile_point **sorted)
{
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		if (set->points[i].wire.table != CODEC_TABLE_NONE)
			sorted[count++] = &set->points[i];
	qsort(sorted, count, sizeof(*sorted), by_address);
	return count;
}

void build_overlap_check(const struct build_point_set *set)
{
	_cleanup_(freep) const struct profile_point **sorted = mem_array(set->count + 1, sizeof(*sorted));
	size_t count = sort_points(set, sorted);
	const struct profile_point *reach = NULL; /* of those so far the one that ends last */

	for (size_t i = 0; i < count; i++) {
		const struct profile_point *p = sorted[i], *before = i > 0 ? sorted[i - 1] : NULL;

		if (before && same_wire(&before->wire, &p->wire))
			diag_warning(set->b->diag, p->at, "%s: point '%s': reads the same as '%s' at line %u",
				     set->profile->subject, p->name, before->name, before->at.line);
		if (!is_whole(&p->wire))
			continue;
		if (reach && crosses(&reach->wire, &p->wire))
			diag_error(set->b->diag, p->at,
				   "%s: point '%s': %s:%u is part of '%s' at line %u, which covers %u..%u",
				   set->profile->subject, p->name, codec_table_name(p->wire.table), p->wire.address,
				   reach->name, reach->at.line, reach->wire.address, last_of(&reach->wire));
		if (!reach || reach->wire.table != p->wire.table || last_of(&p->wire) > last_of(&reach->wire))
			reach = p;
	}
}
