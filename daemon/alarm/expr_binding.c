#include "alarm/expr_binding.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "model/place.h"

/* The point of the nearest device of a class at the device's own place or around it; the first where several stand. */
static const struct point *nearest(const struct expr *e, const struct expr_name *n, const struct point_table *t,
				   const struct device *own)
{
	const struct point *best = NULL;

	for (size_t i = 0; i < t->count; i += t->points[i].device->profile->point_count) {
		const struct device *d = t->points[i].device;
		const struct point *p;

		if (d == own || !d->class || !str_equal(d->class->id, e->pool + n->device) ||
		    !place_contains(d->place, own->place))
			continue;
		if (best && strlen(best->device->place) >= strlen(d->place))
			continue;
		p = point_of(t, d, e->pool + n->point);
		best = p && expr_point_type(p->spec) == n->type ? p : best;
	}
	return best;
}

static uint32_t resolve(const struct expr *e, const struct expr_name *n, const struct expr_binding *b,
			const struct device *own)
{
	const struct point *p = NULL;

	if (n->parent) {
		p = own ? nearest(e, n, b->table, own) : NULL;
	} else if (n->device != EXPR_OWN) {
		_cleanup_str_buf_ struct str_buf name = { 0 };

		str_buf_printf(&name, "%s.%s", e->pool + n->device, e->pool + n->point);
		p = point_find(b->table, str_buf_text(&name));
	} else if (own) {
		p = point_of(b->table, own, e->pool + n->point);
	}
	/* One make's profile may read as a text what the class has as a number: of no use here. */
	return p && expr_point_type(p->spec) == n->type ? point_index(b->table, p) : UINT32_MAX;
}

/* A part of the expression, as one value on the stack: where its operations begin in what is kept. */
struct kept {
	size_t start;
	bool absent;
};

static bool is_logic(const struct expr_op *op)
{
	return op->code == EXPR_OP_AND || op->code == EXPR_OP_OR;
}

/* Joins two parts. An absent one leaves a && or || to the other; anything else it makes absent, and what the other side
 * had goes. True: the operation itself is kept. */
static bool join(const struct expr_op *op, struct kept *left, const struct kept *right, size_t *count)
{
	if (!left->absent && !right->absent)
		return true;
	if (is_logic(op)) {
		left->absent &= right->absent;
		return false;
	}
	left->absent = true;
	*count = left->start;
	return false;
}

/* The operations without those that read what the asset does not have; 0: nothing is left. */
static size_t prune(const struct expr_binding *b, struct expr_op *ops)
{
	struct kept stack[EXPR_STACK_MAX];
	size_t top = 0, count = 0;

	for (size_t i = 0; i < b->expr->op_count; i++) {
		const struct expr_op *op = &b->expr->ops[i];
		bool keep;

		if (expr_op_is_leaf(op)) {
			keep = !expr_op_reads(op) || b->points[op->name] != UINT32_MAX;
			stack[top++] = (struct kept){ .start = count, .absent = !keep };
		} else if (op->code == EXPR_OP_NOT || op->code == EXPR_OP_NEGATE) {
			keep = !stack[top - 1].absent;
		} else {
			top--;
			keep = join(op, &stack[top - 1], &stack[top], &count);
		}
		if (keep)
			ops[count++] = *op;
	}
	return stack[0].absent ? 0 : count;
}

static void prune_binding(struct expr_binding *b)
{
	bool complete = true;

	for (size_t i = 0; i < b->expr->name_count; i++)
		complete &= b->points[i] != UINT32_MAX;
	b->ops = b->expr->ops;
	b->op_count = b->expr->op_count;
	if (complete)
		return;
	b->ops = b->pruned = mem_array(b->op_count, sizeof(*b->pruned));
	b->op_count = prune(b, b->pruned);
}

static void add_input(struct expr_binding *b, uint32_t point)
{
	for (size_t i = 0; i < b->input_count; i++)
		if (b->inputs[i] == point)
			return; /* `level` and `tank-1.level` are the same for tank-1 */
	b->inputs[b->input_count++] = point;
}

/* One window for all operations that look at the same point over the same time. */
static void make_windows(struct expr_binding *b)
{
	size_t of = 0;

	for (size_t i = 0; i < b->op_count; i++) {
		const struct expr_op *op = &b->ops[i];
		enum window_kind kind = op->code <= EXPR_OP_COUNT ? WINDOW_CHANGES : WINDOW_VALUES;
		size_t w = 0;

		if (!expr_op_has_window(op))
			continue;
		if (!b->windows)
			b->windows = mem_array(EXPR_WINDOWS_MAX, sizeof(*b->windows));
		while (w < b->window_count && (b->windows[w].point != b->points[op->name] ||
					       b->windows[w].kind != kind || b->windows[w].span_us != op->span_us))
			w++;
		if (w == b->window_count)
			b->windows[b->window_count++] =
				(struct expr_bound_window){ .point = b->points[op->name],
							    .kind = kind,
							    .span_us = op->span_us,
							    .window = window_new(kind, op->span_us) };
		b->window_of[of++] = (uint8_t)w;
	}
}

