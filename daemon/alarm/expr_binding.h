/* expr_binding.h: an expression bound to one asset: its points, its windows. Private to expr*.c. */
#pragma once

#include "alarm/expr_code.h"
#include "alarm/cell.h"
#include "alarm/window.h"

struct expr_bound_window {
	uint32_t point;
	enum window_kind kind;
	int64_t span_us;
	struct window *window;
	struct cell *cell; /* where it stands beyond the end of the process; NULL: nowhere */
};

/* When a point was heard whose age counts: known also where its value is not, as after a restart. */
struct expr_bound_age {
	uint32_t point;
	int64_t heard_us; /* EXPR_NEVER */
	struct cell *cell;
};

struct expr_binding {
	const struct expr *expr;
	const struct point_table *table;
	const enum expr_link *link; /* of parent.bus; NULL: behind none */
	const struct expr_op *ops;  /* the expression's own, or `pruned` */
	size_t op_count, input_count, window_count, age_count;
	struct expr_op *pruned;              /* what is left where the asset lacks points; NULL where it has all */
	uint32_t *inputs;                    /* points, each once */
	struct expr_bound_window *windows;   /* each once; NULL where there is none */
	struct expr_bound_age *ages;         /* each point once; NULL where there is none */
	uint8_t window_of[EXPR_WINDOWS_MAX]; /* of the first operation with a window, the second, … */
	uint32_t points[];                   /* of each name; UINT32_MAX: absent; the inputs stand behind */
};

/* When that point was heard last, as far as anybody knows; EXPR_NEVER. */
#define EXPR_NEVER INT64_MIN
int64_t expr_binding_heard(const struct expr_binding *b, uint32_t point);
