/* mqtt_source.c: the plugin mqtt-source: devices that an MQTT broker knows of. One thread.
 *
 * It speaks MQTT through sdk_mqtt, has the dialect's module read what came, and tells the daemon. The session at the broker is
 * kept (clean_session = false), so messages wait there while this plugin is away. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "mqtt-source/dialect.h"
#include "sdk/sdk_clock.h"
#include "sdk/sdk_host.h"
#include "sdk/sdk_log.h"
#include "sdk/sdk_mqtt.h"
#include "sdk/sdk_mqtt_url.h"
#include "sdk/sdk_probe.h"

#define OVERDUE_US  (5 * SDK_CLOCK_S)  /* how long messages of unknown names wait for a list of names */
#define TICK_US     (15 * SDK_CLOCK_S) /* silence is looked for, the least often */
#define KEEPALIVE_S 30

struct settings {
	char *url, *server_name, *base, *username, *password_file, *password_credential, *client_id;
	struct sdk_tls_files tls;
	int64_t silent_after_us;
	int dialect;
};

struct source {
	struct settings settings;
	struct sdk_host *host;
	struct sdk_probe *probe; /* of --probe */
	struct sdk_mqtt *mqtt;
	const struct dialect *dialect;
	void *state; /* the dialect's */
	struct teller *teller;
	struct sdk_timer overdue, tick;
	char *client_id;
	const char *trouble; /* what stands behind the broker cannot work; NULL: it can */
	uint64_t stored, lost_samples;
};

/* As sdk_mqtt_check_topic; gateways have topics that begin with a '/'. */
static const char *check_base(const char *base)
{
	return sdk_mqtt_check_topic(base + (base[0] == '/'));
}

static const struct sdk_option options[] = {
	{ "url", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, url),
	  .check = sdk_mqtt_url_check, .help = "the broker, mqtt://host[:port], with TLS mqtts://host[:port]" },
	SDK_TLS_OPTIONS(struct settings, tls),
	{ "server_name", SDK_OPTION_TEXT, .offset = offsetof(struct settings, server_name),
	  .help = "the name in the broker's certificate; the host of the URL if not given" },
	{ "dialect", SDK_OPTION_WORD, .fallback = "zigbee2mqtt", .offset = offsetof(struct settings, dialect),
	  .words = DIALECT_WORDS, .help = "who publishes there: how topics and payloads are to be read" },
	{ "base", SDK_OPTION_TEXT, .offset = offsetof(struct settings, base), .check = check_base,
	  .help = "the topic under which it publishes; the dialect's usual one if not given" },
	{ "silent_after", SDK_OPTION_DURATION, .offset = offsetof(struct settings, silent_after_us), .min = SDK_CLOCK_S,
	  .max = 366 * 24 * 3600 * SDK_CLOCK_S,
	  .help = "a device that was not heard for so long is stale; what its profile says counts beside it" },
	{ "username", SDK_OPTION_TEXT, .offset = offsetof(struct settings, username), .help = "for the broker" },
	{ "password_file", SDK_OPTION_TEXT, .offset = offsetof(struct settings, password_file),
	  .check = sdk_secret_check_file, .help = "a file whose first line is the password; read at each connect" },
	{ "password_credential", SDK_OPTION_TEXT, .offset = offsetof(struct settings, password_credential),
	  .check = sdk_secret_check_credential, .help = "instead: the name of a credential; read at each connect" },
	{ "client_id", SDK_OPTION_TEXT, .offset = offsetof(struct settings, client_id),
	  .help = "one per broker and plugin, never changed; estated-ESTATE-INSTANCE if not given" },
	{ 0 },
};

/* To the daemon. */

static void send_message(void *user, json_t *message)
{
	struct source *s = user;

	if (sdk_host_send(s->host, message) < 0 && s->lost_samples++ == 0)
		sdk_log_error(
			"a message did not fit into a line for the daemon and was dropped; more are only counted");
	if (!sdk_host_has_room(s->host))
		sdk_mqtt_hold(s->mqtt);
}

static void tell_state(struct source *s)
{
	sdk_host_fault(s->host, s->trouble);
}

static void trouble_changed(void *user, const char *text)
{
	struct source *s = user;

	s->trouble = text;
	if (sdk_mqtt_is_up(s->mqtt))
		tell_state(s);
}

static void subscribe(void *user, const char *topic)
{
	struct source *s = user;

	sdk_mqtt_add_topic(s->mqtt, topic);
}

/* From the broker. */

static void arm_tick(struct source *s)
{
	int64_t third_us = s->settings.silent_after_us / 3;

	sdk_loop_arm(sdk_host_loop(s->host), &s->tick, third_us > 0 && third_us < TICK_US ? third_us : TICK_US);
}

static void broker_up(void *user)
{
	struct source *s = user;

	sdk_log_info("connected to %s as '%s'", s->settings.url, s->client_id);
	sdk_loop_arm(sdk_host_loop(s->host), &s->overdue, OVERDUE_US);
	arm_tick(s);
	teller_listen(s->teller, sdk_clock_now_us());
	tell_state(s);
}

static void broker_lost(void *user, const char *why)
{
	struct source *s = user;

	sdk_loop_disarm(sdk_host_loop(s->host), &s->overdue);
	sdk_loop_disarm(sdk_host_loop(s->host), &s->tick);
	if (s->dialect->disconnected)
		s->dialect->disconnected(s->state);
	sdk_host_fault(s->host, why);
}

static void broker_message(void *user, const struct sdk_mqtt_message *message)
{
	struct source *s = user;

	s->dialect->take(s->state, &(struct teller_input){
					   .topic = message->topic,
					   .payload = message->payload,
					   .len = message->len,
					   .retained = message->retained,
					   .received_us = sdk_clock_wall_us(),
					   .now_us = sdk_clock_now_us(),
				   });
}

