/* Recursive descent over the tokens; writes operations in postfix order. Semantic errors are all told, a syntax error
 * ends the text. */
#include "alarm/expr_parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alarm/expr_call.h"
#include "alarm/expr_name.h"
#include "base/mem.h"

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

static struct expr_part parse_ranked(struct expr_parser *p, int rank);

/* ---- errors ---- */

struct expr_part expr_parse_stop(struct expr_parser *p, const char *at, const char *what)
{
	if (!p->stopped)
		diag_error(p->diag, p->scope->at, "%s: column %zu: %s", p->scope->subject, expr_lex_column(&p->lex, at),
			   what);
	p->stopped = p->failed = true;
	p->token = (struct expr_token){ .kind = EXPR_TOKEN_END, .start = at };
	return (struct expr_part){ .type = VALUE_NONE, .start = at, .end = at };
}

/* Operators as other languages write them. */
static const struct {
	const char *word, *expected;
} words[] = { { "and", "'&&'" }, { "or", "'||'" }, { "not", "'!'" },
	      { "AND", "'&&'" }, { "OR", "'||'" }, { "NOT", "'!'" } };

static const char *sign_for(const struct expr_token *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (t->kind == EXPR_TOKEN_NAME && strlen(words[i].word) == t->len &&
		    memcmp(words[i].word, t->start, t->len) == 0)
			return words[i].expected;
	return NULL;
}

struct expr_part expr_parse_stop_expected(struct expr_parser *p, const char *expected)
{
	const struct expr_token *t = &p->token;
	char what[160];

	expected = sign_for(t) ? sign_for(t) : expected;
	if (t->kind == EXPR_TOKEN_ERROR)
		snprintf(what, sizeof(what), "%s, got '%.*s'", t->error, (int)MIN(t->len, (size_t)32), t->start);
	else if (t->kind == EXPR_TOKEN_END)
		snprintf(what, sizeof(what), "expected %s, but the text ends here", expected);
	else
		snprintf(what, sizeof(what), "expected %s, got '%.*s'", expected, (int)MIN(t->len, (size_t)32),
			 t->start);
	return expr_parse_stop(p, t->start, what);
}

int expr_parse_shown(const struct expr_part *part)
{
	return (int)MIN((size_t)(part->end - part->start), str_utf8_cut(part->start, 60));
}

static const char *type_word(enum value_type t)
{
	return t == VALUE_BOOL ? "true or false" : value_type_name(t);
}

/* True when the part is of that type, or had its error already. */
static bool check_type(struct expr_parser *p, const struct expr_part *part, enum value_type wanted,
		       const char *for_what)
{
	const char *hint = "";

	if (part->type == wanted || part->type == VALUE_NONE)
		return true;
	if (wanted == VALUE_BOOL)
		hint = part->type == VALUE_NUMBER ? "; compare it, as in 'x > 0'"
						  : "; compare it, as in 'x == \"open\"'";
	diag_error(p->diag, p->scope->at, "%s: '%.*s' is a %s where %s needs %s%s", p->scope->subject,
		   expr_parse_shown(part), part->start,
		   part->type == VALUE_BOOL ? "condition (true or false)" : value_type_name(part->type), for_what,
		   wanted == VALUE_BOOL ? "a condition (true or false)" : "a number", hint);
	p->failed = true;
	return false;
}

/* ---- output ---- */

void expr_parse_take(struct expr_parser *p)
{
	p->end = p->token.start + p->token.len;
	p->token = expr_lex_next(&p->lex);
}

/* Adds an operation that takes `takes` values from the stack and leaves one. */
void expr_parse_emit(struct expr_parser *p, struct expr_op op, size_t takes)
{
	if (p->failed)
		return;
	p->waiting = p->waiting - takes + 1;
	if (p->op_count == EXPR_OPS_MAX)
		expr_parse_stop(p, p->token.start, "the expression has too many parts");
	else if (p->waiting > EXPR_STACK_MAX)
		expr_parse_stop(p, p->token.start, "the expression is nested too deeply");
	else
		p->ops[p->op_count++] = op;
}

