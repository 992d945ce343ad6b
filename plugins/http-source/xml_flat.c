#include "http-source/xml_flat.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NAME_LEN    64
#define DEPTH_LIMIT 32

struct reader {
	const char *at, *end;
	json_t *object;
	unsigned depth;
	char name[NAME_LEN]; /* of the element that was opened last */
	const char *inside;  /* behind its tag; NULL: something else came since */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* ---- texts ---- */

/* A character by its number, as UTF-8; its length, 0 where there is none such. */
static size_t put_character(unsigned long code, char out[static 4])
{
	if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* Digits up to the ';' at end; 0 where they are none. */
static unsigned long number_of(const char *at, const char *end, unsigned base)
{
	static const char digits[] = "0123456789abcdef";
	unsigned long value = 0;

	for (; at < end; at++) {
		const char *digit = memchr(digits, *at | (base == 16 ? 0x20 : 0), base);

		if (!digit || value > 0x10ffff)
			return 0;
		value = value * base + (unsigned long)(digit - digits);
	}
	return value;
}

/* at stands on '&': writes what it means and returns behind it; what is no entity stays as it is. */
static const char *resolve(const char *at, const char *end, char **out)
{
	static const struct {
		const char *name;
		char is;
	} entities[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&apos;", '\'' } };
	const char *semicolon = memchr(at, ';', (size_t)(end - at) < 12 ? (size_t)(end - at) : 12);
	bool hex = semicolon && semicolon - at > 3 && (at[2] | 0x20) == 'x';
	size_t n = 0;

	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (semicolon && (size_t)(semicolon + 1 - at) == strlen(entities[i].name) &&
		    memcmp(at, entities[i].name, strlen(entities[i].name)) == 0) {
			*(*out)++ = entities[i].is;
			return semicolon + 1;
		}
	if (semicolon && at[1] == '#') /* it is at least as long as what it means */
		n = put_character(number_of(at + (hex ? 3 : 2), semicolon, hex ? 16 : 10), *out);
	if (n == 0) {
		*(*out)++ = *at;
		return at + 1;
	}
	*out += n;
	return semicolon + 1;
}

static json_t *text_of(const char *at, const char *end)
{
	char *buf, *out;
	json_t *text;

	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	buf = out = malloc((size_t)(end - at) + 4);
	if (!buf)
		abort();
	while (at < end)
		if (*at == '&')
			at = resolve(at, end, &out);
		else
			*out++ = *at++;
	text = json_stringn(buf, (size_t)(out - buf)); /* NULL: not UTF-8 */
	free(buf);
	return text;
}

/* ---- tags ---- */

/* Behind the '>' that ends the tag which at stands within; NULL: there is none. */
static const char *behind_tag(const char *at, const char *end)
{
	char quote = 0;

	for (; at < end; at++)
		if (quote ? *at == quote : *at == '"' || *at == '\'')
			quote = quote ? 0 : *at;
		else if (!quote && *at == '>')
			return at + 1;
	return NULL;
}

/* The name without its namespace. */
static void take_name(struct reader *r, const char *at, const char *end)
{
	size_t len = 0;

	for (; at < end && !is_blank(*at) && *at != '>' && *at != '/'; at++)
		if (*at == ':')
			len = 0;
		else if (len < NAME_LEN - 1)
			r->name[len++] = *at;
	r->name[len] = '\0';
}

static int close_element(struct reader *r, const char *tag)
{
	json_t *text;

	if (r->depth == 0)
		return -EINVAL;
	r->depth--;
	if (!r->inside)
		return 0;
	text = text_of(r->inside, tag);
	r->inside = NULL;
	if (!text || !r->name[0] || json_object_get(r->object, r->name)) {
		json_decref(text);
		return text ? 0 : -EINVAL;
	}
	if (json_object_size(r->object) == XML_FLAT_LEAVES_MAX) {
		json_decref(text);
		return -E2BIG;
	}
	return json_object_set_new(r->object, r->name, text) == 0 ? 0 : -EINVAL;
}

/* r->at stands on '<'. */
static int take_tag(struct reader *r)
{
	const char *tag = r->at, *behind = behind_tag(tag, r->end);

	if (!behind || behind - tag < 3)
		return -EINVAL;
	r->at = behind;
	if (tag[1] == '?' || tag[1] == '!') {
		r->inside = NULL;
		return 0;
	}
	if (tag[1] == '/')
		return close_element(r, tag);
	r->inside = NULL;
	if (behind[-2] == '/')
		return 0;
	if (++r->depth > DEPTH_LIMIT)
		return -EINVAL;
	take_name(r, tag + 1, behind);
	r->inside = behind;
	return 0;
}

int xml_flat_read(const char *text, size_t len, json_t **ret_object)
{
	struct reader r = { .at = text, .end = text + len, .object = json_object() };
	bool any = false;
	int error = 0;

	while (error == 0 && (r.at = memchr(r.at, '<', (size_t)(r.end - r.at)))) {
		any = true;
		error = take_tag(&r);
	}
	if (error == 0 && (!any || r.depth != 0))
		error = -EINVAL;
	if (error == 0)
		*ret_object = r.object;
	else
		json_decref(r.object);
	return error;
}
