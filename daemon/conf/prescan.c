/* prescan.c: see prescan.h. A tokenizer that knows as much of libconfig's syntax as it takes to tell what was meant. */
#include "conf/prescan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "conf/numeral.h"

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

/* A key of a group that is still open. */
struct known {
	const char *name;
	size_t len, depth;
	unsigned line;
};
#define KNOWN_MAX 256 /* beyond them libconfig finds what stands twice */

struct scan {
	struct prescan *out;
	const char *text;
	const char *at, *end;
	unsigned line;
	enum token last;
	unsigned last_line;
	const char *name; /* the last name, for messages */
	size_t name_len;
	unsigned quote_line; /* where a run of strings that spans lines began; 0: none */
	struct bracket stack[PRESCAN_DEPTH_MAX];
	size_t depth;
	struct known known[KNOWN_MAX];
	size_t known_count;
	const char *whole; /* up to here all entries are whole */
	bool whole_in_list;
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
	s->out->stop_line = MIN(s->out->hint_line, line);
	s->result = -EINVAL;
}

/* The same where no guess can be the reason. */
static void _printf_(2, 3) scan_forbid(struct scan *s, const char *fmt, ...)
{
	char text[PRESCAN_HINT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag_error(s->out->diag, scan_here(s), "%s", text);
	s->out->stop_line = s->line;
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

static bool is_value(enum token t)
{
	return t == TOKEN_STRING || t == TOKEN_NUMBER || t == TOKEN_OPEN || t == TOKEN_CLOSE;
}

/* What may follow in a list: entries, with commas between them. */
static void scan_in_list(struct scan *s, enum token next)
{
	bool begins = s->last == TOKEN_OPEN || s->last == TOKEN_COMMA;

	if (next == TOKEN_ASSIGN)
		scan_refuse(s, s->line, "'%c' in a list: keys stand in a group { … }", *s->at);
	else if (next == TOKEN_END)
		scan_refuse(s, s->line, "';' in a list: its entries are separated by commas");
	else if (next == TOKEN_COMMA && begins)
		scan_refuse(s, s->line, "a comma without an entry before it");
	else if (next == TOKEN_CLOSE && s->last == TOKEN_COMMA)
		scan_refuse(s, s->line, "a comma before the closing bracket: libconfig wants none");
	else if (next != TOKEN_COMMA && next != TOKEN_CLOSE && !begins &&
		 !(s->last == TOKEN_STRING && next == TOKEN_STRING))
		scan_refuse(s, s->line, "a comma is missing before this entry");
}

/* What may follow in a group, and in a file: settings, each with one ';' behind it or none. */
static void scan_in_group(struct scan *s, enum token next)
{
	int shown = (int)MIN(s->name_len, (size_t)60);

	if (s->last == TOKEN_NAME && next != TOKEN_ASSIGN)
		scan_refuse(s, s->last_line, "expected '=' or ':' after '%.*s'", shown, s->name);
	else if (s->last == TOKEN_ASSIGN && (next == TOKEN_CLOSE || !is_value(next)))
		scan_refuse(s, s->last_line, "no value after '%.*s'", shown, s->name);
	else if (next == TOKEN_ASSIGN && s->last != TOKEN_NAME)
		scan_refuse(s, s->line, "'%c' without a key before it", *s->at);
	else if (next == TOKEN_OPEN && s->last != TOKEN_ASSIGN && s->depth > 0)
		scan_refuse(s, s->stack[s->depth - 1].line,
			    "the '{' that opens here is still open at the '%c' in line %u", *s->at, s->line);
	else if (is_value(next) && next != TOKEN_CLOSE && s->last != TOKEN_ASSIGN &&
		 !(s->last == TOKEN_STRING && next == TOKEN_STRING))
		scan_refuse(s, s->line, "a value without a key before it: expected key = value");
	else if ((next == TOKEN_END || next == TOKEN_COMMA) && (!is_value(s->last) || s->last == TOKEN_OPEN))
		scan_refuse(s, s->line, "'%c' without a setting before it: one too many", *s->at);
}

static void scan_after_last(struct scan *s, enum token next)
{
	if (next != TOKEN_STRING)
		s->quote_line = 0;
	if (s->depth > 0 && s->stack[s->depth - 1].open != '{')
		scan_in_list(s, next);
	else
		scan_in_group(s, next);
}

static void scan_take(struct scan *s, enum token next)
{
	s->last = next;
	s->last_line = s->line;
}

static void scan_string(struct scan *s)
{
	unsigned opened = s->line, closed;

	for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
		if (*s->at == '\\' && s->at + 1 < s->end)
			s->at++;
		if (*s->at == '\n')
			s->line++;
	}
	if (s->line != opened && !s->quote_line)
		s->quote_line = opened;
	if (s->at >= s->end) {
		scan_refuse(s, s->quote_line ? s->quote_line : opened, "the quote \" that opens here is never closed");
		return;
	}
	s->at++;
	closed = s->line;
	s->line = opened;
	scan_after_last(s, TOKEN_STRING);
	s->line = closed;
	if (s->line == opened && is_name(peek(s, 0)))
		scan_suspect(s, s->line, "a quote \" is missing on this line, or one too many");
	scan_take(s, TOKEN_STRING);
}

static void add_mark(struct scan *s, const char *behind, char what)
{
	if (s->out->mark_count < PRESCAN_MARKS_MAX)
		s->out->marks[s->out->mark_count++] = (struct prescan_mark){ (size_t)(behind - s->text), what };
}

static void say_twice(struct scan *s, const struct known *before)
{
	const char *value = s->name + s->name_len;
	struct prescan *out = s->out;
	bool list;

	while (value < s->end && *value && strchr(" \t\r\n:=", *value))
		value++;
	list = value < s->end && *value == '(';
	if (out->mark_count == PRESCAN_MARKS_MAX)
		return; /* libconfig says it */
	add_mark(s, s->name + s->name_len, PRESCAN_TWICE);
	diag_error(out->diag, scan_here(s), "'%.*s' stands twice in one %s; the other is at line %u%s",
		   (int)MIN(s->name_len, (size_t)60), s->name, s->depth > 0 ? "group" : "file", before->line,
		   s->depth > 0 || !list ? "" : ": one list takes all its entries");
}

/* Keeps the name of a key, or says that its group has it already. */
static void scan_know(struct scan *s)
{
	for (size_t i = s->known_count; i-- > 0 && s->known[i].depth == s->depth;)
		if (s->known[i].len == s->name_len && memcmp(s->known[i].name, s->name, s->name_len) == 0) {
			say_twice(s, &s->known[i]);
			return;
		}
	if (s->known_count < KNOWN_MAX)
		s->known[s->known_count++] = (struct known){ s->name, s->name_len, s->depth, s->line };
}

static void scan_forget(struct scan *s)
{
	while (s->known_count > 0 && s->known[s->known_count - 1].depth > s->depth)
		s->known_count--;
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
		else
			scan_after_last(s, TOKEN_NUMBER);
		scan_take(s, TOKEN_NUMBER); /* a value like a number */
		return;
	}
	scan_after_last(s, TOKEN_NAME);
	s->name = name;
	s->name_len = len;
	scan_take(s, TOKEN_NAME);
	scan_know(s);
}

