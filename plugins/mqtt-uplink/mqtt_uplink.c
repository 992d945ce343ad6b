/* mqtt_uplink.c: the plugin mqtt-uplink: what leaves the estate, to an MQTT broker. One thread.
 *
 * The daemon keeps every message on disk until "delivered" names its batch. So this program holds batches while there is
 * no broker (bounded), publishes them in order, again after each reconnect, and answers a batch only when the last of its
 * messages was acknowledged. A message may reach the receiver twice, with the same seq; it is never lost here. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_host.h"
#include "sdk/sdk_log.h"
#include "sdk/sdk_mqtt.h"
#include "sdk/sdk_mqtt_url.h"
#include "sdk/sdk_probe.h"
#include "sdk/sdk_uplink_talk.h"

#define WATCH_US (1 * SDK_CLOCK_S) /* how often overdue acknowledgements are looked for */

struct settings {
	struct sdk_uplink_daemon daemon;
	char *url, *server_name, *username, *password_file, *password_credential, *client_id, *topic_prefix, *estate;
	struct sdk_tls_files tls;
	int version, ack;
	int64_t keepalive_us, ack_timeout_us;
};

struct uplink {
	struct settings settings;
	struct sdk_uplink_talk talk;
	struct sdk_probe *probe; /* of --probe */
	struct sdk_mqtt *mqtt;   /* NULL until the estate's name is known */
	struct sdk_timer watch, farewell;
	char *estate, *client_id, *status_topic, *ack_topic, *will;
	char unconfirmed[192]; /* a standing fault: the receiver is silent; "" none */
	bool stopping;
	int farewell_mid;
	uint64_t published, bad_acks;
};

static const char *check_level(const char *text)
{
	return !text[0] || strlen(text) > 64 || strpbrk(text, "+#/") ? "a name of 1 to 64 bytes without '+', '#', '/'"
								     : NULL;
}

static const struct sdk_option options[] = {
	{ "url", SDK_OPTION_TEXT, .required = true, .offset = offsetof(struct settings, url),
	  .check = sdk_mqtt_url_check, .help = "the broker, mqtt://host[:port], with TLS mqtts://host[:port]" },
	SDK_UPLINK_OPTIONS,
	SDK_TLS_OPTIONS(struct settings, tls),
	{ "server_name", SDK_OPTION_TEXT, .offset = offsetof(struct settings, server_name),
	  .help = "the name in the broker's certificate; the host of the URL if not given" },
	{ "version", SDK_OPTION_WORD, .fallback = "3.1.1", .offset = offsetof(struct settings, version),
	  .words = "3.1.1 5", .help = "of MQTT" },
	{ "ack", SDK_OPTION_WORD, .fallback = "broker", .offset = offsetof(struct settings, ack),
	  .words = "broker application", .help = "whose acknowledgement counts as delivered" },
	{ "username", SDK_OPTION_TEXT, .offset = offsetof(struct settings, username), .help = "for the broker" },
	{ "password_file", SDK_OPTION_TEXT, .offset = offsetof(struct settings, password_file),
	  .check = sdk_secret_check_file, .help = "a file whose first line is the password; read at each connect" },
	{ "password_credential", SDK_OPTION_TEXT, .offset = offsetof(struct settings, password_credential),
	  .check = sdk_secret_check_credential, .help = "instead: the name of a credential; read at each connect" },
	{ "client_id", SDK_OPTION_TEXT, .offset = offsetof(struct settings, client_id),
	  .help = "one per broker and plugin; estated-ESTATE-INSTANCE if not given" },
	{ "topic_prefix", SDK_OPTION_TEXT, .fallback = "estate/v1", .offset = offsetof(struct settings, topic_prefix),
	  .check = sdk_mqtt_check_topic, .help = "messages go to PREFIX/ESTATE/KIND" },
	{ "estate", SDK_OPTION_TEXT, .offset = offsetof(struct settings, estate), .check = check_level,
	  .help = "the estate in topics; the daemon's own if not given" },
	{ "keepalive", SDK_OPTION_DURATION, .fallback = "30s", .offset = offsetof(struct settings, keepalive_us),
	  .min = 5 * SDK_CLOCK_S, .max = 3600 * SDK_CLOCK_S, .help = "MQTT's keepalive" },
	{ "ack_timeout", SDK_OPTION_DURATION, .fallback = "60s", .offset = offsetof(struct settings, ack_timeout_us),
	  .min = 1 * SDK_CLOCK_S, .max = 3600 * SDK_CLOCK_S,
	  .help = "after this long without the acknowledgement a message is sent again" },
	{ 0 },
};