static void overdue(struct sdk_timer *t)
{
	struct source *s = t->user;

	if (s->dialect->overdue)
		s->dialect->overdue(s->state);
}

static void tick(struct sdk_timer *t)
{
	struct source *s = t->user;

	arm_tick(s);
	if (!sdk_host_has_room(s->host))
		return; /* what was not read yet may be of who seems silent */
	teller_tick(s->teller, sdk_clock_now_us());
	if (s->dialect->tick)
		s->dialect->tick(s->state, sdk_clock_now_us());
}

static const struct sdk_mqtt_events events = {
	.up = broker_up,
	.lost = broker_lost,
	.message = broker_message,
};

/* From the daemon. */

/* Nothing is kept after it was sent, so nothing is to be forgotten: the broker was answered before we saw the message. */
static void take_stored(void *user, const json_t *message)
{
	struct source *s = user;

	(void)message;
	s->stored++;
}

static const struct sdk_handler handlers[] = { { "stored", take_stored }, { 0 } };

static void have_room(void *user)
{
	struct source *s = user;

	sdk_mqtt_release(s->mqtt);
}

static void add_counters(void *user, json_t *counters)
{
	const struct source *s = user;
	const struct teller_counts *c = teller_counts(s->teller);

	json_object_set_new(counters, "samples", json_integer((json_int_t)c->samples));
	json_object_set_new(counters, "stored", json_integer((json_int_t)s->stored));
	json_object_set_new(counters, "bad_payloads", json_integer((json_int_t)c->bad_payloads));
	json_object_set_new(counters, "repeated", json_integer((json_int_t)c->repeated));
	json_object_set_new(counters, "discovered", json_integer((json_int_t)c->discovered));
	json_object_set_new(counters, "reconnects", json_integer((json_int_t)sdk_mqtt_reconnects(s->mqtt)));
}

/* Life. */

static void random_prefix(char ret_prefix[static 20])
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		random = (uint64_t)sdk_clock_wall_us();
	snprintf(ret_prefix, 20, "%016llx", (unsigned long long)random);
}

static struct sdk_secret password_of(const struct settings *o)
{
	return (struct sdk_secret){ .file = o->password_file, .credential = o->password_credential };
}

/* After the connection exists: it subscribes at once. */
static void open_dialect(struct source *s)
{
	const struct settings *o = &s->settings;
	char prefix[20];

	random_prefix(prefix);
	s->dialect = dialect_table[o->dialect];
	s->teller = teller_new(&(struct teller_setup){
		.id_prefix = prefix,
		.devices = sdk_host_devices(s->host),
		.silent_after_us = o->silent_after_us,
		.calls = { .user = s, .send = send_message, .trouble = trouble_changed, .subscribe = subscribe },
	});
	s->state = s->dialect->new (&(struct dialect_setup){
		.base = o->base ? o->base : s->dialect->base,
		.also = o->base ? NULL : s->dialect->also,
		.teller = s->teller,
	});
}

static int start(void *user, struct sdk_host *host)
{
	struct source *s = user;
	struct settings *o = &s->settings;
	struct sdk_secret password = password_of(o);
	char why[SDK_SECRET_WHY_MAX];
	int r = sdk_secret_probe(&password, why);

	s->host = host;
	if (r == 0)
		r = sdk_tls_check(&o->tls, why);
	if (r < 0) {
		sdk_host_fail(host, "%s", why);
		return r;
	}
	s->client_id = sdk_mqtt_client_id(o->client_id, sdk_host_estate(host), sdk_host_instance(host));
	s->overdue = (struct sdk_timer){ .due = overdue, .user = s };
	s->tick = (struct sdk_timer){ .due = tick, .user = s };
	s->mqtt = sdk_mqtt_new(sdk_host_loop(host),
			       &(struct sdk_mqtt_settings){
				       .url = o->url,
				       .tls = &o->tls,
				       .server_name = o->server_name,
				       .client_id = s->client_id,
				       .username = o->username,
				       .password = password,
				       .keepalive_s = KEEPALIVE_S,
				       .session = SDK_MQTT_KEPT,
			       },
			       &events, s);
	open_dialect(s);
	sdk_mqtt_start(s->mqtt);
	return 0;
}

static int probe(void *user, struct sdk_host *host)
{
	struct source *x = user;

	return sdk_probe_start(host,
			       &(struct sdk_probe_broker){
				       .url = x->settings.url,
				       .tls = &x->settings.tls,
				       .server_name = x->settings.server_name,
				       .username = x->settings.username,
				       .password = password_of(&x->settings),
			       },
			       &x->probe);
}

static void stop(void *user)
{
	struct source *s = user;

	sdk_mqtt_stop(s->mqtt);
	sdk_host_done(s->host);
}

static void fini(void *user)
{
	struct source *s = user;

	sdk_probe_free(s->probe);
	if (s->state)
		s->dialect->free(s->state);
	teller_free(s->teller);
	sdk_mqtt_free(s->mqtt);
	free(s->client_id);
}

int main(int argc, char **argv)
{
	struct source source = { 0 };

	return sdk_host_main(argc, argv,
			     &(struct sdk_plugin){
				     .name = "mqtt-source",
				     .about = "reads devices that publish to an MQTT broker",
				     .roles = { "source" },
				     .options = options,
				     .settings = &source.settings,
				     .user = &source,
				     .handlers = handlers,
				     .start = start,
				     .probe = probe,
				     .room = have_room,
				     .stop = stop,
				     .fini = fini,
				     .counters = add_counters,
			     });
}
