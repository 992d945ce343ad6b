/* prescan.c: see prescan.h. A tokenizer that knows as much of libconfig's syntax as it takes to tell what was meant. */
#include "conf/prescan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum token {
	TOKEN_NONE,
	TOKEN_NAME,
	TOKEN_STRING,
	TOKEN_NUMBER,
	TOKEN_ASSIGN,
	TOKEN_COMMA,
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE
};

struct bracket {
	char open;
	unsigned line;
};

struct scan {
	struct prescan *out;
	const char *at, *end;
	unsigned line;
	enum token last;
	unsigned last_line;
	const char *name; /* the last name, for messages */
	size_t name_len;
	unsigned quote_line; /* where a run of strings that spans lines began; 0: none */
	struct bracket stack[PRESCAN_DEPTH_MAX];
	size_t depth;
	int result;
};

static struct diag_at scan_here(const struct scan *s)
{
	return (struct diag_at){ s->out->file, s->line };
}

static void keep_hint(struct scan *s, unsigned line, const char *fmt, va_list ap)
{
	if (s->out->hint_line)
		return;
	s->out->hint_line = line;
	s->out->hint_from = s->line;
	vsnprintf(s->out->hint, sizeof(s->out->hint), fmt, ap);
}

/* Keeps the first suspicion: line is its place, and it explains syntax errors from the line where it was noticed on. */
static void _printf_(3, 4) scan_suspect(struct scan *s, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep_hint(s, line, fmt, ap);
	va_end(ap);
}

/* libconfig cannot read on from here: says so, or what was suspected before and led to this. */
static void _printf_(3, 4) scan_refuse(struct scan *s, unsigned line, const char *fmt, ...)
{
	va_list ap;

	if (s->result < 0)
		return;
	va_start(ap, fmt);
	keep_hint(s, line, fmt, ap);
	va_end(ap);
	diag_error(s->out->diag, (struct diag_at){ s->out->file, s->out->hint_line }, "%s", s->out->hint);
	s->result = -EINVAL;
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return is_alpha(c) || is_digit(c) || c == '_' || c == '-';
}

static char peek(const struct scan *s, size_t ahead)
{
	return (size_t)(s->end - s->at) > ahead ? s->at[ahead] : '\0';
}

static void scan_line_comment(struct scan *s)
{
	while (s->at < s->end && *s->at != '\n')
		s->at++;
}

static void scan_block_comment(struct scan *s)
{
	unsigned opened = s->line;

	for (s->at += 2; s->at < s->end; s->at++) {
		if (*s->at == '\n')
			s->line++;
		if (peek(s, 0) == '*' && peek(s, 1) == '/') {
			s->at += 2;
			return;
		}
	}
	scan_refuse(s, opened, "the comment /* that opens here is never closed");
}

/* What the last token makes impossible: said only where libconfig stumbles too. */
static void scan_after_last(struct scan *s, enum token next)
{
	bool in_list = s->depth > 0 && s->stack[s->depth - 1].open != '{';
	bool value = next == TOKEN_STRING || next == TOKEN_NUMBER || next == TOKEN_OPEN;

	if (next != TOKEN_STRING)
		s->quote_line = 0;
	if (s->last == TOKEN_COMMA && next == TOKEN_CLOSE && in_list)
		scan_suspect(s, s->line, "a comma before the closing bracket: libconfig wants none");
	else if (s->last == TOKEN_NAME && next != TOKEN_ASSIGN)
		scan_refuse(s, s->last_line, "expected '=' or ':' after '%.*s'", (int)MIN(s->name_len, (size_t)60),
			    s->name);
	else if (s->last == TOKEN_ASSIGN && !value && next != TOKEN_NAME)
		scan_refuse(s, s->last_line, "no value after '%.*s'", (int)MIN(s->name_len, (size_t)60), s->name);
	else if (in_list && value && (s->last == TOKEN_CLOSE || s->last == TOKEN_NUMBER || s->last == TOKEN_STRING) &&
		 !(s->last == TOKEN_STRING && next == TOKEN_STRING))
		scan_refuse(s, s->line, "a comma is missing before this entry");
}

static void scan_take(struct scan *s, enum token next)
{
	s->last = next;
	s->last_line = s->line;
}

