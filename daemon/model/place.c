#include "model/place.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

#define SEGMENTS_MAX 6

bool place_path_valid(const char *path)
{
	size_t segments = 0;

	if (!path || strlen(path) >= PLACE_PATH_MAX)
		return false;
	for (;;) {
		char segment[PLACE_PATH_MAX] = "";
		size_t len = strcspn(path, "/");

		memcpy(segment, path, len);
		if (!str_is_id(segment) || ++segments > SEGMENTS_MAX)
			return false;
		if (!path[len])
			return true;
		path += len + 1;
	}
}

bool place_contains(const char *outer, const char *inner)
{
	size_t len = strlen(outer);

	return strncmp(outer, inner, len) == 0 && (inner[len] == '\0' || inner[len] == '/');
}

size_t place_first_len(const char *path)
{
	return strcspn(path, "/");
}

int place_floor(const char *path)
{
	const char *last = strrchr(path, '/');
	int number = 0;
	size_t digits = 0;

	if (!last)
		return 0; /* a building */
	for (last++; isdigit((unsigned char)last[digits]) && digits < 5; digits++)
		number = number * 10 + (last[digits] - '0');
	/* 1204, 302 and 1204a say their floor; 12, 12004 and pump-room do not. */
	if (digits < 3 || digits > 4)
		return 0;
	if (last[digits] && !(isalpha((unsigned char)last[digits]) && !last[digits + 1]))
		return 0;
	return number / 100;
}
