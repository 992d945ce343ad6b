#include "mqtt-source/dialect.h"

#include <string.h>
#include <strings.h>

#include "mqtt-source/chirpstack.h"
#include "mqtt-source/milesight.h"
#include "mqtt-source/plain.h"
#include "mqtt-source/tuya.h"
#include "mqtt-source/z2m.h"

const struct dialect *const dialect_table[] = {
	&z2m_dialect, &chirpstack_dialect, &milesight_dialect, &tuya_dialect, &plain_dialect, NULL,
};

const char *dialect_rest(const char *topic, const char *base)
{
	size_t len;

	topic += topic[0] == '/';
	base += base[0] == '/';
	len = strlen(base);
	return strncmp(topic, base, len) == 0 && topic[len] == '/' ? topic + len + 1 : NULL;
}

const char *dialect_last(const char *rest)
{
	const char *slash = strrchr(rest, '/');

	return slash ? slash + 1 : rest;
}

bool dialect_is_order(const char *rest)
{
	static const char *const words[] = { "set", "get", "cmnd", "cmd", "command", "rpc", "down", "downlink" };
	const char *at = rest;

	while (*at) {
		size_t len = strcspn(at, "/");

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strlen(words[i]) == len && strncasecmp(at, words[i], len) == 0)
				return true;
		at += len + (at[len] == '/');
	}
	return false;
}
