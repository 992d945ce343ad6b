#include "api/router.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"

#define SEGMENTS_MAX 16

/* A path cut at its slashes; lent. */
struct segments {
	struct {
		const char *text;
		size_t len;
	} at[SEGMENTS_MAX];
	size_t count;
};

static bool cut(const char *path, struct segments *ret)
{
	ret->count = 0;
	if (*path != '/')
		return false;
	while (*path == '/') {
		size_t len = strcspn(++path, "/");

		if (ret->count == SEGMENTS_MAX)
			return false;
		ret->at[ret->count].text = path;
		ret->at[ret->count++].len = len;
		path += len;
	}
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decodes len bytes of text into buf; false when empty, wrong, too long or not UTF-8. */
static bool decode(const char *text, size_t len, char buf[ROUTER_VALUE_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

			if (low < 0 || (high == 0 && low == 0))
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (used == ROUTER_VALUE_MAX - 1)
			return false;
		buf[used++] = c;
	}
	buf[used] = '\0';
	return used > 0 && str_is_utf8(buf, used);
}

static bool keep(struct router_match *m, const char *name, size_t name_len, const char *text, size_t len)
{
	assert(m->count < ROUTER_PARAMS_MAX && name_len < sizeof(m->params[0].name));
	memcpy(m->params[m->count].name, name, name_len);
	m->params[m->count].name[name_len] = '\0';
	return decode(text, len, m->params[m->count++].value);
}

bool router_match(const char *pattern, const char *path, struct router_match *ret_match)
{
	struct segments want, have;
	struct router_match m = { .count = 0 };
	size_t h = 0;

	if (!cut(pattern, &want) || !cut(path, &have))
		return false;
	for (size_t w = 0; w < want.count; w++) {
		const char *text = want.at[w].text;
		size_t len = want.at[w].len, after = want.count - w - 1;
		bool many = len > 3 && text[0] == '{' && text[len - 2] == '+';

		if (have.count < h + after + 1)
			return false;
		if (text[0] != '{') {
			if (len != have.at[h].len || memcmp(text, have.at[h].text, len) != 0)
				return false;
			h++;
			continue;
		}
		size_t last = many ? have.count - after - 1 : h;
		const char *end = have.at[last].text + have.at[last].len;

		if (!keep(&m, text + 1, len - (many ? 3 : 2), have.at[h].text, (size_t)(end - have.at[h].text)))
			return false;
		h = last + 1;
	}
	if (h != have.count)
		return false;
	*ret_match = m;
	return true;
}

const char *router_value(const struct router_match *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (str_equal(m->params[i].name, name))
			return m->params[i].value;
	assert(false);
	return "";
}
