#include "api/stream.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <string.h>

#include "api/allow.h"
#include "api/backlog.h"
#include "api/inside.h"
#include "api/rows.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "upstream/alarm_json.h"

#define COLLECT_US     (50 * MS)
#define COLLECT_POINTS 128      /* of one turn of the loop: some 32 KiB for each client */
#define LINGER_US      (60 * S) /* points are kept this long after the last client has left */
#define BACKLOG_ROOM   1000
#define PIECE_BYTES    32768
#define UNREAD_BYTES   8192 /* what a client of a stream sends is not read: it has nothing to say */

struct client {
	struct client *next;
	struct stream *stream;
	struct evhttp_request *http;
	char *match;
	struct party by;
	struct evbuffer *staged; /* events of this turn */
	bool page;               /* somebody looks at it */
	bool behind;             /* is being told what it missed, a piece at a time; nothing new is staged until then */
	uint64_t seen_id;
};

struct stream {
	struct api *api;
	struct client *clients;
	struct backlog backlog;
	struct event *collect, *keepalive;
	bool listening; /* points are kept */
	int64_t linger_until_us;
	/* Points that changed since the last collection. */
	const struct point_table *table;
	uint32_t *changed;
	uint8_t *marks; /* a bit for each point */
	size_t changed_count, points;
	uint64_t dropped, events;
};

static bool wanted(const char *match, const char *names)
{
	char name[256];

	if (!match || !*match)
		return true;
	for (const char *at = names; *at;) {
		size_t len = strcspn(at, "\n");

		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (str_match(match, name))
			return true;
		at += len + (at[len] == '\n');
	}
	return false;
}

/* The event as this client may have it; NULL: not at all. */
static const char *frame_for(const struct client *c, const struct backlog_event *e)
{
	if (!party_knows(&c->by, e->place) || !wanted(c->match, e->name))
		return NULL;
	return api_role_in(c->by.role, e->roles) ? e->frame : e->veiled;
}

static void client_free(struct client *c)
{
	for (struct client **link = &c->stream->clients; *link; link = &(*link)->next)
		if (*link == c) {
			*link = c->next;
			break;
		}
	evbuffer_free(c->staged);
	free(c->match);
	free(c);
}

static void left(struct stream *s)
{
	if (!s->clients)
		s->linger_until_us = clock_mono_us() + LINGER_US;
}

static void gone(struct evhttp_connection *connection _unused_, void *arg)
{
	struct client *c = arg;
	struct stream *s = c->stream;

	/* Taken from its connection: ours to free. Still on it: evhttp frees it. */
	if (!evhttp_request_get_connection(c->http))
		evhttp_request_free(c->http);
	client_free(c);
	left(s);
}

static void drop(struct client *c)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(c->http);
	struct stream *s = c->stream;

	s->dropped++;
	log_debug("api: a client of the stream does not read: dropped");
	evhttp_connection_set_closecb(connection, NULL, NULL);
	client_free(c);
	evhttp_connection_free(connection); /* with its request */
	left(s);
}

static size_t waiting_bytes(const struct client *c)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(c->http));

	return evbuffer_get_length(bufferevent_get_output(bev)) + evbuffer_get_length(c->staged);
}

/* Sends what is staged to a client that is up to date; drops the client when too much waits already. */
static void client_send(struct client *c)
{
	if (c->behind)
		return;
	if (waiting_bytes(c) > c->stream->api->limits.stream_bytes)
		drop(c);
	else if (evbuffer_get_length(c->staged))
		evhttp_send_reply_chunk(c->http, c->staged);
}

static void send_all(struct stream *s)
{
	for (struct client *c = s->clients, *next; c; c = next) {
		next = c->next;
		client_send(c);
	}
}

static char *frame_of(struct stream *s, const char *word, json_t *data)
{
	char *text = alarm_json_text(data);
	struct str_buf frame = { 0 };

	json_decref(data);
	str_buf_printf(&frame, "id: %llu\nevent: %s\ndata: %s\n\n", (unsigned long long)backlog_next_id(&s->backlog),
		       word, text);
	free(text);
	return str_buf_take(&frame);
}

