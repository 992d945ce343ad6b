#include "alarm/expr_call.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "alarm/expr_name.h"

struct function {
	const char *name, *usage;
	enum expr_op_code code;
	enum value_type result;
	enum expr_unit unit;
	bool window, number; /* takes a duration too; takes a number only */
	int64_t longest_us;
};

/* clang-format off */
static const struct function functions[] = {
	{ "age",     "a point, as in age(x) > \"5m\"",                   EXPR_OP_AGE,     VALUE_NUMBER, EXPR_UNIT_AGE,  false, false, 0 },
	{ "quality", "a point, as in quality(x) == \"bad\"",             EXPR_OP_QUALITY, VALUE_TEXT,   EXPR_UNIT_NONE, false, false, 0 },
	{ "has",     "a point of the device, as in has(x)",              EXPR_OP_HAS,     VALUE_BOOL,   EXPR_UNIT_NONE, false, false, 0 },
	{ "changed", "a point and a duration, as in changed(x, \"5m\")", EXPR_OP_CHANGED, VALUE_BOOL,   EXPR_UNIT_NONE, true,  false, EXPR_QUIET_MAX },
	{ "count",   "a point and a duration, as in count(x, \"10s\")",  EXPR_OP_COUNT,   VALUE_NUMBER, EXPR_UNIT_NONE, true,  false, EXPR_QUIET_MAX },
	{ "rate",    "a point and a duration, as in rate(x, \"1m\")",    EXPR_OP_RATE,    VALUE_NUMBER, EXPR_UNIT_NONE, true,  true,  EXPR_SPAN_MAX },
	{ "avg",     "a point and a duration, as in avg(x, \"10m\")",    EXPR_OP_MEAN,    VALUE_NUMBER, EXPR_UNIT_NONE, true,  true,  EXPR_SPAN_MAX },
	{ "min",     "a point and a duration, as in min(x, \"10m\")",    EXPR_OP_LEAST,   VALUE_NUMBER, EXPR_UNIT_NONE, true,  true,  EXPR_SPAN_MAX },
	{ "max",     "a point and a duration, as in max(x, \"10m\")",    EXPR_OP_MOST,    VALUE_NUMBER, EXPR_UNIT_NONE, true,  true,  EXPR_SPAN_MAX },
};
/* clang-format on */

#define WORD_MAX 128

/* The token as a text; false where it is longer. */
static bool word_of(const struct expr_token *t, char word[WORD_MAX])
{
	if (t->len >= WORD_MAX)
		return false;
	memcpy(word, t->start, t->len);
	word[t->len] = '\0';
	return true;
}

static const struct function *function_named(struct expr_parser *p, const char *word, const char *start)
{
	struct str_nearest nearest = { .word = word };
	struct str_buf what = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		if (str_equal(functions[i].name, word))
			return &functions[i];
		str_nearest_try(&nearest, functions[i].name);
	}
	str_buf_printf(&what, "no function '%s'; ", word);
	if (nearest.best)
		str_buf_printf(&what, "did you mean '%s'?", nearest.best);
	else
		str_buf_add(&what, "expected age, quality, has, changed, count, rate, avg, min or max");
	expr_parse_stop(p, start, str_buf_text(&what));
	str_buf_fini(&what);
	return NULL;
}

static void stop_usage(struct expr_parser *p, const struct function *f)
{
	char what[160];

	if (p->token.kind == EXPR_TOKEN_ERROR) {
		expr_parse_stop_expected(p, "");
		return;
	}
	snprintf(what, sizeof(what), "%s() takes %s", f->name, f->usage);
	expr_parse_stop(p, p->token.start, what);
}

static void say_wrong(struct expr_parser *p, const struct expr_part *about, const char *what)
{
	diag_error(p->diag, p->scope->at, "%s: '%.*s' %s", p->scope->subject, expr_parse_shown(about), about->start,
		   what);
	p->failed = true;
}

/* The point that a function is about; false: none, which was told. */
static bool read_point(struct expr_parser *p, const struct function *f, struct expr_op *op)
{
	struct expr_part part = { .start = p->token.start };
	struct expr_name_found found;
	char word[WORD_MAX];

	if (p->token.kind != EXPR_TOKEN_NAME || !word_of(&p->token, word)) {
		stop_usage(p, f);
		return false;
	}
	expr_parse_take(p);
	part.end = p->end;
	if (expr_name_find(word, p->scope, p->diag, &found) < 0) {
		p->failed = true;
		return true;
	}
	if (f->number && found.type != VALUE_NUMBER) {
		char what[64];

		snprintf(what, sizeof(what), "is a %s where %s() needs a number",
			 found.type == VALUE_BOOL ? "condition (true or false)" : value_type_name(found.type), f->name);
		say_wrong(p, &part, what);
	}
	p->reads |= op->code != EXPR_OP_HAS;
	op->name = expr_parse_name(p, &found);
	return true;
}

