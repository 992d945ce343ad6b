/* expr_code.h: a parsed expression inside: operations in postfix order, names and texts, in one allocation.
 *
 * Private to expr*.c. Invariant: running all operations leaves one truth value on the stack and never
 * holds more than EXPR_STACK_MAX values. */
#pragma once

#include "alarm/expr.h"

#define EXPR_TEXT_MAX    4096 /* bytes of an expression */
#define EXPR_DEPTH_MAX   64   /* parentheses, '!' and signs within each other */
#define EXPR_STACK_MAX   64   /* values that wait for their operator */
#define EXPR_OPS_MAX     512
#define EXPR_NAMES_MAX   64
#define EXPR_OWN         UINT32_MAX /* no device named: the asset's own point */
#define EXPR_WINDOWS_MAX 16         /* windows: 24 KB per asset at most */
#define EXPR_SPAN_MIN    S
#define EXPR_SPAN_MAX    (31 * DAY)
#define EXPR_QUIET_MAX   (366 * DAY) /* of changed() and count(), and of what an age is compared with */

enum expr_op_code {
	EXPR_OP_NUMBER,
	EXPR_OP_BOOL,
	EXPR_OP_TEXT,
	EXPR_OP_HAS,
	EXPR_OP_LINK, /* parent.bus is …: detail as of EXPR_OP_IS */
	/* from here on leaves that read a point */
	EXPR_OP_POINT,
	EXPR_OP_IS,      /* detail: enum quality, EXPR_IS_NOT */
	EXPR_OP_QUALITY, /* its name */
	EXPR_OP_AGE,     /* against span_us; detail: EXPR_OP_LT … EXPR_OP_GE */
	/* from here on with a window */
	EXPR_OP_CHANGED,
	EXPR_OP_COUNT,
	EXPR_OP_RATE,
	EXPR_OP_MEAN,
	EXPR_OP_LEAST,
	EXPR_OP_MOST,
	/* from here on operators */
	EXPR_OP_NOT,
	EXPR_OP_NEGATE,
	EXPR_OP_ADD,
	EXPR_OP_SUB,
	EXPR_OP_MUL,
	EXPR_OP_DIV,
	EXPR_OP_LT,
	EXPR_OP_LE,
	EXPR_OP_GT,
	EXPR_OP_GE,
	EXPR_OP_EQ,
	EXPR_OP_NE,
	EXPR_OP_AND,
	EXPR_OP_OR,
};

#define EXPR_IS_NOT 128

struct expr_op {
	uint8_t code; /* enum expr_op_code */
	uint8_t type; /* of == and !=: enum value_type of the operands */
	int8_t sense; /* of a comparison: +1 when it makes the condition true, -1 under a '!', 0 neither */
	uint8_t detail;
	uint16_t start, end; /* of its part in the text; of an operator with both sides */
	union {
		double number;
		bool boolean;
		uint32_t text; /* offset in the pool */
		uint32_t name; /* number of the name */
	};
	int64_t span_us; /* of a window, or what an age is compared with */
};

static inline bool expr_op_is_leaf(const struct expr_op *op)
{
	return op->code < EXPR_OP_NOT;
}

static inline bool expr_op_reads(const struct expr_op *op)
{
	return op->code >= EXPR_OP_POINT && op->code < EXPR_OP_NOT;
}

static inline bool expr_op_has_window(const struct expr_op *op)
{
	return op->code >= EXPR_OP_CHANGED && op->code < EXPR_OP_NOT;
}

struct expr_name {
	bool parent;     /* `device` is a class: the nearest one of it around */
	uint32_t device; /* offset of the id in the pool, or EXPR_OWN */
	uint32_t point;  /* offset of the point's name in the pool */
	enum value_type type;
	bool event;
};

struct expr {
	struct expr_op *ops;
	struct expr_name *names;
	char *pool;
	size_t op_count, name_count;
	bool has_age;
};

/* What an expression sees of a point: an event is a bool. */
enum value_type expr_point_type(const struct profile_point *spec);
