#include "intercom/station_order.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_options.h"

#define PLACE_LEN  128
#define SPEECH_LEN 2000 /* bytes */

static const struct station_order_verb verbs[] = {
	{ "prompt",
	  true,
	  { { "station", STATION_ORDER_PLACE, true },
	    { "text", STATION_ORDER_SPEECH, true },
	    { "lang", STATION_ORDER_PLACE, false } } },
	{ "call",
	  true,
	  { { "station", STATION_ORDER_PLACE, true },
	    { "to", STATION_ORDER_PLACE, false },
	    { "text", STATION_ORDER_SPEECH, false } } },
	{ "unlock", false, { { "door", STATION_ORDER_PLACE, true }, { "for", STATION_ORDER_DURATION, false } } },
};

const struct station_order_verb *station_order_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (name && strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool is_fine(const struct station_order_arg *arg, const json_t *value)
{
	size_t len = json_string_length(value);
	int64_t duration_us;

	switch (arg->kind) {
	case STATION_ORDER_PLACE: return len > 0 && len <= PLACE_LEN;
	case STATION_ORDER_SPEECH: return len > 0 && len <= SPEECH_LEN;
	case STATION_ORDER_DURATION:
		return json_is_string(value) && sdk_options_duration(json_string_value(value), &duration_us) == 0 &&
		       duration_us >= SDK_CLOCK_S && duration_us <= 600 * SDK_CLOCK_S;
	}
	return false;
}

static const struct station_order_arg *find_arg(const struct station_order_verb *verb, const char *name)
{
	for (const struct station_order_arg *a = verb->args; a < verb->args + STATION_ORDER_ARGS_MAX && a->name; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

int station_order_check(const struct station_order_verb *verb, const json_t *args,
			char ret_why[static STATION_ORDER_WHY_MAX])
{
	static const char *const expected[] = {
		[STATION_ORDER_PLACE] = "a text of at most 128 bytes",
		[STATION_ORDER_SPEECH] = "a text of at most 2000 bytes",
		[STATION_ORDER_DURATION] = "a duration from \"1s\" to \"10m\"",
	};
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)args, key, value)
	{
		const struct station_order_arg *a = find_arg(verb, key);

		if (!a || !is_fine(a, value)) {
			snprintf(ret_why, STATION_ORDER_WHY_MAX,
				 a ? "%s: '%.40s': expected %s" : "%s: there is no '%.40s'%s", verb->name, key,
				 a ? expected[a->kind] : "");
			return -EINVAL;
		}
	}
	for (const struct station_order_arg *a = verb->args; a < verb->args + STATION_ORDER_ARGS_MAX && a->name; a++)
		if (a->required && !json_object_get(args, a->name)) {
			snprintf(ret_why, STATION_ORDER_WHY_MAX, "%s: '%s' is missing: expected %s", verb->name,
				 a->name, expected[a->kind]);
			return -EINVAL;
		}
	return 0;
}