/* In quotes or without. */
static int duration_of(const struct expr_token *t, int64_t *ret_us)
{
	char word[WORD_MAX];

	if ((t->kind != EXPR_TOKEN_TEXT && t->kind != EXPR_TOKEN_NAME) || !word_of(t, word))
		return -1;
	if (t->kind == EXPR_TOKEN_NAME)
		return str_to_duration(word, ret_us);
	word[t->len - 1] = '\0';
	return str_to_duration(word + 1, ret_us);
}

static bool read_window(struct expr_parser *p, const struct function *f, struct expr_op *op)
{
	char what[160], longest[STR_DURATION_MAX];

	if (p->token.kind != EXPR_TOKEN_COMMA) {
		stop_usage(p, f);
		return false;
	}
	if (p->scope->now_only) {
		snprintf(what, sizeof(what), "%s() looks back: here counts only what is so now", f->name);
		expr_parse_stop(p, p->token.start, what);
		return false;
	}
	expr_parse_take(p);
	if (p->token.kind == EXPR_TOKEN_NUMBER) {
		snprintf(what, sizeof(what), "expected a duration with its unit, as in \"%.*ss\", got '%.*s'",
			 (int)MIN(p->token.len, (size_t)20), p->token.start, (int)MIN(p->token.len, (size_t)20),
			 p->token.start);
		expr_parse_stop(p, p->token.start, what);
		return false;
	}
	if (duration_of(&p->token, &op->span_us) < 0) {
		if (p->token.kind == EXPR_TOKEN_TEXT || p->token.kind == EXPR_TOKEN_NAME)
			expr_parse_stop_expected(p, "a duration, as in \"10m\"");
		else
			stop_usage(p, f);
		return false;
	}
	if (op->span_us < EXPR_SPAN_MIN || op->span_us > f->longest_us) {
		snprintf(what, sizeof(what), "%s() looks back over 1s to %s", f->name,
			 str_from_duration(f->longest_us, longest));
		expr_parse_stop(p, p->token.start, what);
		return false;
	}
	if (++p->window_count > EXPR_WINDOWS_MAX) {
		expr_parse_stop(p, p->token.start, "the expression has too many windows");
		return false;
	}
	expr_parse_take(p);
	return true;
}

struct expr_part expr_call_function(struct expr_parser *p, const char *word, const char *start)
{
	static const struct expr_part none;
	const struct function *f = function_named(p, word, start);
	struct expr_op op = { 0 };

	if (!f)
		return none;
	op.code = (uint8_t)f->code;
	expr_parse_take(p); /* the '(' */
	if (!read_point(p, f, &op) || (f->window && !read_window(p, f, &op)))
		return none;
	if (p->token.kind != EXPR_TOKEN_CLOSE) {
		stop_usage(p, f);
		return none;
	}
	expr_parse_take(p);
	expr_parse_emit(p, op, 0);
	return (struct expr_part){ .type = f->result, .unit = f->unit, .start = start, .end = p->end };
}

/* ---- quality ---- */

static const char *nearest_quality(const char *word)
{
	struct str_nearest nearest = { .word = word };

	for (int q = QUALITY_GOOD; q <= QUALITY_SUSPECT; q++)
		str_nearest_try(&nearest, value_quality_name((enum quality)q));
	return nearest.best;
}

static void say_no_quality(struct expr_parser *p, const char *at, const char *word)
{
	const char *best = nearest_quality(word);
	char what[256];

	if (best)
		snprintf(what, sizeof(what), "no quality '%s'; did you mean '%s'?", word, best);
	else
		snprintf(what, sizeof(what), "no quality '%s'; expected good, stale, bad, lost or suspect", word);
	expr_parse_stop(p, at, what);
}

static bool token_is(const struct expr_token *t, const char *word)
{
	return t->kind == EXPR_TOKEN_NAME && t->len == strlen(word) && memcmp(t->start, word, t->len) == 0;
}

