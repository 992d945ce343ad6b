#include "alarm/expr_lex.h"

#include <string.h>

#include "base/str.h"

struct symbol {
	const char *text;
	enum expr_token_kind kind;
};

/* Longer ones first. */
static const struct symbol symbols[] = {
	{ "||", EXPR_TOKEN_OR }, { "&&", EXPR_TOKEN_AND }, { "==", EXPR_TOKEN_EQ },   { "!=", EXPR_TOKEN_NE },
	{ "<=", EXPR_TOKEN_LE }, { ">=", EXPR_TOKEN_GE },  { "<", EXPR_TOKEN_LT },    { ">", EXPR_TOKEN_GT },
	{ "!", EXPR_TOKEN_NOT }, { "(", EXPR_TOKEN_OPEN }, { ")", EXPR_TOKEN_CLOSE }, { "+", EXPR_TOKEN_ADD },
	{ "-", EXPR_TOKEN_SUB }, { "*", EXPR_TOKEN_MUL },  { "/", EXPR_TOKEN_DIV },   { ",", EXPR_TOKEN_COMMA },
};

/* What people write by habit, and what they meant. */
static const struct {
	const char *text, *expected;
} slips[] = {
	{ "=", "expected '==' to compare" },
	{ "=>", "expected '>='" },
	{ "=<", "expected '<='" },
	{ "&", "expected '&&'" },
	{ "|", "expected '||'" },
	{ "'", "a text stands in double quotes" },
	{ "%", "expected no '%': a number stands without its unit" },
};

static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

static struct expr_token fail(struct expr_token t, const char *error)
{
	t.kind = EXPR_TOKEN_ERROR;
	t.error = error;
	return t;
}

static struct expr_token lex_text(struct expr_token t)
{
	const char *end = strchr(t.start + 1, '"');

	if (!end)
		return fail(t, "this text has no closing quote");
	t.kind = EXPR_TOKEN_TEXT;
	t.len = (size_t)(end - t.start) + 1;
	return t;
}

/* A number, or a name: a device's id may begin with a digit. */
static struct expr_token lex_word(struct expr_token t)
{
	char word[STR_DOUBLE_MAX] = "";

	t.len = strspn(t.start, name_characters);
	t.kind = EXPR_TOKEN_NAME;
	if (t.len >= sizeof(word))
		return t;
	memcpy(word, t.start, t.len);
	/* The sign of an exponent is the only '+' inside a word. */
	if (strchr("0123456789.", word[0]) && strchr("eE", word[t.len - 1]) && t.start[t.len] == '+') {
		size_t more = 1 + strspn(t.start + t.len + 1, "0123456789");

		if (more > 1 && t.len + more < sizeof(word)) {
			memcpy(word, t.start, t.len + more);
			if (str_to_double(word, &t.number) == 0) {
				t.len += more;
				t.kind = EXPR_TOKEN_NUMBER;
				return t;
			}
			word[t.len] = '\0';
		}
	}
	if (str_to_double(word, &t.number) == 0)
		t.kind = EXPR_TOKEN_NUMBER;
	return t;
}

struct expr_token expr_lex_next(struct expr_lex *l)
{
	struct expr_token t = { .kind = EXPR_TOKEN_END };

	t.start = l->next += strspn(l->next, " \t\r\n");
	if (!*t.start)
		return t;
	t.len = 1;
	if (*t.start == '"') {
		t = lex_text(t);
	} else if (*t.start != '-' && strchr(name_characters, *t.start)) {
		t = lex_word(t);
	} else {
		t = fail(t, "this character has no meaning here");
		for (size_t i = 0; i < ARRAY_SIZE(slips); i++)
			if (str_starts(t.start, slips[i].text))
				t.error = slips[i].expected;
		for (size_t i = ARRAY_SIZE(symbols); i-- > 0;)
			if (str_starts(t.start, symbols[i].text)) {
				t.kind = symbols[i].kind;
				t.len = strlen(symbols[i].text);
			}
	}
	if (t.kind == EXPR_TOKEN_ERROR) /* a whole character, for the message */
		while (((unsigned char)t.start[t.len] & 0xc0) == 0x80)
			t.len++;
	l->next = t.start + t.len;
	return t;
}

size_t expr_lex_column(const struct expr_lex *l, const char *at)
{
	size_t column = 1;

	for (const char *c = l->text; c < at; c++)
		column += ((unsigned char)*c & 0xc0) != 0x80;
	return column;
}