/* libconfig cuts an integer without L to its lower 32 bits, and one with L to the nearest 64-bit number. */
static void scan_check_integer(struct scan *s, const char *text, size_t len)
{
	bool hex = len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	bool wide = false;
	char copy[32] = "";
	long long value;

	while (len > 1 && text[len - 1] == 'L') {
		wide = true;
		len--;
	}
	memcpy(copy, text, MIN(len, sizeof(copy) - 1));
	errno = 0;
	value = strtoll(copy, NULL, hex ? 16 : 10);
	if (errno == ERANGE || len >= sizeof(copy)) {
		diag_error(s->out->diag, scan_here(s), "%s does not fit into 64 bits", copy);
	} else if (!wide && (value > INT32_MAX || value < INT32_MIN)) {
		diag_error(s->out->diag, scan_here(s), "%s does not fit into 31 bits; if it is meant, write %sL", copy,
			   copy);
		add_mark(s, text + len, 'L');
	}
}

static void scan_number(struct scan *s)
{
	bool real;
	size_t len = numeral_len(s->at, s->end, &real);

	scan_after_last(s, TOKEN_NUMBER);
	if (!real)
		scan_check_integer(s, s->at, len);
	s->at += MAX(len, (size_t)1);
	scan_take(s, TOKEN_NUMBER);
}

