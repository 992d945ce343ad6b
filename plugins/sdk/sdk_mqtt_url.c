#include "sdk/sdk_mqtt_url.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *prefix;
	int port; /* where none is given */
	bool tls;
} schemes[] = { { "mqtt://", 1883, false }, { "mqtts://", 8883, true } };

/* Of names and of addresses. */
static const char host_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%";

/* Behind the scheme; NULL: none of ours. */
static const char *take_scheme(const char *url, struct sdk_mqtt_url *to)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t len = strlen(schemes[i].prefix);

		if (strncmp(url, schemes[i].prefix, len) != 0)
			continue;
		to->port = schemes[i].port;
		to->tls = schemes[i].tls;
		return url + len;
	}
	return NULL;
}

/* ":8883", moved behind it. */
static bool take_port(const char **at, int *ret_port)
{
	const char *digits = *at + 1;
	char *rest;
	long number;

	if (**at != ':')
		return true;
	number = strtol(digits, &rest, 10);
	if (rest == digits || *digits < '0' || *digits > '9' || number < 1 || number > 65535)
		return false;
	*at = rest;
	*ret_port = (int)number;
	return true;
}

bool sdk_mqtt_url_split(const char *url, struct sdk_mqtt_url *ret_url)
{
	struct sdk_mqtt_url parts = { .port = 0 };
	const char *start = take_scheme(url, &parts), *end, *after;

	if (!start)
		return false;
	if (*start == '[') {
		end = strchr(++start, ']');
		after = end ? end + 1 : NULL;
	} else {
		after = end = start + strcspn(start, ":/");
	}
	if (!end || end == start || end - start > 255 || strspn(start, host_bytes) < (size_t)(end - start))
		return false;
	if (!take_port(&after, &parts.port) || (*after && strcmp(after, "/") != 0))
		return false;
	memcpy(parts.host, start, (size_t)(end - start));
	*ret_url = parts;
	return true;
}

const char *sdk_mqtt_url_check(const char *url)
{
	struct sdk_mqtt_url parts;

	return sdk_mqtt_url_split(url, &parts)
		       ? NULL
		       : "mqtt://host[:port] or mqtts://host[:port], the user name in its own option";
}
