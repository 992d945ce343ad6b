#include "sdk/sdk_raw.h"

#include <string.h>

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* p stands on the opening quote; returns what is behind the closing one. */
static const char *skip_string(const char *p)
{
	for (p++; *p && *p != '"'; p++)
		if (*p == '\\' && p[1])
			p++;
	return *p ? p + 1 : p;
}

/* Over one value of any kind. */
static const char *skip_value(const char *p)
{
	int depth = 0;

	for (; *p; p++) {
		if (*p == '"') {
			p = skip_string(p) - 1;
			continue;
		}
		if (depth == 0 && strchr(",]}", *p))
			return p;
		if (*p == '[' || *p == '{')
			depth++;
		else if (*p == ']' || *p == '}')
			depth--;
	}
	return p;
}

struct sdk_raw sdk_raw_array(const char *line, const char *key)
{
	struct sdk_raw found = { NULL };
	const char *p = skip_blanks(line);
	size_t len = strlen(key);

	if (*p != '{')
		return found;
	for (p = skip_blanks(p + 1); *p == '"'; p = skip_blanks(p + (*p == ','))) {
		const char *name = p + 1;
		bool ours = strncmp(name, key, len) == 0 && name[len] == '"';

		p = skip_blanks(skip_string(p));
		p = skip_blanks(p + (*p == ':'));
		if (ours)
			found.at = *p == '[' ? p + 1 : NULL;
		p = skip_value(p);
	}
	return found;
}

bool sdk_raw_next(struct sdk_raw *raw, const char **ret_text, size_t *ret_len)
{
	const char *start, *end;

	if (!raw->at)
		return false;
	start = skip_blanks(raw->at);
	end = skip_value(start);
	raw->at = *end == ',' ? end + 1 : NULL;
	while (end > start && strchr(" \t\r\n", end[-1]))
		end--;
	*ret_text = start;
	*ret_len = (size_t)(end - start);
	return end > start;
}
