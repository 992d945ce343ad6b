/* fuzz_sdk_options.c: plugins/sdk/sdk_options.c, and the checks of addresses and topics in sdk_mqtt.c: any options in hello:
 * either every value is within its bounds, or every mistake is told.
 *
 * Input: JSON. */
#include "fuzz.h"

#include "sdk/sdk_clock.h"
#include "sdk/sdk_mqtt.h"
#include "sdk/sdk_mqtt_url.h"
#include "sdk/sdk_options.h"

struct settings {
	char *url, *topic, *name;
	int ack, mode;
	int64_t count, any, keepalive_us, wait_us;
	bool retain, clean;
};

static const struct sdk_option table[] = {
	{ "url", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, url),
	  .check = sdk_mqtt_url_check, .help = "the broker" },
	{ "topic", SDK_OPTION_TEXT, .fallback = "estate/v1", .offset = offsetof(struct settings, topic),
	  .check = sdk_mqtt_check_topic, .help = "where to" },
	{ "name", SDK_OPTION_TEXT, .offset = offsetof(struct settings, name), .help = "a name" },
	{ "ack", SDK_OPTION_WORD, .fallback = "broker", .offset = offsetof(struct settings, ack),
	  .words = "broker application", .help = "whose" },
	{ "mode", SDK_OPTION_WORD, .offset = offsetof(struct settings, mode), .words = "a bb ccc", .help = "how" },
	{ "count", SDK_OPTION_INTEGER, .fallback = "5", .offset = offsetof(struct settings, count), .min = 1, .max = 10,
	  .help = "how many" },
	{ "any", SDK_OPTION_INTEGER, .offset = offsetof(struct settings, any), .help = "any" },
	{ "keepalive", SDK_OPTION_DURATION, .fallback = "30s", .offset = offsetof(struct settings, keepalive_us),
	  .min = 5 * SDK_CLOCK_S, .max = 3600 * SDK_CLOCK_S, .help = "keepalive" },
	{ "wait", SDK_OPTION_DURATION, .offset = offsetof(struct settings, wait_us), .help = "wait" },
	{ "retain", SDK_OPTION_BOOLEAN, .fallback = "true", .offset = offsetof(struct settings, retain),
	  .help = "retain" },
	{ "clean", SDK_OPTION_BOOLEAN, .offset = offsetof(struct settings, clean), .help = "clean" },
	{ 0 },
};

static void check_good(const struct settings *s)
{
	FUZZ_CLAIM(s->url && ((strncmp(s->url, "mqtt://", 7) == 0 && s->url[7]) ||
			      (strncmp(s->url, "mqtts://", 8) == 0 && s->url[8])));
	FUZZ_CLAIM(s->topic && s->topic[0] && s->topic[0] != '/' && !strpbrk(s->topic, "+#") &&
		   strlen(s->topic) <= 255);
	FUZZ_CLAIM(s->ack >= 0 && s->ack <= 1 && s->mode >= 0 && s->mode <= 2);
	FUZZ_CLAIM(s->count >= 1 && s->count <= 10);
	FUZZ_CLAIM(s->keepalive_us >= 5 * SDK_CLOCK_S && s->keepalive_us <= 3600 * SDK_CLOCK_S && s->wait_us >= 0);
}

static void check_durations(const json_t *options)
{
	const char *text = json_string_value(json_object_get(options, "wait"));
	int64_t us = -1;

	if (text && sdk_options_duration(text, &us) == 0)
		FUZZ_CLAIM(us >= 0 && us % SDK_CLOCK_MS == 0);
	else
		FUZZ_CLAIM(us == -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *options = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
	struct sdk_options_problems *problems = calloc(1, sizeof(*problems));
	struct settings settings = { 0 };
	int r;

	if (!problems)
		abort();
	r = sdk_options_read(table, options, &settings, problems);
	FUZZ_CLAIM((r == 0) == (problems->count == 0));
	FUZZ_CLAIM(strnlen(problems->text, sizeof(problems->text)) == problems->len &&
		   problems->len < sizeof(problems->text));
	FUZZ_CLAIM(problems->count == 0 || problems->len > 0);
	if (r == 0)
		check_good(&settings);
	check_durations(options);
	sdk_options_fini(table, &settings);
	free(problems);
	json_decref(options);
	return 0;
}
