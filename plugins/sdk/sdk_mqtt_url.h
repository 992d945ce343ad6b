/* sdk_mqtt_url.h: where a broker is: mqtt://host[:port], mqtts://host[:port]. Pure. */
#pragma once

#include <stdbool.h>

struct sdk_mqtt_url {
	char host[256]; /* a name or a numeric address, without brackets */
	int port;
	bool tls;
};

bool sdk_mqtt_url_split(const char *url, struct sdk_mqtt_url *ret_url);
/* For the option table: NULL or what was expected. */
const char *sdk_mqtt_url_check(const char *url);
