/* fuzz_api.c: the API whole, at its socket: whatever bytes a client sends, in whatever pieces, while alarms come and go:
 * every answer is whole HTTP, every JSON body is JSON, an error says its own status, a stream is events whose data is JSON
 * and whose ids grow, and only the commands of ALARM_IN_ACK and ALARM_IN_RESET reach the engine, with texts that are UTF-8.
 *
 * Beside it there are sessions: of an operator, of a viewer who sees building b1 alone, and of a display; a change needs the token of
 * its own session, and a login reaches the daemon with a name and a password of bounded length only.
 *
 * Input: what the client sends; a byte 0x1e ends a piece, and the byte behind it says what happens before the next one:
 * a digit: the tank's level, 10 times that; p: the button; c: a commit ends what waits; else nothing. */
#include "fuzz.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/api.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "ctl/sse.h"

#define PIECE_END 0x1e
#define WAITING   16

/* clang-format off */
static const struct class_point tank_class_points[] = { { "level", VALUE_NUMBER, "%" }, { "medium", VALUE_TEXT, "" } };
static const struct class_point sos_class_points[] = { { "pressed", VALUE_EVENT, "" } };
static const struct class tank = { .id = "tank", .points = tank_class_points, .point_count = 2 };
static const struct class sos = { .id = "sos", .points = sos_class_points, .point_count = 1 };
static const struct profile_point tank_points[] = { { .name = "level", .type = VALUE_NUMBER, .unit = "%" },
						    { .name = "medium", .type = VALUE_TEXT, .unit = "" } };
static const struct profile_point sos_points[] = { { .name = "pressed", .type = VALUE_EVENT, .unit = "", .event = true } };
static const struct profile tank_profile = { .id = "class:tank", .class = &tank, .points = tank_points, .point_count = 2 };
static const struct profile sos_profile = { .id = "class:sos", .class = &sos, .points = sos_points, .point_count = 1 };
static const struct device devices[] = {
	{ .id = "tank-1", .name = "水箱", .place = "b1/roof", .room = "", .class = &tank, .profile = &tank_profile },
	{ .id = "sos-1204", .name = "sos-1204", .place = "b3/u1/1204", .room = "bedroom", .class = &sos, .profile = &sos_profile, .first_point = 2 },
};
static const struct estate estate = { .id = "demo", .name = "示范小区", .timezone = "Asia/Shanghai" };
/* clang-format on */
static const struct device_list device_list = { devices, ARRAY_SIZE(devices) };

struct world {
	struct event_base *base;
	struct api *api;
	struct api_source source;
	struct point_table *table;
	struct rule rules[2];
	struct evaluator *evaluator;
	struct alarm_effects effects;
	struct clock_now now;
	struct api_pending *waiting[WAITING], *asked[WAITING]; /* commands; questions about the configuration */
	struct api_pending *coming[WAITING];                   /* logins */
	size_t waiting_count, asked_count, coming_count;
	int client;
	struct str_buf got;
};

/* ---- the daemon ---- */

static const struct estate *get_estate(void *context)
{
	(void)context;
	return &estate;
}

static struct device_list get_devices(void *context)
{
	(void)context;
	return device_list;
}

static const struct point_table *get_points(void *context)
{
	return ((struct world *)context)->table;
}

static const struct evaluator *get_alarms(void *context)
{
	return ((struct world *)context)->evaluator;
}

static size_t get_buses(void *context, struct status_bus *rows, size_t max)
{
	(void)context;
	rows[0] =
		(struct status_bus){ .id = "gw", .type = "tcp", .target = "127.0.0.1:502", .state = "up", .hint = "x" };
	return MIN(max, (size_t)1);
}

static size_t get_bus_units(void *context, const char *bus, struct status_unit *rows, size_t max)
{
	(void)context;
	FUZZ_CLAIM(strcmp(bus, "gw") == 0);
	rows[0] = (struct status_unit){ .unit = 4, .up = true };
	return MIN(max, (size_t)1);
}

