#include "gate/crumb.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool crumb_is_token(const char *text)
{
	size_t len = 0;

	while (is_token_char(text[len]))
		if (++len >= CRUMB_TOKEN_MAX)
			return false;
	return text[len] == '\0' && len >= CRUMB_TOKEN_MIN;
}

bool crumb_token(const char *header, const char *name, char ret_token[static CRUMB_TOKEN_MAX])
{
	size_t name_len = strlen(name);

	for (const char *at = header; at && *at;) {
		const char *end = at + strcspn(at, ";"), *value;
		char token[CRUMB_TOKEN_MAX] = "";

		at += strspn(at, " \t");
		value = at + name_len + 1;
		if (value <= end && strncmp(at, name, name_len) == 0 && value[-1] == '=' &&
		    (size_t)(end - value) < CRUMB_TOKEN_MAX) {
			memcpy(token, value, (size_t)(end - value));
			if (crumb_is_token(token)) {
				memcpy(ret_token, token, sizeof(token));
				return true;
			}
		}
		at = *end ? end + 1 : end;
	}
	return false;
}

bool crumb_is_ours(const char *origin, const char *scheme, const char *host)
{
	size_t len = strlen(scheme);

	return *host && strncasecmp(origin, scheme, len) == 0 && strncmp(origin + len, "://", 3) == 0 &&
	       strcasecmp(origin + len + 3, host) == 0;
}

bool crumb_is_name(const char *host, const char *name)
{
	const char *end = *host == '[' ? strchr(host, ']') : strrchr(host, ':');
	size_t len = !end ? strlen(host) : *host == '[' ? (size_t)(end + 1 - host) : (size_t)(end - host);

	return strlen(name) == len && strncasecmp(host, name, len) == 0;
}

bool crumb_is_path(const char *path)
{
	if (*path != '/')
		return false;
	for (const char *c = path; *c; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return true;
}
