/* expr_lex.h: cuts a rule expression into tokens. Pure; the text is lent; private to expr_parse.c and its test.
 *
 * A name runs over letters, digits, '_', '.' and hyphens: `lift-1.door_zone` is one name, so minus needs blanks around
 * it. */
#pragma once

#include <stddef.h>

enum expr_token_kind {
	EXPR_TOKEN_END,
	EXPR_TOKEN_ERROR, /* text of it in struct expr_token */
	EXPR_TOKEN_NUMBER,
	EXPR_TOKEN_TEXT, /* with its quotes */
	EXPR_TOKEN_NAME,
	EXPR_TOKEN_OPEN,
	EXPR_TOKEN_CLOSE,
	EXPR_TOKEN_NOT,
	EXPR_TOKEN_OR,
	EXPR_TOKEN_AND,
	EXPR_TOKEN_EQ,
	EXPR_TOKEN_NE,
	EXPR_TOKEN_LT,
	EXPR_TOKEN_LE,
	EXPR_TOKEN_GT,
	EXPR_TOKEN_GE,
	EXPR_TOKEN_ADD,
	EXPR_TOKEN_SUB,
	EXPR_TOKEN_MUL,
	EXPR_TOKEN_DIV,
	EXPR_TOKEN_COMMA,
};

struct expr_token {
	enum expr_token_kind kind;
	const char *start; /* in the text */
	size_t len;
	double number;
	const char *error; /* static: what was expected */
};

struct expr_lex {
	const char *text; /* whole */
	const char *next; /* what was not read yet */
};

struct expr_token expr_lex_next(struct expr_lex *l);
/* Column of a place in the text, in characters, from 1. */
size_t expr_lex_column(const struct expr_lex *l, const char *at);