static uint32_t pool_add(struct expr_parser *p, const char *text, size_t len)
{
	size_t at = p->pool.len;

	str_buf_add_len(&p->pool, text, len);
	str_buf_add_len(&p->pool, "", 1);
	return (uint32_t)at;
}

static bool same_name(const struct expr_parser *p, const struct expr_name *n, const struct expr_name_found *f)
{
	const char *device = n->device == EXPR_OWN ? NULL : p->pool.text + n->device;

	return n->parent == f->parent && str_equal(device, f->device) && str_equal(p->pool.text + n->point, f->point);
}

uint32_t expr_parse_name(struct expr_parser *p, const struct expr_name_found *f)
{
	uint32_t i = 0;

	while (i < p->name_count && !same_name(p, &p->names[i], f))
		i++;
	if (i == EXPR_NAMES_MAX)
		expr_parse_stop(p, p->token.start, "the expression reads too many points");
	else if (i == p->name_count)
		p->names[p->name_count++] = (struct expr_name){
			.parent = f->parent,
			.device = f->device ? pool_add(p, f->device, strlen(f->device)) : EXPR_OWN,
			.point = pool_add(p, f->point, strlen(f->point)),
			.type = f->type,
			.event = f->event,
		};
	return i;
}

/* ---- grammar ---- */

static struct expr_part parse_point(struct expr_parser *p, const char *word, const char *start)
{
	struct expr_part part = { .type = VALUE_NONE, .start = start, .end = p->end };
	struct expr_name_found found;

	if (expr_name_find(word, p->scope, p->diag, &found) < 0) {
		p->failed = true;
	} else {
		part.type = found.type;
		p->reads = true;
		expr_parse_emit(p, (struct expr_op){ .code = EXPR_OP_POINT, .name = expr_parse_name(p, &found) }, 0);
	}
	expr_call_quality_test(p, &part);
	return part;
}

static bool is_own(const struct expr_parser *p, const char *word)
{
	return p->scope->class && class_find_point(p->scope->class, word);
}

/* parent.bus is lost */
static struct expr_part parse_link(struct expr_parser *p, const char *start)
{
	struct expr_part part = { .type = VALUE_NONE, .start = start, .end = p->end };

	p->reads = true;
	expr_parse_emit(p, (struct expr_op){ .code = EXPR_OP_POINT }, 0);
	expr_call_quality_test(p, &part);
	if (part.type == VALUE_NONE && !p->failed)
		return expr_parse_stop(p, p->token.start, "a bus has a quality only: expected parent.bus is lost");
	if (!p->failed)
		p->ops[p->op_count - 1].code = EXPR_OP_LINK;
	return part;
}

static struct expr_part parse_name(struct expr_parser *p)
{
	struct expr_part part = { .type = VALUE_BOOL, .start = p->token.start };
	char word[128];

	if (p->token.len >= sizeof(word))
		return expr_parse_stop(p, p->token.start, "expected a name of at most 127 characters");
	memcpy(word, p->token.start, p->token.len);
	word[p->token.len] = '\0';
	if (sign_for(&p->token) && !is_own(p, word))
		return expr_parse_stop_expected(p, "");
	expr_parse_take(p);
	if (p->token.kind == EXPR_TOKEN_OPEN)
		return expr_call_function(p, word, part.start);
	part.end = p->end;
	if (str_equal(word, "true") || str_equal(word, "false")) {
		expr_parse_emit(p, (struct expr_op){ .code = EXPR_OP_BOOL, .boolean = word[0] == 't' }, 0);
		return part;
	}
	if (!is_own(p, word) && expr_call_duration(p, word)) {
		part.type = VALUE_NUMBER;
		part.unit = EXPR_UNIT_DURATION;
		return part;
	}
	if (str_equal(word, "parent.bus") && p->scope->class)
		return parse_link(p, part.start);
	return parse_point(p, word, part.start);
}

static struct expr_part parse_text(struct expr_parser *p)
{
	struct expr_part part = { .type = VALUE_TEXT, .start = p->token.start };
	size_t len = p->token.len - 2;

