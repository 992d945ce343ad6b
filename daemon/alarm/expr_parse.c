/* Recursive descent over the tokens; writes operations in postfix order. Semantic errors are all told, a syntax error
 * ends the text. */
#include "alarm/expr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm/expr_code.h"
#include "alarm/expr_lex.h"
#include "alarm/expr_name.h"
#include "base/mem.h"

struct parser {
	const struct expr_scope *scope;
	struct diag *diag;
	struct expr_lex lex;
	struct expr_token token; /* not consumed yet */
	const char *end;         /* of the last consumed token */
	bool stopped, failed;
	size_t depth, waiting; /* values on the stack */
	struct expr_op ops[EXPR_OPS_MAX];
	size_t op_count;
	struct expr_name names[EXPR_NAMES_MAX];
	size_t name_count;
	struct str_buf pool;
};

/* A piece of the text that was parsed, and the type it has; VALUE_NONE: it has an error, say no more of it. */
struct part {
	enum value_type type;
	const char *start, *end;
};

struct binary {
	enum expr_token_kind token;
	const char *sign;
	int rank; /* binds tighter when higher */
	enum expr_op_code code;
	enum value_type operands, result; /* operands VALUE_NONE: both of one type */
};

/* clang-format off */
static const struct binary binaries[] = {
	{ EXPR_TOKEN_OR,  "'||'", 1, EXPR_OP_OR,  VALUE_BOOL,   VALUE_BOOL },
	{ EXPR_TOKEN_AND, "'&&'", 2, EXPR_OP_AND, VALUE_BOOL,   VALUE_BOOL },
	{ EXPR_TOKEN_EQ,  "'=='", 3, EXPR_OP_EQ,  VALUE_NONE,   VALUE_BOOL },
	{ EXPR_TOKEN_NE,  "'!='", 3, EXPR_OP_NE,  VALUE_NONE,   VALUE_BOOL },
	{ EXPR_TOKEN_LT,  "'<'",  4, EXPR_OP_LT,  VALUE_NUMBER, VALUE_BOOL },
	{ EXPR_TOKEN_LE,  "'<='", 4, EXPR_OP_LE,  VALUE_NUMBER, VALUE_BOOL },
	{ EXPR_TOKEN_GT,  "'>'",  4, EXPR_OP_GT,  VALUE_NUMBER, VALUE_BOOL },
	{ EXPR_TOKEN_GE,  "'>='", 4, EXPR_OP_GE,  VALUE_NUMBER, VALUE_BOOL },
	{ EXPR_TOKEN_ADD, "'+'",  5, EXPR_OP_ADD, VALUE_NUMBER, VALUE_NUMBER },
	{ EXPR_TOKEN_SUB, "'-'",  5, EXPR_OP_SUB, VALUE_NUMBER, VALUE_NUMBER },
	{ EXPR_TOKEN_MUL, "'*'",  6, EXPR_OP_MUL, VALUE_NUMBER, VALUE_NUMBER },
	{ EXPR_TOKEN_DIV, "'/'",  6, EXPR_OP_DIV, VALUE_NUMBER, VALUE_NUMBER },
};
/* clang-format on */

static struct part parse_ranked(struct parser *p, int rank);

/* ---- errors ---- */

static struct part stop(struct parser *p, const char *at, const char *what)
{
	if (!p->stopped)
		diag_error(p->diag, p->scope->at, "%s: column %zu: %s", p->scope->subject, expr_lex_column(&p->lex, at),
			   what);
	p->stopped = p->failed = true;
	p->token = (struct expr_token){ .kind = EXPR_TOKEN_END, .start = at };
	return (struct part){ .type = VALUE_NONE, .start = at, .end = at };
}

static struct part stop_expected(struct parser *p, const char *expected)
{
	const struct expr_token *t = &p->token;
	char what[160];

