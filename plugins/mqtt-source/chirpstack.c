#include "mqtt-source/chirpstack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt-source/lorawan.h"
#include "sdk/sdk_clock.h"
#include "sdk/sdk_log.h"
#include "sdk/sdk_options.h"

#define LOGGED_MAX      256
#define INTERVAL_MAX_US (366 * 24 * 3600 * SDK_CLOCK_S)

struct chirpstack {
	const char *base;
	struct teller *teller;
	json_t *logged; /* set of EUIs whose log was told */
};

/* A message of a device. */
struct event {
	char eui[17];
	const char *kind; /* "up" */
	json_t *message;
	struct lorawan_uplink uplink;
};

/* "APPLICATION/device/DEVEUI/event/KIND" */
static bool split_topic(const char *rest, struct event *e)
{
	const char *device = strstr(rest, "/device/");
	const char *eui = device ? device + strlen("/device/") : NULL;
	const char *event = eui ? strstr(eui, "/event/") : NULL;

	if (!event || event - eui != 16)
		return false;
	snprintf(e->eui, sizeof(e->eui), "%.16s", eui);
	e->kind = event + strlen("/event/");
	return lorawan_is_eui(e->eui) && !strchr(e->kind, '/');
}

/* "1h", or seconds; 0: it does not say. */
static int64_t interval_of(const json_t *info)
{
	const char *text = json_string_value(json_object_get(json_object_get(info, "tags"), "interval"));
	int64_t interval_us = 0;

	if (!text)
		return 0;
	if (sdk_options_duration(text, &interval_us) < 0 && strspn(text, "0123456789") == strlen(text) &&
	    strlen(text) < 9)
		interval_us = strtol(text, NULL, 10) * SDK_CLOCK_S;
	return interval_us <= INTERVAL_MAX_US ? interval_us : 0;
}

/* What it said of its own time and make. */
static void read_info(struct chirpstack *c, struct event *e, const struct teller_input *input)
{
	const json_t *info = json_object_get(e->message, "deviceInfo");

	e->uplink = (struct lorawan_uplink){
		.eui = e->eui,
		.name = json_string_value(json_object_get(info, "deviceName")),
		.model = json_string_value(json_object_get(info, "deviceProfileName")),
		.session = json_string_value(json_object_get(e->message, "devAddr")),
		.fields = e->message,
		.input = input,
	};
	teller_parse_time(json_object_get(e->message, "time"), input->received_us, &e->uplink.at_us);
	teller_expect(c->teller, e->eui, interval_of(info));
}

/* Of messages that are no frames: the broker says them again too. */
static bool is_repeated(struct chirpstack *c, const struct event *e)
{
	const char *id = json_string_value(json_object_get(e->message, "deduplicationId"));
	const struct teller_input *input = e->uplink.input;

	return id && !input->retained &&
	       teller_is_repeated(c->teller, e->uplink.at_us ? e->uplink.at_us : input->received_us, "%s/%s/%s", e->eui,
				  e->kind, id);
}

static void take_up(struct chirpstack *c, struct event *e)
{
	json_t *object = json_object_get(e->message, "object");

	e->uplink.object = json_is_object(object) ? object : NULL;
	if (e->uplink.input->retained || !lorawan_is_repeated(c->teller, &e->uplink))
		lorawan_tell(c->teller, &e->uplink);
}

/* 0 … 100 with a fraction; nothing where it hangs on the mains or does not know. */
static void take_status(struct chirpstack *c, struct event *e)
{
	const json_t *level = json_object_get(e->message, "batteryLevel");

	if (json_is_number(level) && !json_is_true(json_object_get(e->message, "batteryLevelUnavailable")) &&
	    !json_is_true(json_object_get(e->message, "externalPowerSource")))
		json_object_set(e->message, "battery", (json_t *)level);
	if (!is_repeated(c, e))
		lorawan_tell(c->teller, &e->uplink);
}

/* A device that joins is there; what it has to say comes with its first uplink. */
static void take_join(struct chirpstack *c, struct event *e)
{
	const json_t *ids = lorawan_find(c->teller, e->eui, e->uplink.name);
	json_t *fields = json_pack("{s:s}", "event", "join");

	if (ids && !is_repeated(c, e))
		teller_sample(c->teller, &(struct teller_sample){ .ids = ids,
								  .fields = fields,
								  .input = e->uplink.input,
								  .at_us = e->uplink.at_us });
	json_decref(fields);
}

static void take_log(struct chirpstack *c, struct event *e)
{
	const char *code = json_string_value(json_object_get(e->message, "code"));
	const char *text = json_string_value(json_object_get(e->message, "description"));

	if (json_object_get(c->logged, e->eui) || json_object_size(c->logged) >= LOGGED_MAX)
		return;
	json_object_set_new(c->logged, e->eui, json_true());
	sdk_log_warning("ChirpStack says of %s (%.100s): %.60s: %.300s; more of this device are left out", e->eui,
			e->uplink.name ? e->uplink.name : "", code ? code : "", text ? text : "");
}

static void take(void *state, const struct teller_input *input)
{
	static const struct {
		const char *kind;
		void (*take)(struct chirpstack *c, struct event *e);
	} kinds[] = { { "up", take_up }, { "status", take_status }, { "join", take_join }, { "log", take_log } };
	struct chirpstack *c = state;
	const char *rest = dialect_rest(input->topic, c->base);
	struct event e = { 0 };

	if (!rest || input->len == 0 || !split_topic(rest, &e))
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(e.kind, kinds[i].kind) != 0)
			continue;
		e.message = teller_parse(c->teller, input);
		if (!e.message)
			return;
		read_info(c, &e, input);
		kinds[i].take(c, &e);
		json_decref(e.message);
		return;
	}
}

/* Life. */

static void *chirpstack_new(const struct dialect_setup *setup)
{
	struct chirpstack *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->base = setup->base;
	c->teller = setup->teller;
	c->logged = json_object();
	teller_subscribe(c->teller, "%s/+/device/+/event/+", c->base);
	return c;
}

static void chirpstack_free(void *state)
{
	struct chirpstack *c = state;

	json_decref(c->logged);
	free(c);
}

const struct dialect chirpstack_dialect = {
	.name = "chirpstack",
	.base = "application",
	.new = chirpstack_new,
	.free = chirpstack_free,
	.take = take,
};