/* What happened, and for whom it is: data to the roles, veiled (NULL: nothing) to all others. */
struct news {
	enum backlog_kind kind;
	char *name;
	const char *place; /* NULL: the estate as a whole */
	unsigned roles;    /* 0: all */
	json_t *data, *veiled;
};

/* Gives an event its id and place in the backlog and stages it for all who want it. Takes name, data and veiled. */
static void publish(struct stream *s, const struct news *n)
{
	static const char *const words[] = { "point", "alarm", "health", "home", "next" };
	struct backlog_event e = {
		.kind = n->kind,
		.name = n->name,
		.place = mem_strdup(n->place),
		.roles = n->roles ? n->roles : API_FOR_ALL,
		.frame = frame_of(s, words[n->kind], n->data),
		.veiled = n->veiled ? frame_of(s, words[n->kind], n->veiled) : NULL,
	};

	s->events++;
	for (struct client *c = s->clients; c; c = c->next) {
		const char *frame = c->behind ? NULL : frame_for(c, &e);

		if (frame)
			evbuffer_add(c->staged, frame, strlen(frame));
	}
	backlog_add(&s->backlog, e);
}

static void publish_point(struct stream *s, const struct point *p)
{
	struct str_buf names = { 0 };

	str_buf_printf(&names, "%s\n%s", p->name, p->device->id);
	publish(s, &(struct news){ .kind = BACKLOG_POINT,
				   .name = str_buf_take(&names),
				   .place = p->device->place,
				   .roles = allow_is_private(p) ? API_FOR_DESK : API_FOR_ALL,
				   .data = alarm_json_point(p) });
}

static void forget_changed(struct stream *s, size_t count)
{
	if (!count)
		return;
	for (size_t i = 0; i < count; i++)
		s->marks[s->changed[i] / 8] &= (uint8_t) ~(1u << s->changed[i] % 8);
	s->changed_count -= count;
	memmove(s->changed, s->changed + count, s->changed_count * sizeof(*s->changed));
}

/* A client has half of what it may have waiting. */
static bool is_crowded(const struct stream *s)
{
	for (const struct client *c = s->clients; c; c = c->next)
		if (waiting_bytes(c) > s->api->limits.stream_bytes / 2)
			return true;
	return false;
}

/* When much changes at once, slice by slice: the alarms have their turns in between, and who reads has time to. */
static void collect(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct stream *s = arg;
	const struct point_table *table = s->api->source->points(s->api->source->context);
	size_t count = MIN(s->changed_count, (size_t)COLLECT_POINTS);

	if (table == s->table && table->count == s->points)
		for (size_t i = 0; i < count; i++)
			publish_point(s, &table->points[s->changed[i]]);
	forget_changed(s, count);
	send_all(s);
	if (s->changed_count)
		evtimer_add(s->collect, &(struct timeval){ .tv_usec = is_crowded(s) ? COLLECT_US : 0 });
}

/* Stages what the client has missed until the piece is full; it is up to date when nothing is left. */
static void stage_missed(struct client *c)
{
	const struct backlog *backlog = &c->stream->backlog;
	const struct backlog_event *e;

	if (!backlog_complete(backlog, c->seen_id)) {
		/* Its id is the newest: whatever is staged behind it has a larger one. */
		evbuffer_add_printf(c->staged, "id: %llu\nevent: gap\ndata: {\"from\":%llu,\"to\":%llu}\n\n",
				    (unsigned long long)backlog->last_id, (unsigned long long)c->seen_id,
				    (unsigned long long)backlog->last_id);
		c->seen_id = backlog->last_id;
	}
	while (evbuffer_get_length(c->staged) < PIECE_BYTES && (e = backlog_after(backlog, c->seen_id))) {
		const char *frame = frame_for(c, e);

		if (frame)
			evbuffer_add(c->staged, frame, strlen(frame));
		c->seen_id = e->id;
	}
	c->behind = backlog_after(backlog, c->seen_id) != NULL;
}

static void catch_up(struct evhttp_connection *connection _unused_, void *arg)
{
	struct client *c = arg;

	if (!c->behind)
		return;
	stage_missed(c);
	if (evbuffer_get_length(c->staged))
		evhttp_send_reply_chunk_with_cb(c->http, c->staged, catch_up, c);
}

