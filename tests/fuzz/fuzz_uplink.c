/* fuzz_uplink.c: the plugin mqtt-uplink whole, between a daemon and a broker that are made here: whatever the daemon delivers
 * and whatever the broker and the receiver answer, in whatever order:
 *
 * - what is published stands in an accepted batch, byte for byte, and the lane "alarm" goes first;
 * - a batch is delivered once, in the order of its lane, and only when each of its messages was published and acknowledged
 *   (by the broker, or by the receiver where that is asked for); and then at once;
 * - what is set aside is told when all before it are done, and its lane is empty then;
 * - within a lane nothing is held before something that was published; counters agree with what is there.
 *
 * Input: a line with the word of `ack`, then lines: a letter, a blank, what it needs.
 *   D json   the daemon's deliver        R        the last one again        u, l     the broker comes, goes
 *   p n      the n-th publication that waits is acknowledged (* all)        a, A     the receiver's acknowledgement, retained
 *   r n      the n-th that waits is refused for good                       X        the next publication is too long
 *   t n      n seconds pass              x        the next publication fails         q       the daemon says stop */
#include "fuzz.h"

#include "base/util.h"

int mqtt_uplink_main(int argc, char **argv);
#define main mqtt_uplink_main
#include "mqtt-uplink/mqtt_uplink.c"
#undef main
#include "sdk/sdk_uplink.c"
#include "sdk/sdk_uplink_talk.c"

#define BATCHES 64
#define IN_WAY  1024 /* publications that wait for a PUBACK */

struct model_message {
	char *text;
	int64_t seq;
	bool published, acknowledged, confirmed, aside;
};

struct model_batch {
	json_int_t number;
	char lane[LANE_NAME_MAX];
	struct model_message *messages;
	size_t count;
	bool delivered;
};

/* The world around the plugin. The opaque structs of the sdk are made of it. */
static struct world {
	struct uplink uplink;
	struct model_batch batches[BATCHES];
	size_t batch_count;
	int mids[IN_WAY];
	struct model_message *in_way[IN_WAY];
	size_t in_way_count;
	int next_mid;
	int64_t now_us;
	char *line; /* the last deliver */
	bool held;  /* and was taken */
	bool up, fails, too_long, refused, emptied, done;
} world;

/* ---- the daemon ---- */

static struct model_batch *find_model(json_int_t number)
{
	for (size_t i = 0; i < world.batch_count; i++)
		if (world.batches[i].number == number)
			return &world.batches[i];
	return NULL;
}

static void check_delivered(json_int_t number)
{
	struct model_batch *b = find_model(number);
	bool application = world.uplink.settings.ack == SDK_UPLINK_ACK_APPLICATION;

	FUZZ_CLAIM(b && !b->delivered);
	b->delivered = true;
	for (size_t i = 0; i < b->count; i++)
		FUZZ_CLAIM(b->messages[i].published &&
			   (application ? b->messages[i].confirmed : b->messages[i].acknowledged));
	for (struct model_batch *other = world.batches; other < b; other++)
		FUZZ_CLAIM(other->delivered || strcmp(other->lane, b->lane) != 0);
}

static void forget(struct model_batch *b);

static bool is_done_in_model(const struct model_message *m)
{
	return m->published &&
	       (world.uplink.settings.ack == SDK_UPLINK_ACK_APPLICATION ? m->confirmed : m->acknowledged);
}

/* All before it are done; all of its lane is the daemon's again. */
static void check_aside(json_int_t number, json_int_t seq)
{
	struct model_batch *b = find_model(number);
	char lane[LANE_NAME_MAX];
	size_t i = 0;

	FUZZ_CLAIM(b && !b->delivered);
	memcpy(lane, b->lane, sizeof(lane));
	for (; b->messages[i].seq != seq; i++)
		FUZZ_CLAIM(i + 1 < b->count && is_done_in_model(&b->messages[i]));
	FUZZ_CLAIM(b->messages[i].aside);
	for (struct model_batch *other = world.batches; other < b; other++)
		FUZZ_CLAIM(other->delivered || strcmp(other->lane, lane) != 0);
	for (i = world.batch_count; i-- > 0;)
		if (strcmp(world.batches[i].lane, lane) == 0 && !world.batches[i].delivered)
			forget(&world.batches[i]);
	world.emptied = true;
}