static struct expr_bound_age *find_age(const struct expr_binding *b, uint32_t point)
{
	for (size_t i = 0; i < b->age_count; i++)
		if (b->ages[i].point == point)
			return &b->ages[i];
	return NULL;
}

static void make_ages(struct expr_binding *b)
{
	for (size_t i = 0; i < b->op_count && b->expr->has_age; i++) {
		const struct expr_op *op = &b->ops[i];

		if (op->code != EXPR_OP_AGE || find_age(b, b->points[op->name]))
			continue;
		b->ages = mem_realloc(b->ages, b->age_count + 1, sizeof(*b->ages));
		b->ages[b->age_count++] =
			(struct expr_bound_age){ .point = b->points[op->name], .heard_us = EXPR_NEVER };
	}
}

int expr_binding_new(const struct expr *e, const struct point_table *t, const struct device *d,
		     struct expr_binding **ret_binding)
{
	_cleanup_(expr_binding_freep) struct expr_binding *b =
		mem_zalloc(sizeof(*b) + 2 * e->name_count * sizeof(b->points[0]));

	b->expr = e;
	b->table = t;
	b->inputs = b->points + e->name_count;
	for (size_t i = 0; i < e->name_count; i++)
		b->points[i] = resolve(e, &e->names[i], b, d);
	prune_binding(b);
	for (size_t i = 0; i < b->op_count; i++)
		if (expr_op_reads(&b->ops[i]))
			add_input(b, b->points[b->ops[i].name]);
	if (b->input_count == 0 && !expr_binding_reads_link(b))
		return -ENODATA;
	make_windows(b);
	make_ages(b);
	*ret_binding = steal(&b);
	return 0;
}

void expr_binding_free(struct expr_binding *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->window_count; i++)
		window_free(b->windows[i].window);
	free(b->windows);
	free(b->ages);
	free(b->pruned);
	free(b);
}

const uint32_t *expr_binding_points(const struct expr_binding *b, size_t *ret_count)
{
	*ret_count = b->input_count;
	return b->inputs;
}

static void keep_window(const struct expr_bound_window *w)
{
	if (w->cell)
		cell_seal(w->cell, window_pack(w->window, w->cell->body));
}

static void keep_age(const struct expr_bound_age *a)
{
	if (!a->cell)
		return;
	a->cell->body[0] = (uint64_t)a->heard_us;
	cell_seal(a->cell, a->heard_us != EXPR_NEVER ? sizeof(a->cell->body[0]) : 0);
}

static void feed_window(const struct expr_bound_window *w, const struct point *p, bool fired, int64_t now_us)
{
	struct window_sample s = {
		.now_us = now_us,
		.good = p->quality == QUALITY_GOOD,
		.event = point_is_event(p->spec),
		.fired = fired,
		.value = &p->value,
		.heard_us = p->mono_us,
	};

	/* Nobody has asked it since the start, or what the store kept of it is older than what the window knows. */
	if (window_unheard(w->window, p->quality == QUALITY_LOST ? INT64_MIN : s.event ? INT64_MAX : p->mono_us))
		return;
	if (window_feed(w->window, &s))
		keep_window(w);
}

void expr_binding_feed(struct expr_binding *b, uint32_t fired, int64_t now_us)
{
	for (size_t i = 0; i < b->window_count; i++)
		feed_window(&b->windows[i], &b->table->points[b->windows[i].point], fired == b->windows[i].point,
			    now_us);
	for (size_t i = 0; i < b->age_count; i++) {
		const struct point *p = &b->table->points[b->ages[i].point];

		if (p->value.type == VALUE_NONE || p->mono_us <= b->ages[i].heard_us)
			continue;
		b->ages[i].heard_us = p->mono_us;
		keep_age(&b->ages[i]);
	}
}

int64_t expr_binding_heard(const struct expr_binding *b, uint32_t point)
{
	const struct point *p = &b->table->points[point];
	const struct expr_bound_age *a = find_age(b, point);
	int64_t kept_us = a ? a->heard_us : EXPR_NEVER;

	return p->value.type == VALUE_NONE ? kept_us : MAX(p->mono_us, kept_us);
}