	if (t->kind == EXPR_TOKEN_ERROR)
		snprintf(what, sizeof(what), "%s, got '%.*s'", t->error, (int)MIN(t->len, (size_t)32), t->start);
	else if (t->kind == EXPR_TOKEN_END)
		snprintf(what, sizeof(what), "expected %s, but the text ends here", expected);
	else
		snprintf(what, sizeof(what), "expected %s, got '%.*s'", expected, (int)MIN(t->len, (size_t)32),
			 t->start);
	return stop(p, t->start, what);
}

static int shown(const struct part *part)
{
	return (int)MIN((size_t)(part->end - part->start), str_utf8_cut(part->start, 60));
}

static const char *type_word(enum value_type t)
{
	return t == VALUE_BOOL ? "true or false" : value_type_name(t);
}

/* True when the part is of that type, or had its error already. */
static bool check_type(struct parser *p, const struct part *part, enum value_type wanted, const char *for_what)
{
	const char *hint = "";

	if (part->type == wanted || part->type == VALUE_NONE)
		return true;
	if (wanted == VALUE_BOOL)
		hint = part->type == VALUE_NUMBER ? "; compare it, as in 'x > 0'"
						  : "; compare it, as in 'x == \"open\"'";
	diag_error(p->diag, p->scope->at, "%s: '%.*s' is a %s where %s needs %s%s", p->scope->subject, shown(part),
		   part->start, part->type == VALUE_BOOL ? "condition (true or false)" : value_type_name(part->type),
		   for_what, wanted == VALUE_BOOL ? "a condition (true or false)" : "a number", hint);
	p->failed = true;
	return false;
}

/* ---- output ---- */

static void take(struct parser *p)
{
	p->end = p->token.start + p->token.len;
	p->token = expr_lex_next(&p->lex);
}

/* Adds an operation that takes `takes` values from the stack and leaves one. */
static void emit(struct parser *p, struct expr_op op, size_t takes)
{
	if (p->failed)
		return;
	p->waiting = p->waiting - takes + 1;
	if (p->op_count == EXPR_OPS_MAX)
		stop(p, p->token.start, "the expression has too many parts");
	else if (p->waiting > EXPR_STACK_MAX)
		stop(p, p->token.start, "the expression is nested too deeply");
	else
		p->ops[p->op_count++] = op;
}

static uint32_t pool_add(struct parser *p, const char *text, size_t len)
{
	size_t at = p->pool.len;

	str_buf_add_len(&p->pool, text, len);
	str_buf_add_len(&p->pool, "", 1);
	return (uint32_t)at;
}

static bool same_name(const struct parser *p, const struct expr_name *n, const struct expr_name_found *f)
{
	const char *device = n->device == EXPR_OWN ? NULL : p->pool.text + n->device;

	return str_equal(device, f->device) && str_equal(p->pool.text + n->point, f->point);
}

static void emit_name(struct parser *p, const struct expr_name_found *f)
{
	uint32_t i = 0;

	while (i < p->name_count && !same_name(p, &p->names[i], f))
		i++;
	if (i == EXPR_NAMES_MAX) {
		stop(p, p->token.start, "the expression reads too many points");
		return;
	}
	if (i == p->name_count)
		p->names[p->name_count++] = (struct expr_name){
			.device = f->device ? pool_add(p, f->device, strlen(f->device)) : EXPR_OWN,
			.point = pool_add(p, f->point, strlen(f->point)),
			.type = f->type,
			.event = f->event,
		};
	emit(p, (struct expr_op){ .code = EXPR_OP_POINT, .name = i }, 0);
}

/* ---- grammar ---- */

static struct part parse_name(struct parser *p)
{
	struct part part = { .type = VALUE_BOOL, .start = p->token.start };
	struct expr_name_found found;
	char word[128];