/* To the daemon. */

static void tell_state(struct uplink *u)
{
	if (u->mqtt && sdk_mqtt_is_up(u->mqtt))
		sdk_host_fault(u->talk.host, u->unconfirmed[0] ? u->unconfirmed : NULL);
}

/* To the broker. */

static void pump(struct uplink *u)
{
	struct sdk_uplink_message *m;
	char topic[512];
	int mid, r;

	while (u->mqtt && !u->stopping && sdk_mqtt_is_up(u->mqtt) && (m = sdk_uplink_next(u->talk.queue))) {
		snprintf(topic, sizeof(topic), "%s/%s/%s", u->settings.topic_prefix, u->estate, m->kind);
		r = sdk_mqtt_publish(u->mqtt, &(struct sdk_mqtt_publication){ topic, m->text, false }, &mid);
		if (r == -EMSGSIZE) {
			sdk_uplink_set_aside(u->talk.queue, m, "longer than the broker takes");
			sdk_uplink_talk_delivered(&u->talk);
			continue;
		}
		if (r < 0)
			return; /* the connection breaks; all is published again on the next one */
		sdk_uplink_published(u->talk.queue, m, mid, sdk_clock_now_us());
		u->published++;
	}
}

static char *status_text(const struct uplink *u, const char *state, const char *since)
{
	json_t *status = json_pack("{s:i,s:s,s:s}", "v", 1, "estate", u->estate, "state", state);
	char *text;

	if (since)
		json_object_set_new(status, "since", json_string(since));
	text = json_dumps(status, JSON_COMPACT);
	json_decref(status);
	if (!text)
		abort();
	return text;
}

static int publish_status(struct uplink *u, const char *state)
{
	char since[SDK_CLOCK_TEXT_MAX];
	char *text;
	int mid = 0;

	sdk_clock_format(sdk_clock_wall_us(), since);
	text = status_text(u, state, since);
	sdk_mqtt_publish(u->mqtt, &(struct sdk_mqtt_publication){ u->status_topic, text, true }, &mid);
	free(text);
	return mid;
}

/* From the broker. */

static void broker_up(void *user)
{
	struct uplink *u = user;

	sdk_log_info("connected to %s as '%s'", u->settings.url, u->client_id);
	publish_status(u, "online");
	tell_state(u);
	pump(u);
}

static void broker_lost(void *user, const char *why)
{
	struct uplink *u = user;

	sdk_uplink_rewind(u->talk.queue);
	if (u->stopping)
		sdk_host_done(u->talk.host);
	else
		sdk_host_fault(u->talk.host, why);
}

static void broker_acknowledged(void *user, int mid)
{
	struct uplink *u = user;

	if (u->stopping && mid == u->farewell_mid) {
		sdk_loop_arm(sdk_host_loop(u->talk.host), &u->farewell, 0);
		return;
	}
	if (!sdk_uplink_acknowledged(u->talk.queue, mid))
		return; /* the status */
	sdk_uplink_talk_delivered(&u->talk);
	pump(u);
}

static void broker_refused(void *user, int mid, const char *why)
{
	struct uplink *u = user;
	struct sdk_uplink_message *m = sdk_uplink_find(u->talk.queue, mid);

	if (!m)
		return; /* the status */
	sdk_uplink_set_aside(u->talk.queue, m, why);
	sdk_uplink_talk_delivered(&u->talk);
	pump(u);
}