static void scan_string(struct scan *s)
{
	unsigned opened = s->line;

	scan_after_last(s, TOKEN_STRING);
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
		if (*s->at == '\\' && s->at + 1 < s->end)
			s->at++;
		if (*s->at == '\n')
			s->line++;
	}
	if (s->line != opened && !s->quote_line)
		s->quote_line = opened;
	if (s->at >= s->end)
		scan_refuse(s, s->quote_line ? s->quote_line : opened, "the quote \" that opens here is never closed");
	else
		s->at++;
	if (s->line == opened && is_name(peek(s, 0)))
		scan_suspect(s, s->line, "a quote \" is missing on this line, or one too many");
	scan_take(s, TOKEN_STRING);
}

static void scan_name(struct scan *s)
{
	const char *name = s->at;
	size_t len;

	while (s->at < s->end && is_name(*s->at))
		s->at++;
	len = (size_t)(s->at - name);
	if (s->quote_line && s->last_line == s->line)
		scan_suspect(s, s->quote_line, "the quote \" that opens here is not closed on its line");
	if (s->last == TOKEN_ASSIGN || (s->depth > 0 && s->stack[s->depth - 1].open != '{')) {
		bool word = (len == 4 && strncasecmp(name, "true", 4) == 0) ||
			    (len == 5 && strncasecmp(name, "false", 5) == 0);

		if (!word)
			scan_refuse(s, s->line,
				    "%.*s: a text stands in quotes; without them only numbers, true and false",
				    (int)MIN(len, (size_t)60), name);
		scan_take(s, TOKEN_NUMBER); /* a value like a number */
		return;
	}
	scan_after_last(s, TOKEN_NAME);
	s->name = name;
	s->name_len = len;
	scan_take(s, TOKEN_NAME);
}