int sdk_host_send(struct sdk_host *host, json_t *message)
{
	json_t *seq = json_object_get(message, "seq");
	const char *type = json_string_value(json_object_get(message, "type"));
	json_int_t number = json_integer_value(json_object_get(message, "batch"));

	(void)host;
	FUZZ_CLAIM(type);
	if (strcmp(type, "delivered") == 0)
		check_delivered(number);
	else
		FUZZ_CLAIM(strcmp(type, "refused") == 0 && json_string_value(json_object_get(message, "text")));
	if (seq)
		check_aside(number, json_integer_value(seq));
	world.refused = world.refused || (strcmp(type, "refused") == 0 && !seq);
	json_decref(message);
	return 0;
}

int sdk_host_main(int argc, char **argv, const struct sdk_plugin *plugin)
{
	(void)argc;
	(void)argv;
	(void)plugin;
	return 0;
}

struct sdk_loop *sdk_host_loop(struct sdk_host *host)
{
	(void)host;
	return NULL;
}

const char *sdk_host_instance(const struct sdk_host *host)
{
	(void)host;
	return "cloud";
}

const char *sdk_host_estate(const struct sdk_host *host)
{
	(void)host;
	return "demo";
}

const char *sdk_host_line(const struct sdk_host *host)
{
	(void)host;
	return world.line;
}

bool sdk_host_has_room(const struct sdk_host *host)
{
	(void)host;
	return true;
}

void sdk_host_fault(struct sdk_host *host, const char *text)
{
	(void)host;
	FUZZ_CLAIM(!text || text[0]);
}

void sdk_host_fail(struct sdk_host *host, const char *fmt, ...)
{
	(void)host;
	(void)fmt;
}

void sdk_host_done(struct sdk_host *host)
{
	(void)host;
	world.done = true;
}

void sdk_log_warning(const char *fmt, ...)
{
	(void)fmt;
}

void sdk_log_info(const char *fmt, ...)
{
	(void)fmt;
}

void sdk_loop_arm(struct sdk_loop *loop, struct sdk_timer *t, int64_t delay_us)
{
	(void)loop;
	t->armed = delay_us == 0;
}

/* ---- the clock ---- */

int64_t sdk_clock_now_us(void)
{
	return world.now_us;
}

int64_t sdk_clock_wall_us(void)
{
	return world.now_us;
}

void sdk_clock_format(int64_t wall_us, char ret_text[static SDK_CLOCK_TEXT_MAX])
{
	snprintf(ret_text, SDK_CLOCK_TEXT_MAX, "%lld", (long long)wall_us);
}

/* ---- the broker ---- */

const char *sdk_mqtt_url_check(const char *url)
{
	(void)url;
	return NULL;
}

const char *sdk_mqtt_check_topic(const char *topic)
{
	(void)topic;
	return NULL;
}

const char *sdk_tls_check_file(const char *path)
{
	(void)path;
	return NULL;
}

int sdk_tls_check(const struct sdk_tls_files *files, char ret_why[static SDK_SECRET_WHY_MAX])
{
	(void)files;
	(void)ret_why;
	return 0;
}

int sdk_probe_start(struct sdk_host *host, const struct sdk_probe_broker *broker, struct sdk_probe **ret_probe)
{
	(void)host;
	(void)broker;
	(void)ret_probe;
	return -ENOTSUP; /* nobody calls it with --probe here */
}

void sdk_probe_free(struct sdk_probe *p)
{
	FUZZ_CLAIM(!p);
}

const char *sdk_secret_check_file(const char *path)
{
	(void)path;
	return NULL;
}

const char *sdk_secret_check_credential(const char *name)
{
	(void)name;
	return NULL;
}

int sdk_secret_probe(const struct sdk_secret *s, char ret_why[static SDK_SECRET_WHY_MAX])
{
	(void)s;
	(void)ret_why;
	return 0;
}

char *sdk_mqtt_client_id(const char *given, const char *estate, const char *instance)
{
	(void)given;
	(void)estate;
	return strdup(instance);
}

struct sdk_mqtt *sdk_mqtt_new(struct sdk_loop *loop, const struct sdk_mqtt_settings *settings,
			      const struct sdk_mqtt_events *broker_events, void *user)
{
	(void)loop;
	(void)broker_events;
	FUZZ_CLAIM(settings->will_topic && settings->will_payload);
	return user; /* anything but NULL: nobody looks into it */
}

