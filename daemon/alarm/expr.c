#include "alarm/expr.h"

#include <math.h>
#include <string.h>

#include "alarm/expr_binding.h"
#include "base/mem.h"

/* A value on the stack. */
struct slot {
	bool known;
	bool least; /* not known, but the number or more: the points were not good in all of a window */
	union {
		double number;
		bool boolean;
		const char *text;
	};
};

void expr_free(struct expr *e)
{
	free(e);
}

enum value_type expr_point_type(const struct profile_point *spec)
{
	return point_is_event(spec) ? VALUE_BOOL : spec->type;
}

static struct slot unknown(void)
{
	return (struct slot){ .known = false };
}

static struct slot truth(bool boolean)
{
	return (struct slot){ .known = true, .boolean = boolean };
}

/* Overflow, a division by zero and the like say nothing. */
static struct slot number(double value)
{
	return (struct slot){ .known = isfinite(value), .number = value };
}

static struct slot load_point(const struct expr_binding *b, uint32_t index, const struct expr_moment *m)
{
	const struct point *p = &b->table->points[index];

	if (point_is_event(p->spec))
		return truth(index == m->event_point);
	if (p->quality != QUALITY_GOOD)
		return unknown();
	switch (p->value.type) {
	case VALUE_NUMBER: return number(p->value.number);
	case VALUE_BOOL: return truth(p->value.boolean);
	case VALUE_TEXT: return (struct slot){ .known = true, .text = p->value.text };
	case VALUE_NONE:
	case VALUE_EVENT: break;
	}
	return unknown();
}

static struct slot arithmetic(unsigned code, struct slot a, struct slot b)
{
	if (!a.known || !b.known)
		return unknown();
	switch (code) {
	case EXPR_OP_ADD: return number(a.number + b.number);
	case EXPR_OP_SUB: return number(a.number - b.number);
	case EXPR_OP_MUL: return number(a.number * b.number);
	default: return number(a.number / b.number);
	}
}

static double lowest(struct slot a)
{
	return a.known || a.least ? a.number : -INFINITY;
}

static double highest(struct slot a)
{
	return a.known ? a.number : INFINITY;
}

/* Whether a lies below b, or at it; what is known of both may decide. */
static struct slot below(struct slot a, struct slot b, double margin, bool or_at)
{
	double most = lowest(b) + margin, least = highest(b) + margin;

	if (or_at ? highest(a) <= most : highest(a) < most)
		return truth(true);
	if (or_at ? lowest(a) > least : lowest(a) >= least)
		return truth(false);
	return unknown();
}

/* With a margin the comparison gives way in favour of the condition that holds: `level > 90` becomes `level > 88`. */
static struct slot compare(const struct expr_op *op, struct slot a, struct slot b, double margin)
{
	margin *= op->sense;
	switch (op->code) {
	case EXPR_OP_LT: return below(a, b, margin, false);
	case EXPR_OP_LE: return below(a, b, margin, true);
	case EXPR_OP_GT: return below(b, a, margin, false);
	default: return below(b, a, margin, true);
	}
}

static struct slot equals(const struct expr_op *op, struct slot a, struct slot b)
{
	bool equal;

	if (op->type == VALUE_NUMBER && (lowest(a) > highest(b) || lowest(b) > highest(a)))
		return truth(op->code == EXPR_OP_NE);
	if (!a.known || !b.known)
		return unknown();
	if (op->type == VALUE_TEXT)
		equal = strcmp(a.text, b.text) == 0;
	else if (op->type == VALUE_BOOL)
		equal = a.boolean == b.boolean;
	else
		equal = a.number == b.number;
	return truth(equal == (op->code == EXPR_OP_EQ));
}

/* Three-valued: one side may decide alone. `decisive` is false for && and true for ||. */
static struct slot logic(struct slot a, struct slot b, bool decisive)
{
	if ((a.known && a.boolean == decisive) || (b.known && b.boolean == decisive))
		return truth(decisive);
	return a.known && b.known ? truth(!decisive) : unknown();
}

static struct slot binary(const struct expr_op *op, struct slot a, struct slot b, double margin)
{
	switch (op->code) {
	case EXPR_OP_AND: return logic(a, b, false);
	case EXPR_OP_OR: return logic(a, b, true);
	case EXPR_OP_EQ:
	case EXPR_OP_NE: return equals(op, a, b);
	case EXPR_OP_ADD:
	case EXPR_OP_SUB:
	case EXPR_OP_MUL:
	case EXPR_OP_DIV: return arithmetic(op->code, a, b);
	default: return compare(op, a, b, margin);
	}
}

