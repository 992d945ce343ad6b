#include "alarm/expr.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "alarm/expr_code.h"
#include "base/mem.h"

struct expr_binding {
	const struct expr *expr;
	const struct point_table *table;
	const struct expr_op *ops; /* the expression's own, or `pruned` */
	size_t op_count, input_count;
	struct expr_op *pruned; /* what is left where the asset lacks points; NULL where it has all */
	uint32_t *inputs;       /* points, each once */
	uint32_t points[];      /* of each name; UINT32_MAX: absent; the inputs stand behind */
};

/* A value on the stack. */
struct slot {
	bool known;
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

static uint32_t resolve(const struct expr *e, const struct expr_name *n, const struct expr_binding *b,
			const struct device *own)
{
	const struct point *p = NULL;

	if (n->device != EXPR_OWN) {
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

		if (op->code <= EXPR_OP_POINT) {
			keep = op->code != EXPR_OP_POINT || b->points[op->name] != UINT32_MAX;
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

int expr_bind(const struct expr *e, const struct point_table *t, const struct device *d,
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
		if (b->ops[i].code == EXPR_OP_POINT)
			add_input(b, b->points[b->ops[i].name]);
	if (b->input_count == 0)
		return -ENODATA;
	*ret_binding = steal(&b);
	return 0;
}

void expr_binding_free(struct expr_binding *b)
{
	if (b)
		free(b->pruned);
	free(b);
}

const uint32_t *expr_binding_points(const struct expr_binding *b, size_t *ret_count)
{
	*ret_count = b->input_count;
	return b->inputs;
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

/* With a margin the comparison gives way in favour of the condition that holds: `level > 90` becomes `level > 88`. */
static struct slot compare(const struct expr_op *op, struct slot a, struct slot b, double margin)
{
	if (!a.known || !b.known)
		return unknown();
	margin *= op->sense;
	switch (op->code) {
	case EXPR_OP_LT: return truth(a.number < b.number + margin);
	case EXPR_OP_LE: return truth(a.number <= b.number + margin);
	case EXPR_OP_GT: return truth(a.number > b.number - margin);
	default: return truth(a.number >= b.number - margin);
	}
}

static struct slot equals(const struct expr_op *op, struct slot a, struct slot b)
{
	bool equal;

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

static struct slot leaf(const struct expr_binding *b, const struct expr_op *op, const struct expr_moment *m)
{
	switch (op->code) {
	case EXPR_OP_NUMBER: return number(op->number);
	case EXPR_OP_BOOL: return truth(op->boolean);
	case EXPR_OP_TEXT: return (struct slot){ .known = true, .text = b->expr->pool + op->text };
	default: break;
	}
	if (b->table)
		return load_point(b, b->points[op->name], m);
	/* Bound to nothing: nothing happens, nothing is known. */
	return b->expr->names[op->name].event ? truth(false) : unknown();
}

enum expr_result expr_evaluate(const struct expr_binding *b, const struct expr_moment *m)
{
	struct slot stack[EXPR_STACK_MAX];
	size_t top = 0;

	for (size_t i = 0; i < b->op_count; i++) {
		const struct expr_op *op = &b->ops[i];

		if (op->code <= EXPR_OP_POINT) {
			stack[top++] = leaf(b, op, m);
		} else if (op->code == EXPR_OP_NOT) {
			stack[top - 1].boolean = stack[top - 1].known && !stack[top - 1].boolean;
		} else if (op->code == EXPR_OP_NEGATE) {
			stack[top - 1].number = stack[top - 1].known ? -stack[top - 1].number : 0;
		} else {
			top--;
			stack[top - 1] = binary(op, stack[top - 1], stack[top], m->margin);
		}
	}
	if (!stack[0].known)
		return EXPR_UNKNOWN;
	return stack[0].boolean ? EXPR_TRUE : EXPR_FALSE;
}

bool expr_reads(const struct expr *e, const char *point)
{
	for (size_t i = 0; i < e->name_count; i++)
		if (e->names[i].device == EXPR_OWN && strcmp(e->pool + e->names[i].point, point) == 0)
			return true;
	return false;
}

bool expr_waits_for_event(const struct expr *e)
{
	struct expr_binding nothing = { .expr = e, .ops = e->ops, .op_count = e->op_count };
	struct expr_moment m = { .event_point = UINT32_MAX };

	return expr_evaluate(&nothing, &m) == EXPR_FALSE;
}