void sdk_mqtt_free(struct sdk_mqtt *m)
{
	(void)m;
}

void sdk_mqtt_start(struct sdk_mqtt *m)
{
	(void)m;
}

void sdk_mqtt_add_topic(struct sdk_mqtt *m, const char *topic)
{
	(void)m;
	FUZZ_CLAIM(strcmp(topic, "estate/v1/demo/ack") == 0);
}

void sdk_mqtt_stop(struct sdk_mqtt *m)
{
	(void)m;
	world.up = false;
}

uint64_t sdk_mqtt_reconnects(const struct sdk_mqtt *m)
{
	(void)m;
	return 0;
}

bool sdk_mqtt_is_up(const struct sdk_mqtt *m)
{
	(void)m;
	return world.up;
}

static void lose(const char *why)
{
	world.up = false;
	world.in_way_count = 0;
	broker_lost(&world.uplink, why);
}

void sdk_mqtt_restart(struct sdk_mqtt *m, const char *why)
{
	(void)m;
	lose(why);
}

/* What is published is what the queue offers next; it must stand so in an accepted batch of that lane. */
static struct model_message *find_published(const char *text)
{
	struct sdk_uplink *q = world.uplink.talk.queue;
	const struct sdk_uplink_message *next = sdk_uplink_next(q);
	struct batch *batch;
	const char *lane;

	FUZZ_CLAIM(next && next->text == text);
	lane = lane_of(q, next, &batch)->name;
	FUZZ_CLAIM(strcmp(lane, "alarm") == 0 || !first_held(&q->lanes[0]) || q->lanes[0].in_flight >= WINDOW_ALARM);
	for (size_t i = 0; i < world.batch_count; i++)
		for (size_t k = 0; k < world.batches[i].count && strcmp(world.batches[i].lane, lane) == 0; k++)
			if (world.batches[i].messages[k].seq == next->seq) {
				FUZZ_CLAIM(!world.batches[i].delivered);
				FUZZ_CLAIM(strcmp(world.batches[i].messages[k].text, text) == 0);
				return &world.batches[i].messages[k];
			}
	return NULL;
}

int sdk_mqtt_publish(struct sdk_mqtt *m, const struct sdk_mqtt_publication *p, int *ret_mid)
{
	struct model_message *message = NULL;

	(void)m;
	*ret_mid = ++world.next_mid;
	if (!p->retain) {
		message = find_published(p->payload);
		FUZZ_CLAIM(message && strncmp(p->topic, "estate/v1/demo/", 15) == 0 && p->topic[15]);
	}
	if (!world.up || world.fails || world.in_way_count == IN_WAY) {
		world.fails = false;
		return -EIO;
	}
	if (message && world.too_long) {
		world.too_long = false;
		message->aside = true;
		return -EMSGSIZE;
	}
	if (message)
		message->published = true;
	world.in_way[world.in_way_count] = message;
	world.mids[world.in_way_count++] = *ret_mid;
	return 0;
}

static int take_from_way(size_t which)
{
	int mid = world.mids[which];

	world.in_way_count--;
	memmove(world.mids + which, world.mids + which + 1, (world.in_way_count - which) * sizeof(world.mids[0]));
	memmove(world.in_way + which, world.in_way + which + 1, (world.in_way_count - which) * sizeof(world.in_way[0]));
	return mid;
}

static void acknowledge(size_t which)
{
	if (world.in_way[which])
		world.in_way[which]->acknowledged = true;
	broker_acknowledged(&world.uplink, take_from_way(which));
}

/* Of the status nobody is told. */
static void refuse_for_good(size_t which)
{
	if (world.in_way[which])
		world.in_way[which]->aside = true;
	broker_refused(&world.uplink, take_from_way(which), "it is too long");
}

/* ---- steps ---- */