static void keep_alive(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct stream *s = arg;

	for (struct client *c = s->clients; c; c = c->next)
		if (!c->behind)
			evbuffer_add_printf(c->staged, ": alive\n\n");
	send_all(s);
	if (!s->clients && clock_mono_us() >= s->linger_until_us) {
		s->listening = false;
		forget_changed(s, s->changed_count);
		evtimer_del(s->keepalive);
	}
}

static void listen_to_points(struct stream *s)
{
	int64_t every_us = s->api->limits.keepalive_us;
	struct timeval every = { .tv_sec = every_us / S, .tv_usec = every_us % S };

	if (s->listening)
		return;
	s->listening = true;
	backlog_skip_points(&s->backlog);
	event_add(s->keepalive, &every);
}

static void begin(struct client *c)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(c->http);
	struct evhttp_connection *connection = evhttp_request_get_connection(c->http);
	struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);

	evhttp_add_header(headers, "Content-Type", "text/event-stream");
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_connection_set_closecb(connection, gone, c);
	evhttp_send_reply_start(c->http, 200, "OK");
	/* evhttp reads nothing while it answers; only a reader notices that the client leaves. */
	bufferevent_setwatermark(bev, EV_READ, 0, UNREAD_BYTES);
	bufferevent_enable(bev, EV_READ);
}

void stream_get(struct call *x)
{
	struct stream *s = x->api->stream;
	const char *last = evhttp_find_header(evhttp_request_get_input_headers(x->http), "Last-Event-ID");
	const char *match = call_query(x, "match");
	int64_t id = 0;
	struct client *c;
	bool page;

	if (!call_switch(x, "page", &page))
		return;
	if (last && (str_to_i64(last, &id) < 0 || id < 0)) {
		call_error(x, (struct call_problem){ 400, "Last-Event-ID" },
			   "Last-Event-ID: '%s': expected the number of an event", last);
		return;
	}
	if (!conn_begin_stream(x->conn)) {
		call_error(x, (struct call_problem){ 503, NULL },
			   "%zu streams are open: expected no more; close one, and try again", x->api->limits.streams);
		return;
	}
	listen_to_points(s);
	c = MEM_NEW(struct client);
	c->stream = s;
	c->http = x->http;
	c->match = mem_strdup(match);
	c->by = x->by;
	/* Who is not told what has happened in a home is nobody whom an alarm has reached. */
	c->page = page && party_reads_homes(&x->by);
	c->staged = evbuffer_new();
	if (!c->staged)
		abort();
	c->next = s->clients;
	s->clients = c;
	begin(c);
	if (last) {
		c->behind = true;
		c->seen_id = (uint64_t)id;
		evbuffer_add_printf(c->staged, "retry: 2000\n\n");
		catch_up(NULL, c);
	} else {
		/* An id without data is no event, but says where the client stands should it leave before the first. */
		evbuffer_add_printf(c->staged, "retry: 2000\nid: %llu\n\n", (unsigned long long)s->backlog.last_id);
		client_send(c);
	}
}

static void mark_changed(struct stream *s, const struct point *p)
{
	const struct point_table *table = s->api->source->points(s->api->source->context);
	uint32_t index = point_index(table, p);

	if (table != s->table || table->count != s->points) {
		s->table = table;
		s->points = table->count;
		s->changed = mem_realloc(s->changed, s->points, sizeof(*s->changed));
		free(s->marks);
		s->marks = mem_array(s->points / 8 + 1, 1);
		s->changed_count = 0;
	}
	if (s->marks[index / 8] & (1u << index % 8))
		return;
	s->marks[index / 8] |= (uint8_t)(1u << index % 8);
	s->changed[s->changed_count++] = index;
	if (s->changed_count == 1)
		evtimer_add(s->collect, &(struct timeval){ .tv_usec = COLLECT_US });
}

void stream_point(struct stream *s, const struct point *p)
{
	if (!s->listening)
		return;
	if (p->value.type != VALUE_EVENT) {
		mark_changed(s, p);
		return;
	}
	/* Two presses within one collection are two events. */
	publish_point(s, p);
	send_all(s);
}

