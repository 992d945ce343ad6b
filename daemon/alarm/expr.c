#include "alarm/expr.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "alarm/expr_code.h"
#include "base/mem.h"

struct expr_binding {
	const struct expr *expr;
	const struct point_table *table;
	size_t input_count;
	uint32_t *inputs;  /* points, each once */
	uint32_t points[]; /* of each name; UINT32_MAX: this device has none; the inputs stand behind */
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

static void add_input(struct expr_binding *b, uint32_t point)
{
	for (size_t i = 0; i < b->input_count; i++)
		if (b->inputs[i] == point)
			return; /* `level` and `tank-1.level` are the same for tank-1 */
	if (point != UINT32_MAX)
		b->inputs[b->input_count++] = point;
}

int expr_bind(const struct expr *e, const struct point_table *t, const struct device *d,
	      struct expr_binding **ret_binding)
{
	struct expr_binding *b = mem_zalloc(sizeof(*b) + 2 * e->name_count * sizeof(b->points[0]));

	b->expr = e;
	b->table = t;
	b->inputs = b->points + e->name_count;
	for (size_t i = 0; i < e->name_count; i++) {
		b->points[i] = resolve(e, &e->names[i], b, d);
		add_input(b, b->points[i]);
	}
	*ret_binding = b;
	return 0;
}

void expr_binding_free(struct expr_binding *b)
{
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
	const struct point *p;

	if (index == UINT32_MAX)
		return unknown();
	p = &b->table->points[index];
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
	default: return load_point(b, b->points[op->name], m);
	}
}

enum expr_result expr_evaluate(const struct expr_binding *b, const struct expr_moment *m)
{
	struct slot stack[EXPR_STACK_MAX];
	size_t top = 0;

	for (size_t i = 0; i < b->expr->op_count; i++) {
		const struct expr_op *op = &b->expr->ops[i];

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