/* Whether the model can follow: a number and seqs that were not there before. The daemon never sends others. */
static bool is_new(const json_t *deliver, const char *lane)
{
	json_t *messages = json_object_get(deliver, "messages"), *message;
	size_t i;

	if (world.batch_count == BATCHES || find_model(json_integer_value(json_object_get(deliver, "batch"))))
		return false;
	json_array_foreach(messages, i, message)
	{
		json_int_t seq = json_integer_value(json_object_get(message, "seq"));

		for (size_t k = 0; k < i; k++)
			if (json_integer_value(json_object_get(json_array_get(messages, k), "seq")) == seq)
				return false;
		for (size_t b = 0; b < world.batch_count; b++)
			for (size_t k = 0; k < world.batches[b].count && strcmp(world.batches[b].lane, lane) == 0; k++)
				if (world.batches[b].messages[k].seq == seq)
					return false;
	}
	return true;
}

/* Only before it is handed over: it may be published at once. */
static struct model_batch *remember(const json_t *deliver, const char *lane)
{
	struct model_batch *b = &world.batches[world.batch_count++];
	json_t *messages = json_object_get(deliver, "messages");
	struct sdk_raw raw = sdk_raw_array(world.line, "messages");
	const char *text;
	size_t len;

	*b = (struct model_batch){ .number = json_integer_value(json_object_get(deliver, "batch")) };
	snprintf(b->lane, sizeof(b->lane), "%s", lane);
	b->messages = calloc(json_array_size(messages) + 1, sizeof(*b->messages));
	if (!b->messages)
		abort();
	for (; b->count < json_array_size(messages) && sdk_raw_next(&raw, &text, &len); b->count++) {
		b->messages[b->count].text = strndup(text, len);
		b->messages[b->count].seq =
			json_integer_value(json_object_get(json_array_get(messages, b->count), "seq"));
	}
	return b;
}

static void forget(struct model_batch *b)
{
	for (size_t i = 0; i < world.in_way_count; i++)
		if (world.in_way[i] >= b->messages && world.in_way[i] < b->messages + b->count)
			world.in_way[i] = NULL;
	for (size_t i = 0; i < b->count; i++)
		free(b->messages[i].text);
	free(b->messages);
	world.batch_count--;
	memmove(b, b + 1, (size_t)(world.batches + world.batch_count - b) * sizeof(*b));
}

/* As sdk_host.c hands a line on. */
static void deliver(void)
{
	json_t *message = json_loads(world.line, 0, NULL);
	const char *lane = json_string_value(json_object_get(message, "lane"));
	bool named = lane && strlen(lane) < LANE_NAME_MAX && json_is_integer(json_object_get(message, "batch"));
	uint64_t held = world.uplink.talk.queue->batches;

	world.refused = world.emptied = false;
	if (named && json_is_array(json_object_get(message, "messages"))) {
		struct model_batch *b = is_new(message, lane) ? remember(message, lane) : NULL;

		if (b)
			take_deliver(&world.uplink, message);
		world.held = b && !world.refused && !world.emptied;
		if (b && world.refused)
			forget(b);
	} else if (json_is_object(message)) {
		take_deliver(&world.uplink, message);
		FUZZ_CLAIM(world.uplink.talk.queue->batches <= held);
	}
	json_decref(message);
}

/* The same batch again, as the daemon does when it has not heard of it for long. */
static void deliver_again(void)
{
	json_t *message = world.held ? json_loads(world.line, 0, NULL) : NULL;
	struct model_batch *b = find_model(json_integer_value(json_object_get(message, "batch")));

	if (message && b && !b->delivered)
		take_deliver(&world.uplink, message);
	else if (world.line && !world.held)
		deliver();
	json_decref(message);
}

static void confirm(const char *payload, bool retained)
{
	json_t *ack = json_loads(payload, 0, NULL);
	const char *lane = json_string_value(json_object_get(ack, "lane"));
	json_t *seq = json_object_get(ack, "seq");

	for (size_t i = 0; i < world.batch_count && lane && json_is_integer(seq) && !retained; i++)
		for (size_t k = 0; k < world.batches[i].count && strcmp(world.batches[i].lane, lane) == 0; k++)
			if (world.batches[i].messages[k].seq <= json_integer_value(seq))
				world.batches[i].messages[k].confirmed = world.batches[i].messages[k].published;
	broker_message(&world.uplink, &(struct sdk_mqtt_message){ .topic = world.uplink.ack_topic,
								  .payload = payload,
								  .len = strlen(payload),
								  .retained = retained });
	json_decref(ack);
}