static size_t get_plugins(void *context, struct status_plugin *rows, size_t max)
{
	(void)context;
	rows[0] = (struct status_plugin){ .id = "zigbee",
					  .program = "mqtt-source",
					  .state = "fault",
					  .name = "mqtt-source",
					  .version = "1",
					  .roles = "source",
					  .text = "no \xff broker" };
	return MIN(max, (size_t)1);
}

static size_t get_outbox(void *context, struct status_outbox *rows, size_t max)
{
	(void)context;
	rows[0] = (struct status_outbox){ .uplink = "cloud", .lane = "alarm" };
	return MIN(max, (size_t)1);
}

static void get_store(void *context, struct status_store *ret_status)
{
	(void)context;
	*ret_status = (struct status_store){ .ok = true, .fault = "" };
}

static int64_t get_started_us(void *context)
{
	(void)context;
	return 1700000000 * S;
}

static void get_clock(void *context, struct status_clock *ret_status)
{
	struct world *w = context;

	*ret_status = (struct status_clock){
		.now = w->now, .quality = CLOCK_RESTORED, .boot = "b", .steps = w->waiting_count
	};
}

static void get_log(void *context, struct status_log *ret_status)
{
	struct status_log log = { .lost = 1 };

	(void)context;
	for (size_t i = 0; i < LOG_ROOMS; i++)
		log.rooms[i] = (struct status_log_room){ .level = LOG_LEVEL_INFO,
							 .configured = LOG_LEVEL_DEBUG,
							 .who = "root" };
	*ret_status = log;
}

static void take_log(void *context, const struct api_log_request *request)
{
	(void)context;
	FUZZ_CLAIM(request->who && request->who[0]);
	FUZZ_CLAIM(request->room >= -1 && request->room < LOG_ROOMS);
	FUZZ_CLAIM(request->level == 0 || (request->level >= LOG_LEVEL_ERROR && request->level <= LOG_LEVEL_DEBUG));
	FUZZ_CLAIM(request->for_us == 0 || (request->for_us >= S && request->for_us <= 7 * DAY));
}

static int take_clock(void *context, int64_t wall_us, const char *who)
{
	static const int results[] = { 0, -ERANGE, -EPERM, -EIO };

	(void)context;
	FUZZ_CLAIM(who && who[0]);
	return results[(uint64_t)wall_us / S % ARRAY_SIZE(results)];
}

static int await_clock(void *context, int64_t wall_us, const char *who)
{
	(void)context;
	FUZZ_CLAIM(who && who[0] && (uint64_t)wall_us / S % 4 == 2); /* only what may not be set here */
	return 0;
}

static bool get_ready(void *context)
{
	(void)context;
	return true;
}

static json_t *get_counters(void *context)
{
	(void)context;
	return json_pack("{si}", "samples", 5);
}

static void tell(struct world *w)
{
	for (size_t i = 0; i < w->effects.count; i++)
		api_alarm_changed(w->api, &w->effects.transitions[i]);
	alarm_effects_clear(&w->effects);
}

static int take_command(void *context, const struct evaluator_command *c, struct api_pending *pending)
{
	struct world *w = context;
	int r;

	FUZZ_CLAIM(c->input == ALARM_IN_ACK || c->input == ALARM_IN_RESET ||
		   (c->input >= ALARM_IN_SHELVE && c->input < ALARM_INPUTS));
	FUZZ_CLAIM(c->input != ALARM_IN_SHELVE || (c->note && c->for_us > 0 && c->for_us <= 7 * DAY));
	FUZZ_CLAIM(c->alarm[0] && str_is_utf8(c->alarm, strlen(c->alarm)) && c->who && c->who[0]);
	FUZZ_CLAIM(!strstr(c->who, "guest") && !strstr(c->who, "screen")); /* who only looks */
	FUZZ_CLAIM(!c->note || (str_is_utf8(c->note, strlen(c->note)) && strlen(c->note) <= 520));
	if (w->waiting_count == WAITING)
		return -ENOSPC;
	r = evaluator_command(w->evaluator, c, w->now, &w->effects);
	tell(w);
	if (r == 0)
		w->waiting[w->waiting_count++] = pending;
	return r;
}

