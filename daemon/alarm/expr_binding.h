/* expr_binding.h: an expression bound to one asset: its points, its windows. Private to expr*.c. */
#pragma once

#include "alarm/expr_code.h"
#include "alarm/window.h"

struct expr_bound_window {
	uint32_t point;
	enum window_kind kind;
	int64_t span_us;
	struct window *window;
};

struct expr_binding {
	const struct expr *expr;
	const struct point_table *table;
	const enum expr_link *link; /* of parent.bus; NULL: behind none */
	const struct expr_op *ops;  /* the expression's own, or `pruned` */
	size_t op_count, input_count, window_count;
	struct expr_op *pruned;              /* what is left where the asset lacks points; NULL where it has all */
	uint32_t *inputs;                    /* points, each once */
	struct expr_bound_window *windows;   /* each once; NULL where there is none */
	uint8_t window_of[EXPR_WINDOWS_MAX]; /* of the first operation with a window, the second, … */
	uint32_t points[];                   /* of each name; UINT32_MAX: absent; the inputs stand behind */
};