	if (p->token.len >= sizeof(word))
		return stop(p, p->token.start, "expected a name of at most 127 characters");
	memcpy(word, p->token.start, p->token.len);
	word[p->token.len] = '\0';
	take(p);
	part.end = p->end;
	if (str_equal(word, "true") || str_equal(word, "false")) {
		emit(p, (struct expr_op){ .code = EXPR_OP_BOOL, .boolean = word[0] == 't' }, 0);
	} else if (expr_name_find(word, p->scope, p->diag, &found) < 0) {
		part.type = VALUE_NONE;
		p->failed = true;
	} else {
		part.type = found.type;
		emit_name(p, &found);
	}
	return part;
}

static struct part parse_text(struct parser *p)
{
	struct part part = { .type = VALUE_TEXT, .start = p->token.start };
	size_t len = p->token.len - 2;

	if (len >= VALUE_TEXT_MAX)
		return stop(p, p->token.start, "a text has at most 63 bytes");
	take(p);
	part.end = p->end;
	emit(p, (struct expr_op){ .code = EXPR_OP_TEXT, .text = pool_add(p, part.start + 1, len) }, 0);
	return part;
}

static struct part parse_number(struct parser *p)
{
	struct part part = { .type = VALUE_NUMBER, .start = p->token.start };

	emit(p, (struct expr_op){ .code = EXPR_OP_NUMBER, .number = p->token.number }, 0);
	take(p);
	part.end = p->end;
	return part;
}

static struct part parse_parentheses(struct parser *p)
{
	struct part part;
	const char *start = p->token.start;

	take(p);
	part = parse_ranked(p, 1);
	if (p->stopped)
		return part;
	if (p->token.kind != EXPR_TOKEN_CLOSE)
		return stop_expected(p, "')' or an operator");
	take(p);
	part.start = start;
	part.end = p->end;
	return part;
}

static struct part parse_prefixed(struct parser *p)
{
	static const struct part nothing;
	bool not = p->token.kind == EXPR_TOKEN_NOT;
	enum value_type type = not ? VALUE_BOOL : VALUE_NUMBER;
	const char *start = p->token.start;
	struct part part;

	if (p->depth == EXPR_DEPTH_MAX)
		return stop(p, p->token.start, "the expression is nested too deeply");
	p->depth++;
	take(p);
	part = parse_ranked(p, 7);
	p->depth--;
	if (p->stopped)
		return nothing;
	if (!check_type(p, &part, type, not ? "'!'" : "'-'"))
		part.type = VALUE_NONE;
	part.start = start;
	emit(p, (struct expr_op){ .code = not ? EXPR_OP_NOT : EXPR_OP_NEGATE }, 1);
	return part;
}

static struct part parse_operand(struct parser *p)
{
	struct part part;

	switch (p->token.kind) {
	case EXPR_TOKEN_NUMBER: return parse_number(p);
	case EXPR_TOKEN_TEXT: return parse_text(p);
	case EXPR_TOKEN_NAME: return parse_name(p);
	case EXPR_TOKEN_NOT:
	case EXPR_TOKEN_SUB: return parse_prefixed(p);
	case EXPR_TOKEN_OPEN:
		if (p->depth == EXPR_DEPTH_MAX)
			return stop(p, p->token.start, "the expression is nested too deeply");
		p->depth++;
		part = parse_parentheses(p);
		p->depth--;
		return part;
	default: return stop_expected(p, "a point, a number, a text or '('");
	}
}

static const struct binary *binary_of(enum expr_token_kind kind, int rank)
{
	for (size_t i = 0; i < ARRAY_SIZE(binaries); i++)
		if (binaries[i].token == kind && binaries[i].rank >= rank)
			return &binaries[i];
	return NULL;
}

/* Checks the operands; what comes of them has a type in any case, so that one mistake is told once. */
static void check_operands(struct parser *p, const struct binary *b, const struct part *left, const struct part *right)
{
	if (b->operands != VALUE_NONE) {
		check_type(p, left, b->operands, b->sign);
		check_type(p, right, b->operands, b->sign);
		return;
	}
	if (left->type == VALUE_NONE || right->type == VALUE_NONE || left->type == right->type)
		return;
	diag_error(p->diag, p->scope->at, "%s: cannot compare '%.*s' (%s) with '%.*s' (%s)", p->scope->subject,
		   shown(left), left->start, type_word(left->type), shown(right), right->start, type_word(right->type));
	p->failed = true;
}