static int take_mode(void *context, const struct evaluator_mode *m, struct api_pending *pending)
{
	struct world *w = context;
	int r;

	FUZZ_CLAIM(m->subject[0] && str_is_utf8(m->subject, strlen(m->subject)) && m->who && m->who[0]);
	FUZZ_CLAIM(m->for_us >= 0 && m->for_us <= 90 * DAY);
	if (w->waiting_count == WAITING)
		return -ENOSPC;
	r = evaluator_set_mode(w->evaluator, m, w->now, &w->effects);
	tell(w);
	if (r == 0)
		w->waiting[w->waiting_count++] = pending;
	return r;
}

static int take_story(void *context, const char *alarm, struct api_pending *pending)
{
	const struct world *w = context;

	if (!evaluator_find(w->evaluator, alarm))
		return -EBUSY;
	api_finish_story(pending, 0, json_pack("[{s:s}]", "input", "raised"));
	return 0;
}

static int take_config(void *context, const struct api_config_request *request)
{
	struct world *w = context;

	FUZZ_CLAIM(request->act <= API_CONFIG_CONFIRM && request->confirm_us >= 0 && request->pending);
	FUZZ_CLAIM(request->who && request->who[0]);
	if (w->asked_count == WAITING)
		return -EBUSY;
	w->asked[w->asked_count++] = request->pending;
	return 0;
}

static void take_order(void *context, const struct api_order *order)
{
	struct world *w = context;
	bool on_bus = order->kind != ORDER_WRITE;

	FUZZ_CLAIM(order->kind <= ORDER_RESUME && order->pending && order->who && order->who[0]);
	FUZZ_CLAIM(on_bus ? strcmp(order->subject, "gw") == 0 : point_find(w->table, order->subject) != NULL);
	FUZZ_CLAIM((order->kind != ORDER_READ && order->kind != ORDER_PROBE) || order->unit > 0);
	FUZZ_CLAIM(order->kind != ORDER_READ ||
		   (order->count > 0 && order->address + order->count <= 65536 &&
		    order->count <= (order->table <= CODEC_DISCRETE ? ORDER_BITS : ORDER_REGISTERS)));
	FUZZ_CLAIM(order->kind != ORDER_PAUSE || (order->for_us >= 10 * S && order->for_us <= 12 * HOUR));
	FUZZ_CLAIM(!order->reason || str_is_utf8(order->reason, strlen(order->reason)));
	if (w->asked_count < WAITING)
		w->asked[w->asked_count++] = order->pending;
	else
		api_finish_json(order->pending, 503, json_pack("{s{si ss}}", "error", "status", 503, "text", "busy"));
}

/* ---- who asks ---- */

static const struct api_session sessions[] = {
	{ .id = 1, .user = "desk", .role = API_OPERATOR, .scope = { .whole = true } },
	{ .id = 2, .user = "guest", .role = API_VIEWER, .scope = { .count = 1, .places = { "b1" } } },
	{ .id = 3, .user = "screen", .role = API_ADMIN, .scope = { .whole = true }, .wall = true },
};

static bool get_session(void *context, const char *token, struct api_session *ret_session)
{
	(void)context;
	if (!token[0] || token[1] || *token < '1' || *token > '3')
		return false;
	*ret_session = sessions[*token - '1'];
	return true;
}

/* The token twice. */
static bool is_csrf_good(void *context, const char *token, const char *said)
{
	(void)context;
	return strlen(said) == 2 && said[0] == token[0] && said[1] == token[0];
}

static void make_csrf(void *context, const char *token, char ret_csrf[API_TOKEN_HEX])
{
	(void)context;
	snprintf(ret_csrf, API_TOKEN_HEX, "%c%c", token[0], token[0]);
}