void stream_alarm(struct stream *s, const struct alarm_transition *t)
{
	const struct alarm *a = &t->alarm;
	struct str_buf names = { 0 };
	json_t *data = rows_alarm(a);
	struct news news;

	json_object_set_new(data, "from", json_string(alarm_state_name(t->from)));
	json_object_set_new(data, "input", json_string(alarm_input_name(t->input)));
	json_object_set_new(data, "at", rows_time(t->at.wall_us));
	if (t->who)
		json_object_set_new(data, "who", json_string(t->who));
	if (t->note)
		json_object_set_new(data, "note", json_string(t->note));
	str_buf_printf(&names, "%s\n%s", a->id, a->asset);
	for (size_t i = 0; i < a->reason.input_count; i++)
		str_buf_printf(&names, "\n%s", a->reason.inputs[i].point);
	news = (struct news){ .kind = BACKLOG_ALARM, .name = str_buf_take(&names), .place = a->place, .data = data };
	if (allow_is_of_home(s->api, a)) {
		news.roles = API_FOR_DESK;
		news.veiled = json_copy(data);
		allow_veil_alarm(news.veiled);
	}
	publish(s, &news);
	send_all(s);
}

void stream_next(struct stream *s, const char *alarm)
{
	const struct alarm *a = evaluator_find(s->api->source->alarms(s->api->source->context), alarm);
	struct str_buf names = { 0 };
	json_t *next, *veiled;

	if (!s->listening || !a || a->state == ALARM_NORMAL)
		return;
	str_buf_printf(&names, "%s\n%s", a->id, a->asset);
	next = allow_next(s->api, alarm);
	veiled = json_copy(next);
	allow_veil_next(veiled);
	publish(s, &(struct news){ .kind = BACKLOG_NEXT,
				   .name = str_buf_take(&names),
				   .place = a->place,
				   .roles = API_FOR_CONTACTS,
				   .data = json_pack("{s:s, s:o}", "alarm", a->id, "next", next),
				   .veiled = json_pack("{s:s, s:o}", "alarm", a->id, "next", veiled) });
	send_all(s);
}

void stream_health(struct stream *s, const char *name, json_t *data)
{
	publish(s, &(struct news){ .kind = BACKLOG_HEALTH, .name = mem_strdup(name), .data = data });
	send_all(s);
}

void stream_home(struct stream *s, const char *place, json_t *data)
{
	publish(s, &(struct news){ .kind = BACKLOG_HOME,
				   .name = mem_strdup(place),
				   .place = place,
				   .roles = API_FOR_HOMES,
				   .data = data });
	send_all(s);
}

void stream_end_session(struct stream *s, uint64_t session)
{
	for (struct client *c = s->clients, *next; c; c = next) {
		next = c->next;
		if (c->by.session && (!session || c->by.session == session))
			drop(c);
		else if (c->by.session)
			evbuffer_add_printf(c->staged, ": sessions\n\n");
	}
	send_all(s);
}

struct stream_counts stream_counts(const struct stream *s)
{
	struct stream_counts counts = { .dropped = s->dropped, .events = s->events };

	for (const struct client *c = s->clients; c; c = c->next) {
		counts.clients++;
		counts.pages += c->page;
	}
	return counts;
}

size_t stream_pages(const struct stream *s, const char *place)
{
	size_t pages = 0;

	for (const struct client *c = s->clients; c; c = c->next)
		pages += c->page && party_knows(&c->by, place);
	return pages;
}

struct stream *stream_new(struct api *a)
{
	struct stream *s = MEM_NEW(struct stream);

	s->api = a;
	/* The clock as first id: larger than any of an earlier life that had less than a million events a second. */
	backlog_init(&s->backlog, BACKLOG_ROOM, (uint64_t)MAX(clock_wall_us(), 1));
	s->collect = evtimer_new(a->base, collect, s);
	s->keepalive = event_new(a->base, -1, EV_PERSIST, keep_alive, s);
	if (!s->collect || !s->keepalive)
		abort();
	return s;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	while (s->clients) {
		evhttp_connection_set_closecb(evhttp_request_get_connection(s->clients->http), NULL, NULL);
		client_free(s->clients);
	}
	event_free(s->collect);
	event_free(s->keepalive);
	backlog_fini(&s->backlog);
	free(s->changed);
	free(s->marks);
	free(s);
}