static struct slot age(const struct expr_op *op, int64_t heard_us, int64_t now_us)
{
	int64_t age_us;

	if (heard_us == EXPR_NEVER)
		return unknown();
	age_us = now_us - heard_us;
	switch (op->detail) {
	case EXPR_OP_LT: return truth(age_us < op->span_us);
	case EXPR_OP_LE: return truth(age_us <= op->span_us);
	case EXPR_OP_GT: return truth(age_us > op->span_us);
	default: return truth(age_us >= op->span_us);
	}
}

static struct slot text(const char *text)
{
	return (struct slot){ .known = true, .text = text };
}

static struct slot changes(const struct expr_op *op, struct window *w, int64_t now_us)
{
	struct window_count c;

	if (!window_count(w, now_us, &c))
		return unknown();
	if (op->code == EXPR_OP_CHANGED)
		return (struct slot){ .known = c.count > 0 || c.whole, .boolean = c.count > 0 };
	return (struct slot){ .known = c.whole, .least = !c.whole, .number = (double)c.count };
}

static struct slot measure(const struct expr_op *op, struct window *w, int64_t now_us)
{
	static const enum window_measure what[] = {
		[EXPR_OP_RATE - EXPR_OP_RATE] = WINDOW_SLOPE,
		[EXPR_OP_MEAN - EXPR_OP_RATE] = WINDOW_MEAN,
		[EXPR_OP_LEAST - EXPR_OP_RATE] = WINDOW_LEAST,
		[EXPR_OP_MOST - EXPR_OP_RATE] = WINDOW_MOST,
	};
	double value;

	return window_measure(w, what[op->code - EXPR_OP_RATE], now_us, &value) ? number(value) : unknown();
}

static struct slot look_back(const struct expr_binding *b, const struct expr_op *op, size_t window,
			     const struct expr_moment *m)
{
	struct window *w = b->windows[b->window_of[window]].window;

	if (b->table->points[b->points[op->name]].quality != QUALITY_GOOD)
		return unknown();
	return op->code <= EXPR_OP_COUNT ? changes(op, w, m->now_us) : measure(op, w, m->now_us);
}

static struct slot quality_is(const struct expr_op *op, enum quality quality)
{
	return truth((quality == (enum quality)(op->detail & ~EXPR_IS_NOT)) == !(op->detail & EXPR_IS_NOT));
}

static struct slot link_is(const struct expr_op *op, enum expr_link link)
{
	if (link == EXPR_LINK_UNKNOWN)
		return unknown();
	return quality_is(op, link == EXPR_LINK_LOST ? QUALITY_LOST : QUALITY_GOOD);
}

/* window: how many operations with a window come before. */
static struct slot leaf(const struct expr_binding *b, const struct expr_op *op, size_t window,
			const struct expr_moment *m)
{
	const struct point *p;

	switch (op->code) {
	case EXPR_OP_NUMBER: return number(op->number);
	case EXPR_OP_BOOL: return truth(op->boolean);
	case EXPR_OP_TEXT: return text(b->expr->pool + op->text);
	default: break;
	}
	/* Bound to nothing: nothing happens, nothing is known. */
	if (!b->table)
		return op->code == EXPR_OP_POINT && b->expr->names[op->name].event ? truth(false) : unknown();
	if (op->code == EXPR_OP_LINK)
		return link_is(op, b->link ? *b->link : EXPR_LINK_GOOD);
	if (op->code == EXPR_OP_HAS)
		return truth(b->points[op->name] != UINT32_MAX);
	p = &b->table->points[b->points[op->name]];
	switch (op->code) {
	case EXPR_OP_POINT: return load_point(b, b->points[op->name], m);
	case EXPR_OP_IS: return quality_is(op, p->quality);
	case EXPR_OP_QUALITY: return text(value_quality_name(p->quality));
	case EXPR_OP_AGE: return age(op, expr_binding_heard(b, b->points[op->name]), m->now_us);
	default: return look_back(b, op, window, m);
	}
}

/* trace: what each operation gave, or NULL. */
static struct slot run(const struct expr_binding *b, const struct expr_moment *m, struct slot *trace)
{
	struct slot stack[EXPR_STACK_MAX];
	size_t top = 0, window = 0;