/* {"lane":"alarm","seq":10293}: the receiver has all up to it. A retained one may be of another life: not counted. */
static void broker_message(void *user, const struct sdk_mqtt_message *message)
{
	struct uplink *u = user;
	json_t *ack, *seq;
	const char *lane;

	if (message->retained || strcmp(message->topic, u->ack_topic) != 0)
		return;
	ack = json_loadb(message->payload, message->len, 0, NULL);
	lane = json_string_value(json_object_get(ack, "lane"));
	seq = json_object_get(ack, "seq");
	if (!lane || !json_is_integer(seq)) {
		if (u->bad_acks++ == 0)
			sdk_log_warning("%s: a payload is ignored: expected {\"lane\":\"alarm\",\"seq\":1}; more are "
					"only counted",
					u->ack_topic);
	} else if (sdk_uplink_confirmed(u->talk.queue, lane, json_integer_value(seq))) {
		u->unconfirmed[0] = '\0';
		sdk_uplink_talk_delivered(&u->talk);
		tell_state(u);
	}
	json_decref(ack);
}

static const struct sdk_mqtt_events events = {
	.up = broker_up,
	.lost = broker_lost,
	.message = broker_message,
	.acknowledged = broker_acknowledged,
	.refused = broker_refused,
};

static void watch_due(struct sdk_timer *t)
{
	struct uplink *u = t->user;
	int64_t now_us = sdk_clock_now_us();
	const char *lane;

	sdk_loop_arm(sdk_host_loop(u->talk.host), &u->watch, WATCH_US);
	if (!u->mqtt || !sdk_mqtt_is_up(u->mqtt))
		return;
	if (sdk_uplink_is_stuck(u->talk.queue, now_us - u->settings.ack_timeout_us)) {
		sdk_mqtt_restart(u->mqtt, "it does not acknowledge what it is sent");
		return;
	}
	lane = sdk_uplink_rewind_unconfirmed(u->talk.queue, now_us, u->settings.ack_timeout_us);
	if (!lane)
		return;
	snprintf(u->unconfirmed, sizeof(u->unconfirmed),
		 "the receiver does not acknowledge lane %s on %.80s: its messages are sent again", lane, u->ack_topic);
	tell_state(u);
	pump(u);
}

/* From the daemon. */

static struct sdk_secret password_of(const struct settings *o)
{
	return (struct sdk_secret){ .file = o->password_file, .credential = o->password_credential };
}

/* The will's topic has the estate in it, so nothing is connected before its name is known. */
static void begin(struct uplink *u, const char *estate)
{
	const struct settings *o = &u->settings;

	u->estate = strdup(estate);
	u->client_id = sdk_mqtt_client_id(o->client_id, estate, sdk_host_instance(u->talk.host));
	if (!u->estate || asprintf(&u->status_topic, "%s/%s/status", o->topic_prefix, estate) < 0 ||
	    asprintf(&u->ack_topic, "%s/%s/ack", o->topic_prefix, estate) < 0)
		abort();
	u->will = status_text(u, "offline", NULL);
	u->mqtt = sdk_mqtt_new(sdk_host_loop(u->talk.host),
			       &(struct sdk_mqtt_settings){
				       .url = o->url,
				       .tls = &o->tls,
				       .server_name = o->server_name,
				       .version = (enum sdk_mqtt_version)o->version,
				       .client_id = u->client_id,
				       .username = o->username,
				       .password = password_of(o),
				       .keepalive_s = (int)(o->keepalive_us / SDK_CLOCK_S),
				       .session = SDK_MQTT_CLEAN,
				       .will_topic = u->status_topic,
				       .will_payload = u->will,
			       },
			       &events, u);
	if (o->ack == SDK_UPLINK_ACK_APPLICATION)
		sdk_mqtt_add_topic(u->mqtt, u->ack_topic);
	sdk_mqtt_start(u->mqtt);
}