void expr_call_quality_test(struct expr_parser *p, struct expr_part *part)
{
	enum quality quality = QUALITY_GOOD;
	char word[WORD_MAX];
	bool not ;

	if (!token_is(&p->token, "is"))
		return;
	expr_parse_take(p);
	not = token_is(&p->token, "not");
	if (not )
		expr_parse_take(p);
	if (p->token.kind != EXPR_TOKEN_NAME || !word_of(&p->token, word)) {
		*part = expr_parse_stop(p, p->token.start, "expected good, stale, bad, lost or suspect");
		return;
	}
	if (value_quality_parse(word, &quality) < 0) {
		say_no_quality(p, p->token.start, word);
		return;
	}
	expr_parse_take(p);
	part->end = p->end;
	part->type = VALUE_BOOL;
	if (p->failed)
		return;
	p->ops[p->op_count - 1].code = EXPR_OP_IS;
	p->ops[p->op_count - 1].detail = (uint8_t)(quality | (not ? EXPR_IS_NOT : 0));
}

void expr_call_check_quality(struct expr_parser *p, const struct expr_part *left, const struct expr_part *right)
{
	const struct expr_op *a, *b;
	enum quality quality;

	if (p->failed || right->first_op != left->first_op + 1 || p->op_count != right->first_op + 1)
		return;
	a = &p->ops[left->first_op];
	b = &p->ops[right->first_op];
	if (a->code == EXPR_OP_QUALITY && b->code == EXPR_OP_TEXT) {
		if (value_quality_parse(p->pool.text + b->text, &quality) < 0)
			say_no_quality(p, right->start, p->pool.text + b->text);
	} else if (b->code == EXPR_OP_QUALITY && a->code == EXPR_OP_TEXT) {
		if (value_quality_parse(p->pool.text + a->text, &quality) < 0)
			say_no_quality(p, left->start, p->pool.text + a->text);
	}
}

/* ---- ages ---- */

bool expr_call_duration(struct expr_parser *p, const char *word)
{
	int64_t us;

	if (!strchr("0123456789", word[0]) || str_to_duration(word, &us) < 0)
		return false;
	expr_parse_emit(p, (struct expr_op){ .code = EXPR_OP_NUMBER, .number = (double)us / S }, 0);
	return true;
}

bool expr_call_has_age(const struct expr_part *left, const struct expr_part *right)
{
	return left->unit != EXPR_UNIT_NONE || right->unit != EXPR_UNIT_NONE;
}

/* Seconds, or a duration in quotes; -1: neither. */
static int64_t limit_of(const struct expr_parser *p, const struct expr_op *op)
{
	int64_t us;

	if (op->code == EXPR_OP_NUMBER)
		return op->number >= 0 && op->number <= (double)EXPR_QUIET_MAX / S ? llround(op->number * S) : -1;
	if (op->code != EXPR_OP_TEXT || str_to_duration(p->pool.text + op->text, &us) < 0)
		return -1;
	return us <= EXPR_QUIET_MAX ? us : -1;
}

static uint8_t turned(enum expr_op_code code)
{
	switch (code) {
	case EXPR_OP_LT: return EXPR_OP_GT;
	case EXPR_OP_LE: return EXPR_OP_GE;
	case EXPR_OP_GT: return EXPR_OP_LT;
	default: return EXPR_OP_LE;
	}
}

void expr_call_compare_age(struct expr_parser *p, enum expr_op_code code, const struct expr_part *left,
			   const struct expr_part *right)
{
	const struct expr_part *age = left->unit == EXPR_UNIT_AGE ? left : right;
	const struct expr_part *other = age == left ? right : left;
	struct expr_op op, limit;

	if (p->failed)
		return;
	if (age->unit != EXPR_UNIT_AGE) {
		say_wrong(p, left->unit == EXPR_UNIT_DURATION ? left : right,
			  "is a duration: only an age is compared with one, as in age(x) > \"5m\"");
		return;
	}
	if (code < EXPR_OP_LT || code > EXPR_OP_GE) {
		say_wrong(p, age, "is an age: compare it with < <= > or >=, as in age(x) > \"5m\"");
		return;
	}
	op = p->ops[age->first_op];
	limit = p->ops[other->first_op];
	op.span_us = left->first_op + 2 == p->op_count ? limit_of(p, &limit) : -1;
	op.detail = age == left ? (uint8_t)code : turned(code);
	if (op.span_us < 0) {
		say_wrong(p, other, "is no duration of up to 366d: an age is compared with one, as in age(x) > \"5m\"");
		return;
	}
	p->op_count -= 2;
	p->waiting -= 2;
	expr_parse_emit(p, op, 0);
}