	for (size_t i = 0; i < b->op_count; i++) {
		const struct expr_op *op = &b->ops[i];

		if (expr_op_is_leaf(op)) {
			stack[top++] = leaf(b, op, window, m);
			window += expr_op_has_window(op);
		} else if (op->code == EXPR_OP_NOT) {
			stack[top - 1].boolean = stack[top - 1].known && !stack[top - 1].boolean;
		} else if (op->code == EXPR_OP_NEGATE) {
			stack[top - 1].number = stack[top - 1].known ? -stack[top - 1].number : 0;
			stack[top - 1].least = false;
		} else {
			top--;
			stack[top - 1] = binary(op, stack[top - 1], stack[top], m->margin);
		}
		if (trace)
			trace[i] = stack[top - 1];
	}
	return stack[0];
}

enum expr_result expr_evaluate(const struct expr_binding *b, const struct expr_moment *m)
{
	struct slot whole = run(b, m, NULL);

	if (!whole.known)
		return EXPR_UNKNOWN;
	return whole.boolean ? EXPR_TRUE : EXPR_FALSE;
}

/* ---- why ---- */

static enum value_type type_of(const struct expr_binding *b, const struct expr_op *op)
{
	switch (op->code) {
	case EXPR_OP_POINT: return b->expr->names[op->name].type;
	case EXPR_OP_QUALITY: return VALUE_TEXT;
	case EXPR_OP_COUNT:
	case EXPR_OP_RATE:
	case EXPR_OP_MEAN:
	case EXPR_OP_LEAST:
	case EXPR_OP_MOST:
	case EXPR_OP_NEGATE:
	case EXPR_OP_ADD:
	case EXPR_OP_SUB:
	case EXPR_OP_MUL:
	case EXPR_OP_DIV: return VALUE_NUMBER;
	default: return VALUE_BOOL;
	}
}

static void say(const struct expr_binding *b, const struct expr_op *op, const struct slot *is, struct expr_said *said)
{
	*said = (struct expr_said){
		.start = op->start, .end = op->end, .type = type_of(b, op), .known = is->known, .at_least = is->least
	};
	if (said->type == VALUE_NUMBER)
		said->number = is->number;
	else if (said->type == VALUE_BOOL)
		said->boolean = is->known && is->boolean;
	else if (is->known)
		memcpy(said->text, is->text, str_utf8_cut(is->text, sizeof(said->text) - 1));
}

static int compare_said(const void *a, const void *b)
{
	const struct expr_said *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return x->depth < y->depth ? -1 : x->depth > y->depth;
}

size_t expr_explain(const struct expr_binding *b, const struct expr_moment *m, struct expr_said said[EXPR_SAID_MAX])
{
	_cleanup_(freep) void *room = mem_array(b->op_count, sizeof(struct slot));
	struct slot *trace = room;
	unsigned depths[EXPR_OPS_MAX + 2] = { 0 };
	size_t top = 1, count = 0;

	run(b, m, trace);
	for (size_t i = b->op_count; i-- > 0;) {
		const struct expr_op *op = &b->ops[i];
		unsigned depth = depths[--top];

		if (op->code >= EXPR_OP_HAS) {
			say(b, op, &trace[i], &said[count]);
			said[count++].depth = depth;
		}
		if (expr_op_is_leaf(op))
			continue;
		depths[top++] = depth + 1;
		if (op->code != EXPR_OP_NOT && op->code != EXPR_OP_NEGATE)
			depths[top++] = depth + 1;
	}
	qsort(said, count, sizeof(*said), compare_said);
	return count;
}

static bool is_point(const struct expr *e, const struct expr_name *n, const char *device, const char *point)
{
	if (n->parent || !device != (n->device == EXPR_OWN) || strcmp(e->pool + n->point, point) != 0)
		return false;
	return !device || strcmp(e->pool + n->device, device) == 0;
}

bool expr_reads(const struct expr *e, const char *point)
{
	return expr_reads_of(e, NULL, point);
}

bool expr_reads_of(const struct expr *e, const char *device, const char *point)
{
	for (size_t i = 0; i < e->name_count; i++)
		if (is_point(e, &e->names[i], device, point))
			return true;
	return false;
}

bool expr_takes(const struct expr *e, const char *device, const char *point)
{
	for (size_t i = 0; i < e->op_count; i++)
		if (e->ops[i].code == EXPR_OP_POINT && is_point(e, &e->names[e->ops[i].name], device, point))
			return true;
	return false;
}

bool expr_waits_for_event(const struct expr *e)
{
	struct expr_binding nothing = { .expr = e, .ops = e->ops, .op_count = e->op_count };
	struct expr_moment m = { .event_point = UINT32_MAX };

	return expr_evaluate(&nothing, &m) == EXPR_FALSE;
}