	if (len >= VALUE_TEXT_MAX)
		return expr_parse_stop(p, p->token.start, "a text has at most 63 bytes");
	expr_parse_take(p);
	part.end = p->end;
	expr_parse_emit(p, (struct expr_op){ .code = EXPR_OP_TEXT, .text = pool_add(p, part.start + 1, len) }, 0);
	return part;
}

static struct expr_part parse_number(struct expr_parser *p)
{
	struct expr_part part = { .type = VALUE_NUMBER, .start = p->token.start };

	expr_parse_emit(p, (struct expr_op){ .code = EXPR_OP_NUMBER, .number = p->token.number }, 0);
	expr_parse_take(p);
	part.end = p->end;
	return part;
}

static struct expr_part parse_parentheses(struct expr_parser *p)
{
	struct expr_part part;
	const char *start = p->token.start;

	expr_parse_take(p);
	part = parse_ranked(p, 1);
	if (p->stopped)
		return part;
	if (p->token.kind != EXPR_TOKEN_CLOSE)
		return expr_parse_stop_expected(p, "')' or an operator");
	expr_parse_take(p);
	part.start = start;
	part.end = p->end;
	return part;
}

static struct expr_part parse_prefixed(struct expr_parser *p)
{
	static const struct expr_part nothing;
	bool not = p->token.kind == EXPR_TOKEN_NOT;
	enum value_type type = not ? VALUE_BOOL : VALUE_NUMBER;
	const char *start = p->token.start;
	struct expr_part part;

	if (p->depth == EXPR_DEPTH_MAX)
		return expr_parse_stop(p, p->token.start, "the expression is nested too deeply");
	p->depth++;
	expr_parse_take(p);
	part = parse_ranked(p, 7);
	p->depth--;
	if (p->stopped)
		return nothing;
	if (expr_call_has_age(&part, &part))
		expr_call_compare_age(p, EXPR_OP_NEGATE, &part, &part);
	else if (!check_type(p, &part, type, not ? "'!'" : "'-'"))
		part.type = VALUE_NONE;
	part.start = start;
	expr_parse_emit(p, (struct expr_op){ .code = not ? EXPR_OP_NOT : EXPR_OP_NEGATE }, 1);
	return part;
}

/* Where the last operation stands in the text. */
static void mark(struct expr_parser *p, const struct expr_part *part)
{
	if (p->failed)
		return;
	p->ops[p->op_count - 1].start = (uint16_t)(part->start - p->lex.text);
	p->ops[p->op_count - 1].end = (uint16_t)(part->end - p->lex.text);
}

static struct expr_part parse_bare(struct expr_parser *p)
{
	struct expr_part part;

	switch (p->token.kind) {
	case EXPR_TOKEN_NUMBER: return parse_number(p);
	case EXPR_TOKEN_TEXT: return parse_text(p);
	case EXPR_TOKEN_NAME: return parse_name(p);
	case EXPR_TOKEN_NOT:
	case EXPR_TOKEN_SUB: return parse_prefixed(p);
	case EXPR_TOKEN_OPEN:
		if (p->depth == EXPR_DEPTH_MAX)
			return expr_parse_stop(p, p->token.start, "the expression is nested too deeply");
		p->depth++;
		part = parse_parentheses(p);
		p->depth--;
		return part;
	default: return expr_parse_stop_expected(p, "a point, a number, a text or '('");
	}
}

static struct expr_part parse_operand(struct expr_parser *p)
{
	size_t first = p->op_count;
	bool grouped = p->token.kind == EXPR_TOKEN_OPEN;
	struct expr_part part = parse_bare(p);

	part.first_op = first;
	if (!p->stopped && !grouped)
		mark(p, &part);
	return part;
}

static const struct binary *binary_of(enum expr_token_kind kind, int rank)
{
	for (size_t i = 0; i < ARRAY_SIZE(binaries); i++)
		if (binaries[i].token == kind && binaries[i].rank >= rank)
			return &binaries[i];
	return NULL;
}