/* libconfig cuts an integer without L to its lower 32 bits, and one with L to the nearest 64-bit number. */
static void scan_check_integer(struct scan *s, const char *text, size_t len)
{
	bool hex = len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	bool wide = false;
	char copy[32] = "";
	const char *digits;
	long long value;

	while (len > 1 && text[len - 1] == 'L') {
		wide = true;
		len--;
	}
	memcpy(copy, text, MIN(len, sizeof(copy) - 1));
	digits = copy + (hex ? 2 : 1); /* behind 0x, or behind a sign or the first digit */
	if (digits[strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789")])
		return; /* more than an integer: libconfig decides */
	errno = 0;
	value = strtoll(copy, NULL, hex ? 16 : 10);
	if (errno == ERANGE || len >= sizeof(copy))
		diag_error(s->out->diag, scan_here(s), "%s does not fit into 64 bits", copy);
	else if (!wide && (value > INT32_MAX || value < INT32_MIN))
		diag_error(s->out->diag, scan_here(s), "%s does not fit into 31 bits; if it is meant, write %sL", copy,
			   copy);
}

static void scan_number(struct scan *s)
{
	const char *text = s->at;
	bool hex = peek(s, 0) == '0' && (peek(s, 1) == 'x' || peek(s, 1) == 'X');
	bool real = false;

	scan_after_last(s, TOKEN_NUMBER);
	for (s->at++; s->at < s->end; s->at++) {
		char c = *s->at;
		bool exponent_sign = !hex && (c == '+' || c == '-') && (s->at[-1] == 'e' || s->at[-1] == 'E');

		if (!is_digit(c) && !is_alpha(c) && c != '.' && c != '_' && !exponent_sign)
			break;
		real |= !hex && (c == '.' || c == 'e' || c == 'E');
	}
	if (!real && text[0] != '.')
		scan_check_integer(s, text, (size_t)(s->at - text));
	scan_take(s, TOKEN_NUMBER);
}

static void scan_open(struct scan *s)
{
	scan_after_last(s, TOKEN_OPEN);
	if (s->depth == PRESCAN_DEPTH_MAX) {
		diag_error(s->out->diag, scan_here(s), "more than %d brackets in brackets", PRESCAN_DEPTH_MAX);
		s->result = -EINVAL;
		return;
	}
	s->stack[s->depth++] = (struct bracket){ *s->at++, s->line };
	scan_take(s, TOKEN_OPEN);
}

static char closing(char open)
{
	return open == '{' ? '}' : open == '(' ? ')' : ']';
}

static void scan_close(struct scan *s)
{
	char c = *s->at++;

	scan_after_last(s, TOKEN_CLOSE);
	scan_take(s, TOKEN_CLOSE);
	if (s->depth == 0) {
		scan_refuse(s, s->line, "'%c' closes nothing", c);
		return;
	}
	s->depth--;
	if (c != closing(s->stack[s->depth].open))
		scan_refuse(s, s->line, "'%c' found, but the '%c' of line %u is still open: '%c' is missing", c,
			    s->stack[s->depth].open, s->stack[s->depth].line, closing(s->stack[s->depth].open));
}

/* What an input method leaves behind. */
static const struct {
	const char *wide, *plain;
} full_width[] = {
	{ "；", ";" },
	{ "，", "," },
	{ "：", ":" },
	{ "＝", "=" },
	{ "（", "(" },
	{ "）", ")" },
	{ "｛", "{" },
	{ "｝", "}" },
	{ "［", "[" },
	{ "］", "]" },
	{ "“", "\"" },
	{ "”", "\"" },
	{ "\xe2\x80\x98", "\"" },
	{ "’", "\"" },
	{ "＂", "\"" },
	{ "、", "," },
	{ "　", " " },
	{ "\xc2\xa0", " " },
};

static size_t utf8_len(const char *at, const char *end)
{
	size_t len = 1;

	while (at + len < end && ((unsigned char)at[len] & 0xC0) == 0x80)
		len++;
	return len;
}

static void scan_foreign(struct scan *s)
{
	size_t len = utf8_len(s->at, s->end);

	for (size_t i = 0; i < ARRAY_SIZE(full_width); i++)
		if (strlen(full_width[i].wide) == len && memcmp(full_width[i].wide, s->at, len) == 0)
			scan_refuse(s, s->line, "the wide character '%s' stands where '%s' is expected",
				    full_width[i].wide, full_width[i].plain);
	if ((unsigned char)*s->at >= 0x80)
		scan_refuse(s, s->line, "'%.*s' outside of quotes: a text stands in quotes", (int)len, s->at);
	else
		scan_refuse(s, s->line, "'%c' is not expected here", *s->at >= ' ' ? *s->at : '?');
	s->at += len;
}

static void scan_at_sign(struct scan *s)
{
	if ((size_t)(s->end - s->at) >= 8 && memcmp(s->at, "@include", 8) == 0) {
		diag_error(s->out->diag, scan_here(s),
			   "@include is not supported: put the file into conf.d/, profiles/ or rules/ beside the main "
			   "file");
		s->result = -EINVAL;
	}
	scan_foreign(s);
}

static void scan_mark(struct scan *s, enum token next)
{
	scan_after_last(s, next);
	scan_take(s, next);
	s->at++;
}

static void scan_token(struct scan *s)
{
	char c = *s->at, next = peek(s, 1);

	if (c == '\n')
		s->line++;
	if (c == ' ' || (c >= '\t' && c <= '\r'))
		s->at++;
	else if (c == '#' || (c == '/' && next == '/'))
		scan_line_comment(s);
	else if (c == '/' && next == '*')
		scan_block_comment(s);
	else if (c == '"')
		scan_string(s);
	else if (is_alpha(c))
		scan_name(s);
	else if (is_digit(c) || ((c == '-' || c == '+' || c == '.') && (is_digit(next) || next == '.')))
		scan_number(s);
	else if (c == '{' || c == '(' || c == '[')
		scan_open(s);
	else if (c == '}' || c == ')' || c == ']')
		scan_close(s);
	else if (c == '=' || c == ':')
		scan_mark(s, TOKEN_ASSIGN);
	else if (c == ',')
		scan_mark(s, TOKEN_COMMA);
	else if (c == ';')
		scan_mark(s, TOKEN_END);
	else if (c == '@')
		scan_at_sign(s);
	else
		scan_foreign(s);
}

/* Line of the first byte that cannot be; 0 when all is well. */
static unsigned bad_text_line(const char *text, size_t len)
{
	unsigned line = 1;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t part = end ? (size_t)(end - text) + 1 : len;

		if (!str_is_utf8(text, part) || memchr(text, '\0', part))
			return line;
		line++;
		text += part;
		len -= part;
	}
	return 0;
}

int prescan_text(const char *text, size_t len, struct prescan *p)
{
	struct scan s = { .out = p, .line = 1 };
	unsigned bad;

	p->start = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	p->hint_line = p->hint_from = 0;
	bad = bad_text_line(text + p->start, len - p->start);
	if (bad) {
		diag_error(p->diag, (struct diag_at){ p->file, bad },
			   len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0)
				   ? "the file is UTF-16: save it as UTF-8"
				   : "the text is not UTF-8 (GBK?): save the file as UTF-8");
		return -EINVAL;
	}
	s.at = text + p->start;
	s.end = text + len;
	while (s.at < s.end && s.result == 0)
		scan_token(&s);
	if (s.result == 0 && s.depth > 0)
		scan_refuse(&s, s.stack[s.depth - 1].line, "the '%c' that opens here is never closed",
			    s.stack[s.depth - 1].open);
	return s.result;
}