/* A chain of operators of at least that rank, from left to right. */
static struct part parse_ranked(struct parser *p, int rank)
{
	struct part left = parse_operand(p);
	const struct binary *b;

	while (!p->stopped && (b = binary_of(p->token.kind, rank))) {
		struct part right;

		take(p);
		right = parse_ranked(p, b->rank + 1);
		if (p->stopped)
			break;
		check_operands(p, b, &left, &right);
		emit(p, (struct expr_op){ .code = b->code, .type = left.type }, 2);
		left.type = b->result;
		left.end = right.end;
	}
	return left;
}

/* ---- the whole ---- */

/* Which way each comparison works for the condition: walks from the root, the last operation, down. */
static void set_senses(struct parser *p)
{
	int8_t senses[EXPR_OPS_MAX + 2] = { 1 };
	size_t top = 1;

	for (size_t i = p->op_count; i-- > 0;) {
		struct expr_op *op = &p->ops[i];
		int8_t sense = senses[--top];

		op->sense = op->code >= EXPR_OP_LT && op->code <= EXPR_OP_GE ? sense : 0;
		if (op->code <= EXPR_OP_POINT)
			continue;
		if (op->code == EXPR_OP_NOT)
			sense = (int8_t)-sense;
		else if (op->code != EXPR_OP_AND && op->code != EXPR_OP_OR)
			sense = 0;
		senses[top++] = sense;
		if (op->code != EXPR_OP_NOT && op->code != EXPR_OP_NEGATE)
			senses[top++] = sense;
	}
}

static struct expr *build(const struct parser *p)
{
	size_t ops = p->op_count * sizeof(*p->ops), names = p->name_count * sizeof(*p->names);
	struct expr *e = mem_alloc(sizeof(*e) + ops + names + p->pool.len);

	e->op_count = p->op_count;
	e->name_count = p->name_count;
	e->ops = (struct expr_op *)(e + 1);
	e->names = (struct expr_name *)((char *)e->ops + ops);
	e->pool = (char *)e->names + names;
	memcpy(e->ops, p->ops, ops);
	memcpy(e->names, p->names, names);
	if (p->pool.len)
		memcpy(e->pool, p->pool.text, p->pool.len);
	return e;
}

static void parse_whole(struct parser *p)
{
	struct part whole;

	take(p);
	whole = parse_ranked(p, 1);
	if (!p->stopped && p->token.kind != EXPR_TOKEN_END)
		stop_expected(p, "an operator or the end");
	if (!p->stopped)
		check_type(p, &whole, VALUE_BOOL, "a rule");
	if (!p->failed && p->name_count == 0) {
		diag_error(p->diag, p->scope->at, "%s: reads no point, so it could never change", p->scope->subject);
		p->failed = true;
	}
}

static void parser_freep(struct parser **p)
{
	str_buf_fini(&(*p)->pool);
	free(*p);
}

int expr_parse(const char *text, const struct expr_scope *scope, struct diag *d, struct expr **ret_expr)
{
	_cleanup_(parser_freep) struct parser *p = MEM_NEW(struct parser);

	p->scope = scope;
	p->diag = d;
	p->lex = (struct expr_lex){ .text = text, .next = text };
	p->token.start = text;
	if (strlen(text) > EXPR_TEXT_MAX) {
		diag_error(d, scope->at, "%s: %zu bytes long, expected at most %d", scope->subject, strlen(text),
			   EXPR_TEXT_MAX);
		return -EINVAL;
	}
	parse_whole(p);
	if (p->failed)
		return -EINVAL;
	set_senses(p);
	*ret_expr = build(p);
	return 0;
}