/* Checks the operands; what comes of them has a type in any case, so that one mistake is told once. */
static void check_operands(struct expr_parser *p, const struct binary *b, const struct expr_part *left,
			   const struct expr_part *right)
{
	if (b->operands != VALUE_NONE) {
		check_type(p, left, b->operands, b->sign);
		check_type(p, right, b->operands, b->sign);
		return;
	}
	if (left->type == VALUE_NONE || right->type == VALUE_NONE || left->type == right->type)
		return;
	diag_error(p->diag, p->scope->at, "%s: cannot compare '%.*s' (%s) with '%.*s' (%s)", p->scope->subject,
		   expr_parse_shown(left), left->start, type_word(left->type), expr_parse_shown(right), right->start,
		   type_word(right->type));
	p->failed = true;
}

static void join(struct expr_parser *p, const struct binary *b, const struct expr_part *left,
		 const struct expr_part *right)
{
	if (expr_call_has_age(left, right)) {
		expr_call_compare_age(p, b->code, left, right);
		return;
	}
	check_operands(p, b, left, right);
	expr_call_check_quality(p, left, right);
	expr_parse_emit(p, (struct expr_op){ .code = b->code, .type = left->type }, 2);
}

/* A chain of operators of at least that rank, from left to right. */
static struct expr_part parse_ranked(struct expr_parser *p, int rank)
{
	struct expr_part left = parse_operand(p);
	const struct binary *b;

	while (!p->stopped && (b = binary_of(p->token.kind, rank))) {
		struct expr_part right;

		expr_parse_take(p);
		right = parse_ranked(p, b->rank + 1);
		if (p->stopped)
			break;
		join(p, b, &left, &right);
		left.type = b->result;
		left.unit = EXPR_UNIT_NONE;
		left.end = right.end;
		if (!p->stopped)
			mark(p, &left);
	}
	return left;
}

/* ---- the whole ---- */

/* Which way each comparison works for the condition: walks from the root, the last operation, down. */
static void set_senses(struct expr_parser *p)
{
	int8_t senses[EXPR_OPS_MAX + 2] = { 1 };
	size_t top = 1;

	for (size_t i = p->op_count; i-- > 0;) {
		struct expr_op *op = &p->ops[i];
		int8_t sense = senses[--top];

		op->sense = op->code >= EXPR_OP_LT && op->code <= EXPR_OP_GE ? sense : 0;
		if (expr_op_is_leaf(op))
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

static struct expr *build(const struct expr_parser *p)
{
	size_t ops = p->op_count * sizeof(*p->ops), names = p->name_count * sizeof(*p->names);
	struct expr *e = mem_alloc(sizeof(*e) + ops + names + p->pool.len);

	e->op_count = p->op_count;
	e->name_count = p->name_count;
	e->has_age = false;
	for (size_t i = 0; i < p->op_count; i++)
		e->has_age |= p->ops[i].code == EXPR_OP_AGE;
	e->ops = (struct expr_op *)(e + 1);
	e->names = (struct expr_name *)((char *)e->ops + ops);
	e->pool = (char *)e->names + names;
	memcpy(e->ops, p->ops, ops);
	memcpy(e->names, p->names, names);
	if (p->pool.len)
		memcpy(e->pool, p->pool.text, p->pool.len);
	return e;
}

static void parse_whole(struct expr_parser *p)
{
	struct expr_part whole;

	expr_parse_take(p);
	whole = parse_ranked(p, 1);
	if (!p->stopped && p->token.kind != EXPR_TOKEN_END)
		expr_parse_stop_expected(p, "an operator or the end");
	if (!p->stopped)
		check_type(p, &whole, VALUE_BOOL, "a rule");
	if (!p->failed && !p->reads) {
		diag_error(p->diag, p->scope->at, "%s: reads no point, so it could never change", p->scope->subject);
		p->failed = true;
	}
}

static void parser_freep(struct expr_parser **p)
{
	str_buf_fini(&(*p)->pool);
	free(*p);
}

int expr_parse(const char *text, const struct expr_scope *scope, struct diag *d, struct expr **ret_expr)
{
	_cleanup_(parser_freep) struct expr_parser *p = MEM_NEW(struct expr_parser);

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