/* When the comparison of an age turns; INT64_MAX: it has. */
static int64_t age_due(const struct expr_binding *b, const struct expr_op *op, int64_t now_us)
{
	bool within = op->detail == EXPR_OP_GT || op->detail == EXPR_OP_LE;
	int64_t heard_us = expr_binding_heard(b, b->points[op->name]);

	if (heard_us == EXPR_NEVER || heard_us + op->span_us + within <= now_us)
		return INT64_MAX;
	return heard_us + op->span_us + within;
}

int64_t expr_binding_due(const struct expr_binding *b, int64_t now_us)
{
	int64_t due_us = INT64_MAX;

	for (size_t i = 0; i < b->window_count; i++)
		due_us = MIN(due_us, window_due(b->windows[i].window, now_us));
	for (size_t i = 0; i < b->op_count && b->expr->has_age; i++)
		if (b->ops[i].code == EXPR_OP_AGE)
			due_us = MIN(due_us, age_due(b, &b->ops[i], now_us));
	return due_us;
}

bool expr_binding_reads_age(const struct expr_binding *b, uint32_t point)
{
	for (size_t i = 0; i < b->op_count && b->expr->has_age; i++)
		if (b->ops[i].code == EXPR_OP_AGE && b->points[b->ops[i].name] == point)
			return true;
	return false;
}

bool expr_binding_asks(const struct expr_binding *b)
{
	for (size_t i = 0; i < b->op_count; i++)
		if (b->ops[i].code >= EXPR_OP_IS && b->ops[i].code <= EXPR_OP_AGE)
			return true;
	return false;
}

bool expr_binding_reads_link(const struct expr_binding *b)
{
	for (size_t i = 0; i < b->op_count; i++)
		if (b->ops[i].code == EXPR_OP_LINK)
			return true;
	return false;
}

void expr_binding_set_link(struct expr_binding *b, const enum expr_link *link)
{
	b->link = link;
}

bool expr_binding_hears(const struct expr_binding *b, uint32_t point)
{
	for (size_t i = 0; i < b->op_count; i++)
		if (b->ops[i].code == EXPR_OP_POINT && b->points[b->ops[i].name] == point)
			return true;
	return false;
}

static void carry_window(struct expr_bound_window *to, const struct expr_binding *b, struct expr_binding *from)
{
	for (size_t i = 0; i < from->window_count; i++) {
		struct expr_bound_window *old = &from->windows[i];

		if (!old->window || old->kind != to->kind || old->span_us != to->span_us ||
		    !str_equal(from->table->points[old->point].name, b->table->points[to->point].name))
			continue;
		window_free(to->window);
		to->window = steal(&old->window);
		return;
	}
}

static void carry_age(struct expr_bound_age *to, const struct expr_binding *b, const struct expr_binding *from)
{
	for (size_t i = 0; i < from->age_count; i++)
		if (str_equal(from->table->points[from->ages[i].point].name, b->table->points[to->point].name))
			to->heard_us = MAX(to->heard_us, from->ages[i].heard_us);
}

void expr_binding_carry(struct expr_binding *b, struct expr_binding *from)
{
	for (size_t i = 0; i < b->window_count; i++)
		carry_window(&b->windows[i], b, from);
	for (size_t i = 0; i < b->age_count; i++)
		carry_age(&b->ages[i], b, from);
}

/* ---- beyond the end of the process ---- */

size_t expr_binding_memories(const struct expr_binding *b)
{
	return b->window_count + b->age_count;
}

struct expr_memory expr_binding_memory(const struct expr_binding *b, size_t i)
{
	const struct expr_bound_window *w;

	if (i >= b->window_count)
		return (struct expr_memory){ .point = b->table->points[b->ages[i - b->window_count].point].name,
					     .kind = 'a',
					     .room = sizeof(uint64_t) };
	w = &b->windows[i];
	return (struct expr_memory){ .point = b->table->points[w->point].name,
				     .kind = w->kind == WINDOW_CHANGES ? 'c' : 'v',
				     .span_us = w->span_us,
				     .room = window_packed_max(w->kind) };
}

void expr_binding_place(struct expr_binding *b, size_t i, struct cell *to)
{
	if (i < b->window_count) {
		b->windows[i].cell = to;
		keep_window(&b->windows[i]);
	} else {
		b->ages[i - b->window_count].cell = to;
		keep_age(&b->ages[i - b->window_count]);
	}
}

int expr_binding_recall(struct expr_binding *b, size_t i, const struct cell *from, int64_t left_us)
{
	int64_t heard_us = (int64_t)from->body[0];

	if (i < b->window_count)
		return window_unpack(b->windows[i].window, from->body, from->len, left_us);
	/* Below zero: what the store kept was heard before this boot. */
	if (from->len != sizeof(from->body[0]) || heard_us < EXPR_NEVER / 2 || heard_us > left_us + MINUTE)
		return -EBADMSG;
	b->ages[i - b->window_count].heard_us = heard_us;
	return 0;
}
