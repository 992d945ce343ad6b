/* expr_parse.h: what the two halves of the parser share: expr_parse.c (operators) and expr_call.c (functions, quality
 * tests, ages). Private to them. */
#pragma once

#include "alarm/expr_code.h"
#include "alarm/expr_lex.h"
#include "base/str.h"

struct expr_parser {
	const struct expr_scope *scope;
	struct diag *diag;
	struct expr_lex lex;
	struct expr_token token; /* not consumed yet */
	const char *end;         /* of the last consumed token */
	bool stopped, failed;
	size_t depth, waiting; /* values on the stack */
	struct expr_op ops[EXPR_OPS_MAX];
	size_t op_count, window_count;
	struct expr_name names[EXPR_NAMES_MAX];
	size_t name_count;
	bool reads; /* a point, not only whether it is there */
	struct str_buf pool;
};

/* A number that is no plain number. */
enum expr_unit { EXPR_UNIT_NONE, EXPR_UNIT_AGE, EXPR_UNIT_DURATION };

/* A piece of the text that was parsed, and the type it has; VALUE_NONE: it has an error, say no more of it. */
struct expr_part {
	enum value_type type;
	enum expr_unit unit;
	const char *start, *end;
	size_t first_op;
};

/* A syntax error: nothing is read after it. */
struct expr_part expr_parse_stop(struct expr_parser *p, const char *at, const char *what);
struct expr_part expr_parse_stop_expected(struct expr_parser *p, const char *expected);
/* On to the next token. */
void expr_parse_take(struct expr_parser *p);
/* Adds an operation that takes `takes` values from the stack and leaves one. */
void expr_parse_emit(struct expr_parser *p, struct expr_op op, size_t takes);
/* Number of that name in the expression; EXPR_NAMES_MAX: too many, which was told. */
struct expr_name_found;
uint32_t expr_parse_name(struct expr_parser *p, const struct expr_name_found *f);
/* How many bytes of the part a message shows. */
int expr_parse_shown(const struct expr_part *part);