static int64_t login_wait(void *context, const struct api_login *ask)
{
	(void)context;
	return strcmp(ask->user, "guesser") == 0 ? 30 * S : 0;
}

static int take_login(void *context, const struct api_login *ask)
{
	struct world *w = context;
	size_t user = strlen(ask->user), password = strlen(ask->password);

	FUZZ_CLAIM(user >= 1 && user <= 63 && str_is_utf8(ask->user, user));
	FUZZ_CLAIM(password >= 1 && password <= 256 && str_is_utf8(ask->password, password));
	FUZZ_CLAIM(ask->pending && ask->address);
	if (w->coming_count == WAITING)
		return -EBUSY;
	w->coming[w->coming_count++] = ask->pending;
	return 0;
}

static void take_logout(void *context, uint64_t session, const char *who, struct api_pending *pending)
{
	FUZZ_CLAIM(session >= 1 && session <= 3 && strcmp(sessions[session - 1].user, who) == 0);
	api_session_ended(((struct world *)context)->api, session);
	api_finish(pending, 0, NULL);
}

static void take_release(void *context, const struct api_release *r)
{
	(void)context;
	FUZZ_CLAIM(r->who[0] && r->what && r->what[0]);
}

static void commit(struct world *w)
{
	size_t count = w->waiting_count, asked = w->asked_count, coming = w->coming_count;

	w->waiting_count = w->asked_count = w->coming_count = 0;
	for (size_t i = 0; i < coming; i++)
		api_finish_login(w->coming[i], i % 2 ? NULL : &sessions[0], i % 2 ? NULL : "1");
	for (size_t i = 0; i < asked; i++)
		api_finish_json(w->asked[i], 200, json_pack("{s:b}", "ok", 1));
	for (size_t i = 0; i < count; i++)
		api_finish(w->waiting[i], i % 3 == 2 ? -EIO : 0, i % 3 == 2 ? "the disk \xff fails" : NULL);
}

static void read_point(struct world *w, uint32_t point, struct value v)
{
	struct reading r = { .point = point, .quality = QUALITY_GOOD, .value = v, .at = w->now };

	w->now.mono_us += S;
	w->now.wall_us += S;
	if (point_apply(w->table, &r) == POINT_SAME)
		return;
	evaluator_point(w->evaluator, point, w->now, &w->effects);
	api_point_changed(w->api, &w->table->points[point]);
	tell(w);
}

static void happen(struct world *w, uint8_t what)
{
	if (what >= '0' && what <= '9')
		read_point(w, 0, value_number((what - '0') * 10 + 1.5));
	else if (what == 'p')
		read_point(w, 2, value_event("card 7"));
	else if (what == 'c')
		commit(w);
	else if (what == 'h')
		api_health_changed(w->api, "plugin", "zigbee", "fault", "no \xff broker");
}

/* ---- the client ---- */