static void take_deliver(void *user, const json_t *message)
{
	struct uplink *u = user;
	const char *estate;
	int r = sdk_uplink_talk_take(&u->talk, message);

	if (r == -EINVAL || r == -ENOBUFS)
		return;
	if (!u->mqtt) {
		estate = json_string_value(
			json_object_get(json_array_get(json_object_get(message, "messages"), 0), "estate"));
		if (estate && !check_level(estate))
			begin(u, estate);
	}
	pump(u);
}

static const struct sdk_handler handlers[] = { { "deliver", take_deliver }, { 0 } };

static void have_room(void *user)
{
	struct uplink *u = user;

	sdk_uplink_talk_delivered(&u->talk);
}

static void add_counters(void *user, json_t *counters)
{
	const struct uplink *u = user;

	sdk_uplink_talk_counters(&u->talk, counters);
	json_object_set_new(counters, "published", json_integer((json_int_t)u->published));
	json_object_set_new(counters, "bad_acks", json_integer((json_int_t)u->bad_acks));
	json_object_set_new(counters, "reconnects",
			    json_integer(u->mqtt ? (json_int_t)sdk_mqtt_reconnects(u->mqtt) : 0));
}

/* Life. */

static void farewell_due(struct sdk_timer *t)
{
	struct uplink *u = t->user;

	sdk_mqtt_stop(u->mqtt);
	sdk_host_done(u->talk.host);
}

static int start(void *user, struct sdk_host *host)
{
	struct uplink *u = user;
	const char *estate = u->settings.estate ? u->settings.estate : sdk_host_estate(host);
	struct sdk_secret password = password_of(&u->settings);
	char why[SDK_SECRET_WHY_MAX];
	int r = sdk_secret_probe(&password, why);

	u->talk.host = host;
	if (r == 0)
		r = sdk_tls_check(&u->settings.tls, why);
	if (r < 0) {
		sdk_host_fail(host, "%s", why);
		return r;
	}
	if (estate && check_level(estate)) {
		sdk_host_fail(host, "hello: estate = \"%.80s\": expected %s", estate, check_level(estate));
		return -EINVAL;
	}
	u->talk.queue = sdk_uplink_new((enum sdk_uplink_ack)u->settings.ack);
	u->watch = (struct sdk_timer){ .due = watch_due, .user = u };
	u->farewell = (struct sdk_timer){ .due = farewell_due, .user = u };
	sdk_loop_arm(sdk_host_loop(host), &u->watch, WATCH_US);
	if (estate)
		begin(u, estate);
	return 0;
}

/* The broker's answer to "offline" also means that it has all that went before. */
static int probe(void *user, struct sdk_host *host)
{
	struct uplink *x = user;

	return sdk_probe_start(host,
			       &(struct sdk_probe_broker){
				       .url = x->settings.url,
				       .tls = &x->settings.tls,
				       .server_name = x->settings.server_name,
				       .version = (enum sdk_mqtt_version)x->settings.version,
				       .username = x->settings.username,
				       .password = password_of(&x->settings),
			       },
			       &x->probe);
}

static void stop(void *user)
{
	struct uplink *u = user;

	u->stopping = true;
	if (u->mqtt && sdk_mqtt_is_up(u->mqtt))
		u->farewell_mid = publish_status(u, "offline");
	else
		sdk_host_done(u->talk.host);
}

static void fini(void *user)
{
	struct uplink *u = user;

	sdk_probe_free(u->probe);
	sdk_mqtt_free(u->mqtt);
	sdk_uplink_free(u->talk.queue);
	free(u->estate);
	free(u->client_id);
	free(u->status_topic);
	free(u->ack_topic);
	free(u->will);
}

int main(int argc, char **argv)
{
	struct uplink uplink = { 0 };

	return sdk_host_main(argc, argv,
			     &(struct sdk_plugin){
				     .name = "mqtt-uplink",
				     .about = "publishes what leaves the estate to an MQTT broker",
				     .roles = { "uplink" },
				     .options = options,
				     .settings = &uplink.settings,
				     .user = &uplink,
				     .handlers = handlers,
				     .start = start,
				     .probe = probe,
				     .room = have_room,
				     .stop = stop,
				     .fini = fini,
				     .counters = add_counters,
			     });
}
