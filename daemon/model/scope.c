#include "model/scope.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

bool scope_covers(const struct scope *s, const char *place)
{
	if (s->whole)
		return true;
	for (size_t i = 0; place && i < s->count; i++)
		if (place_contains(s->places[i], place))
			return true;
	return false;
}

bool scope_touches(const struct scope *s, const char *place)
{
	if (scope_covers(s, place))
		return true;
	for (size_t i = 0; place && *place && i < s->count; i++)
		if (place_contains(place, s->places[i]))
			return true;
	return false;
}

int scope_parse(const char *text, struct scope *ret_scope)
{
	struct scope s = { .whole = !*text || str_equal(text, "*") };

	for (const char *at = text; !s.whole; at++) {
		size_t len = strcspn(at, ",");

		if (s.count == SCOPE_PLACES)
			return -E2BIG;
		if (len >= PLACE_PATH_MAX)
			return -EINVAL;
		memcpy(s.places[s.count], at, len);
		if (!place_path_valid(s.places[s.count++]))
			return -EINVAL;
		at += len;
		if (!*at)
			break;
	}
	*ret_scope = s;
	return 0;
}

void scope_write(const struct scope *s, struct str_buf *to)
{
	if (s->whole)
		str_buf_add(to, "*");
	for (size_t i = 0; !s->whole && i < s->count; i++)
		str_buf_printf(to, "%s%s", i ? "," : "", s->places[i]);
}