static void turn(struct world *w)
{
	char bytes[4096];

	for (int quiet = 0; quiet < 3; quiet++) {
		ssize_t n;

		event_base_loop(w->base, EVLOOP_NONBLOCK);
		while ((n = recv(w->client, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
			str_buf_add_len(&w->got, bytes, (size_t)n);
			quiet = 0;
		}
	}
}

static void send_piece(struct world *w, struct fuzz_bytes *in)
{
	const uint8_t *end = memchr(in->at, PIECE_END, in->left);
	struct fuzz_bytes part = fuzz_part(in, end ? (size_t)(end - in->at) : in->left);

	if (part.left && send(w->client, part.at, part.left, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		in->left = 0; /* closed already */
	turn(w);
	if (in->left) {
		fuzz_u8(in);
		happen(w, fuzz_u8(in));
		turn(w);
	}
}

/* ---- what came ---- */

static uint64_t last_id;

static int check_event(void *context, const struct sse_event *e)
{
	json_t *data = json_loads(e->data, 0, NULL);
	int64_t id;

	(void)context;
	FUZZ_CLAIM(json_is_object(data) && str_to_i64(e->id, &id) == 0);
	FUZZ_CLAIM(strcmp(e->event, "point") == 0 || strcmp(e->event, "alarm") == 0 ||
		   strcmp(e->event, "health") == 0 || strcmp(e->event, "gap") == 0);
	FUZZ_CLAIM((uint64_t)id >= last_id);
	last_id = (uint64_t)id;
	json_decref(data);
	return 0;
}

static void check_body(const char *type, int status, const struct str_buf *body)
{
	if (strstr(type, "text/event-stream") && status == 200) {
		struct sse_handler handler = { .event = check_event };
		struct sse s = { 0 };

		last_id = 0;
		FUZZ_CLAIM(sse_feed(&s, str_buf_text(body), body->len, &handler) == 0);
		sse_fini(&s);
	} else if (strstr(type, "application/json") && body->len) {
		json_t *json = json_loadb(body->text, body->len, 0, NULL);
		json_t *error = json_object_get(json, "error");

		FUZZ_CLAIM(json && body->text[body->len - 1] == '\n');
		FUZZ_CLAIM((status >= 400) == (error != NULL));
		FUZZ_CLAIM(!error || json_integer_value(json_object_get(error, "status")) == status);
		FUZZ_CLAIM(!error || json_string_length(json_object_get(error, "text")) > 0);
		json_decref(json);
	}
}

/* The value of a header, up to the end of its line; "" where there is none. */
static void header(const char *head, const char *name, char value[80])
{
	const char *at = strcasestr(head, name);

	value[0] = '\0';
	if (at)
		snprintf(value, 80, "%.*s", (int)strcspn(at + strlen(name), "\r\n"), at + strlen(name));
}

/* Takes the chunks at *at; false: the last one did not come (a stream). */
static bool take_chunks(const char **at, struct str_buf *body)
{
	for (;;) {
		char *end;
		unsigned long len;

		if (!**at)
			return false;
		len = strtoul(*at, &end, 16);
		FUZZ_CLAIM(end > *at && strncmp(end, "\r\n", 2) == 0);
		if (strnlen(end + 2, len + 2) < len + 2)
			return false;
		str_buf_add_len(body, end + 2, len);
		FUZZ_CLAIM(strncmp(end + 2 + len, "\r\n", 2) == 0);
		*at = end + 4 + len;
		if (len == 0)
			return true;
	}
}

/* One answer; returns what is behind it, NULL when it is not whole. */
static const char *check_answer(const char *at)
{
	const char *body_at = strstr(at, "\r\n\r\n");
	struct str_buf head = { 0 }, body = { 0 };
	char type[80], length[80], coding[80];
	/* evhttp answers with the version that was asked with, be it 0.1. */
	int status = (int)strtol(at + strcspn(at, " "), NULL, 10);
	bool whole = true;
	int64_t len;

	FUZZ_CLAIM(strncmp(at, "HTTP/", 5) == 0);
	FUZZ_CLAIM(body_at && (status == 100 || (status >= 200 && status < 600)));
	str_buf_add_len(&head, at, (size_t)(body_at - at) + 2);
	at = body_at + 4;
	header(str_buf_text(&head), "\r\nContent-Type: ", type);
	header(str_buf_text(&head), "\r\nContent-Length: ", length);
	header(str_buf_text(&head), "\r\nTransfer-Encoding: ", coding);
	if (strcmp(coding, "chunked") == 0) {
		whole = take_chunks(&at, &body);
	} else if (str_to_i64(length, &len) == 0) {
		FUZZ_CLAIM(strlen(at) >= (size_t)len);
		str_buf_add_len(&body, at, (size_t)len);
		at += len;
	} else if (status != 100 && strncmp(at, "HTTP/", 5) != 0) { /* to the end, unless it was for a HEAD */
		str_buf_add(&body, at);
		at += strlen(at);
	}
	check_body(type, status, &body);
	str_buf_fini(&head);
	str_buf_fini(&body);
	return whole ? at : NULL;
}

static void check_answers(struct world *w)
{
	const char *at = str_buf_text(&w->got);

	FUZZ_CLAIM(strlen(at) == w->got.len);
	while (at && *at)
		at = check_answer(at);
}

/* ---- life ---- */

static void make_rule(struct world *w, size_t number, struct rule rule)
{
	struct expr_scope scope = { .class = rule.class, .devices = device_list, .subject = "rule" };
	struct diag d = { 0 };

	rule.enabled = true;
	FUZZ_CLAIM(expr_parse(rule.when, &scope, &d, &rule.expr) == 0);
	w->rules[number] = rule;
}

static void start(struct world *w)
{
	w->now = (struct clock_now){ .mono_us = 1000 * S, .wall_us = 1700000000 * S };
	w->table = point_table_new(device_list);
	make_rule(w, 0,
		  (struct rule){ .id = "tank-high",
				 .class = &tank,
				 .when = "level > 50",
				 .priority = 2,
				 .latch = true,
				 .text = { .zh = "高", .en = "tank {value}" } });
	make_rule(w, 1,
		  (struct rule){
			  .id = "sos", .class = &sos, .when = "pressed", .priority = 1, .text = { .en = "help" } });
	FUZZ_CLAIM(evaluator_new((struct evaluator_rules){ w->rules, 2 }, device_list, w->table, &w->evaluator) == 0);
	w->source = (struct api_source){ .context = w,
					 .estate = get_estate,
					 .devices = get_devices,
					 .points = get_points,
					 .alarms = get_alarms,
					 .buses = get_buses,
					 .bus_units = get_bus_units,
					 .plugins = get_plugins,
					 .outbox = get_outbox,
					 .store = get_store,
					 .clock = get_clock,
					 .set_clock = take_clock,
					 .log = get_log,
					 .set_log = take_log,
					 .expect_clock = await_clock,
					 .started_us = get_started_us,
					 .ready = get_ready,
					 .command = take_command,
					 .mode = take_mode,
					 .story = take_story,
					 .config = take_config,
					 .order = take_order,
					 .session = get_session,
					 .csrf_good = is_csrf_good,
					 .csrf = make_csrf,
					 .login_wait = login_wait,
					 .login = take_login,
					 .logout = take_logout,
					 .release = take_release,
					 .counters = get_counters };
}

/* A name that the kernel chooses, in no folder. */
static void listen_and_connect(struct world *w)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct api_setup setup = { .base = w->base, .listen_fd = fd, .source = &w->source };
	socklen_t len = sizeof(address);
	const char *text;

	FUZZ_CLAIM(bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0 && listen(fd, 4) == 0);
	FUZZ_CLAIM(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
	FUZZ_CLAIM(api_open(&setup, &w->api, &text) == 0);
	w->client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FUZZ_CLAIM(connect(w->client, (struct sockaddr *)&address, len) == 0);
}

static void stop(struct world *w)
{
	close(w->client);
	event_base_loop(w->base, EVLOOP_NONBLOCK);
	api_close(w->api);
	commit(w);
	event_base_free(w->base);
	alarm_effects_fini(&w->effects);
	evaluator_free(w->evaluator);
	for (size_t i = 0; i < ARRAY_SIZE(w->rules); i++)
		expr_free(w->rules[i].expr);
	point_table_free(w->table);
	str_buf_fini(&w->got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct world w = { .base = event_base_new() };

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_LEVEL_ERROR);
	start(&w);
	listen_and_connect(&w);
	turn(&w);
	while (in.left)
		send_piece(&w, &in);
	commit(&w);
	turn(&w);
	shutdown(w.client, SHUT_WR);
	turn(&w);
	check_answers(&w);
	stop(&w);
	return 0;
}