static void check_lane(const struct sdk_uplink *q, const struct lane *lane)
{
	unsigned in_flight = 0;
	bool held = false;

	for (const struct batch *b = lane->first; b; b = b->next) {
		FUZZ_CLAIM(b->next || b == lane->last);
		for (size_t i = 0; i < b->count; i++) {
			const struct sdk_uplink_message *m = &b->messages[i];

			FUZZ_CLAIM(!held || m->state == SDK_UPLINK_HELD || m->state == SDK_UPLINK_ASIDE);
			held = held || m->state == SDK_UPLINK_HELD;
			in_flight += m->state == SDK_UPLINK_IN_FLIGHT;
		}
	}
	FUZZ_CLAIM(in_flight == lane->in_flight && in_flight <= WINDOW_ALARM);
	FUZZ_CLAIM(!lane->first || !batch_is_done(q, lane->first)); /* told at once */
}

static void check_queue(const struct sdk_uplink *q)
{
	uint64_t batches = 0, bytes = 0;

	FUZZ_CLAIM(q->lane_count >= 1 && q->lane_count <= SDK_UPLINK_LANES_MAX);
	for (unsigned i = 0; i < q->lane_count; i++) {
		check_lane(q, &q->lanes[i]);
		for (const struct batch *b = q->lanes[i].first; b; b = b->next) {
			batches++;
			bytes += b->bytes;
		}
	}
	FUZZ_CLAIM(batches == q->batches && bytes == q->bytes && batches <= BATCHES_MAX && bytes <= BYTES_MAX);
}

static void acknowledge_some(const char *which)
{
	if (which[0] == '*')
		while (world.in_way_count)
			acknowledge(0);
	else if (world.in_way_count)
		acknowledge((size_t)(which[0] - '0') % world.in_way_count);
}

static void take_line(char kind, char *rest)
{
	struct uplink *u = &world.uplink;

	switch (kind) {
	case 'D':
		free(world.line);
		world.line = strdup(rest);
		world.held = false;
		deliver();
		break;
	case 'R': deliver_again(); break;
	case 'u':
		if (!world.up && !u->stopping) {
			world.up = true;
			broker_up(u);
		}
		break;
	case 'l':
		if (world.up)
			lose("the broker went away");
		break;
	case 'p': acknowledge_some(rest); break;
	case 'a':
	case 'A':
		if (u->settings.ack == SDK_UPLINK_ACK_APPLICATION) /* else it is not subscribed to */
			confirm(rest, kind == 'A');
		break;
	case 't':
		world.now_us += (int64_t)(rest[0] & 0x7f) * SDK_CLOCK_S;
		watch_due(&u->watch);
		break;
	case 'x': world.fails = true; break;
	case 'X': world.too_long = true; break;
	case 'r':
		if (world.in_way_count)
			refuse_for_good((size_t)rest[0] % world.in_way_count);
		break;
	case 'q':
		if (!u->stopping)
			stop(u);
		break;
	default: break;
	}
}

static void set_up(const char *word)
{
	static char prefix[] = "estate/v1";
	struct uplink *u = &world.uplink;

	memset(&world, 0, sizeof(world));
	world.now_us = 1000 * SDK_CLOCK_S;
	u->settings.topic_prefix = prefix;
	u->settings.ack = strcmp(word, "application") == 0 ? SDK_UPLINK_ACK_APPLICATION : SDK_UPLINK_ACK_BROKER;
	u->settings.keepalive_us = 30 * SDK_CLOCK_S;
	u->settings.ack_timeout_us = 60 * SDK_CLOCK_S;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *word = fuzz_text(fuzz_line(&in));
	json_t *counters = json_object();

	set_up(word);
	FUZZ_CLAIM(start(&world.uplink, NULL) == 0);
	while (in.left && !world.done) {
		struct fuzz_bytes line = fuzz_line(&in);
		char kind = (char)fuzz_u8(&line);
		char *rest;

		fuzz_u8(&line);
		rest = fuzz_rest(&line);
		take_line(kind, rest);
		check_queue(world.uplink.talk.queue);
		free(rest);
	}
	add_counters(&world.uplink, counters);
	json_decref(counters);
	fini(&world.uplink);
	while (world.batch_count)
		forget(&world.batches[world.batch_count - 1]);
	free(world.line);
	free(word);
	(void)handlers;
	(void)options;
	return 0;
}
