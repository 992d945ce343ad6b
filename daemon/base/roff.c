#include "base/roff.h"

#include <ctype.h>

static const char *escape_of(unsigned char c)
{
	switch (c) {
	case '\\': return "\\e";
	case '-': return "\\-";
	case '\'': return "\\(aq";
	case '`': return "\\(ga";
	case '^': return "\\(ha";
	case '~': return "\\(ti";
	case '"': return "\\(dq";
	default: return NULL;
	}
}

/* Adds len bytes; the start of a line gets a character of no width, lest a dot there be a request. */
static void add_len(struct str_buf *to, const char *text, size_t len)
{
	static const char ellipsis[] = "…";

	for (size_t i = 0; i < len; i++) {
		const char *escape = escape_of((unsigned char)text[i]);

		if (text[i] == '.' && (to->len == 0 || to->text[to->len - 1] == '\n'))
			str_buf_add(to, "\\&");
		if (escape)
			str_buf_add(to, escape);
		else if (len - i >= 3 && memcmp(text + i, ellipsis, 3) == 0) {
			str_buf_add(to, "...");
			i += 2;
		} else
			str_buf_add_len(to, text + i, 1);
	}
}

void roff_add(struct str_buf *to, const char *text)
{
	add_len(to, text, strlen(text));
}

void roff_add_bold(struct str_buf *to, const char *text)
{
	str_buf_add(to, "\\fB");
	roff_add(to, text);
	str_buf_add(to, "\\fR");
}

void roff_add_usage(struct str_buf *to, const char *usage)
{
	for (size_t len; *usage; usage += len) {
		bool word = isalnum((unsigned char)*usage) || *usage == '-';

		len = 1;
		while (word ? isalnum((unsigned char)usage[len]) || usage[len] == '-'
			    : usage[len] && !isalnum((unsigned char)usage[len]) && usage[len] != '-')
			len++;
		if (word)
			str_buf_add(to, isupper((unsigned char)*usage) ? "\\fI" : "\\fB");
		add_len(to, usage, len);
		if (word)
			str_buf_add(to, "\\fR");
	}
}