static void scan_open(struct scan *s)
{
	scan_after_last(s, TOKEN_OPEN);
	if (s->depth == PRESCAN_DEPTH_MAX) {
		scan_forbid(s, "more than %d brackets in brackets", PRESCAN_DEPTH_MAX);
		return;
	}
	s->stack[s->depth++] = (struct bracket){ *s->at++, s->line };
	scan_take(s, TOKEN_OPEN);
}

static char closing(char open)
{
	return open == '{' ? '}' : open == '(' ? ')' : ']';
}

static void scan_whole(struct scan *s)
{
	s->whole = s->at;
	s->whole_in_list = s->depth > 0;
}

/* Where it closes one further out, the inner one was forgotten; else it is one too many itself. */
static void refuse_close(struct scan *s, char c)
{
	const struct bracket *inner = &s->stack[s->depth];

	for (size_t i = s->depth; i-- > 0;)
		if (c == closing(s->stack[i].open)) {
			scan_refuse(s, inner->line, "the '%c' that opens here is still open at the '%c' in line %u",
				    inner->open, c, s->line);
			return;
		}
	scan_refuse(s, s->line, "'%c' found, but the '%c' of line %u is still open", c, inner->open, inner->line);
	s->out->stop_line = MIN(s->out->stop_line, inner->line);
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
	scan_forget(s);
	if (c != closing(s->stack[s->depth].open)) {
		refuse_close(s, c);
	} else if (s->depth == 0 || (s->depth == 1 && s->stack[0].open == '(')) {
		scan_whole(s);
	}
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
		scan_forbid(s, "@include is not supported: put the file into conf.d/, profiles/ or rules/ beside the "
			       "main file");
		return;
	}
	scan_foreign(s);
}

static void scan_mark(struct scan *s, enum token next)
{
	scan_after_last(s, next);
	scan_take(s, next);
	s->at++;
	if (next == TOKEN_END && s->depth == 0)
		scan_whole(s);
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
	struct scan s = { .out = p, .text = text, .line = 1 };
	unsigned bad;

	p->mark_count = 0;
	p->stop_line = 0;
	p->start = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	p->hint_line = p->hint_from = 0;
	bad = bad_text_line(text + p->start, len - p->start);
	if (bad) {
		diag_error(p->diag, (struct diag_at){ p->file, bad },
			   len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0)
				   ? "the file is UTF-16: save it as UTF-8"
			   : memchr(text, '\0', len) ? "a NUL byte: the file is damaged, or no text"
						     : "the text is not UTF-8 (GBK?): save the file as UTF-8");
		p->stop_line = bad;
		return -EINVAL;
	}
	s.at = text + p->start;
	s.end = text + len;
	while (s.at < s.end && s.result == 0)
		scan_token(&s);
	if (s.result == 0 && s.depth == 0)
		scan_after_last(&s, TOKEN_CLOSE); /* nothing may be missing at the end */
	if (s.result == 0 && s.depth > 0) {
		scan_refuse(&s, s.stack[s.depth - 1].line, "the '%c' that opens here is never closed",
			    s.stack[s.depth - 1].open);
		if (s.depth == 1 && p->stop_line == s.stack[0].line)
			p->stop_line = s.line + 1; /* only the end is missing */
	}
	return s.result;
}

size_t prescan_whole(const char *text, size_t len, unsigned line, const char **ret_close)
{
	struct diag unheard = { 0 };
	struct prescan out = { .file = "", .diag = &unheard };
	struct scan s = { .out = &out, .text = text, .at = text, .end = text + len, .line = 1, .whole = text };

	while (s.at < s.end && s.result == 0 && s.line < line)
		scan_token(&s);
	diag_fini(&unheard);
	*ret_close = s.whole_in_list ? ")" : "";
	return (size_t)(s.whole - text);
}
