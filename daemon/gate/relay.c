#include "gate/relay.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "gate/relay_inside.h"

#define RELAYS_MAX   32       /* the daemon has 64 streams, for estatectl too */
#define LINGER_US    (5 * S)  /* a page that is loaded anew finds its relay */
#define SILENCE_US   (45 * S) /* no sign of life came, though they come every few seconds */
#define ANSWER_US    (2 * S)  /* a stream that was there is back by then, or clients are told */
#define ASK_EVERY_US (60 * S)
#define REFUSAL_MAX  65536
#define BREATH_US    (20 * MS)
#define PATIENCE_US  (200 * MS) /* then who still does not read is waited for no longer */
#define EXCUSED_US   (10 * S)
#define DOUBT_US     S              /* who logs in and out again and again costs one round of questions in that time */
#define SESSIONS     ": sessions\n" /* the daemon: one has ended */

static void connect_up(struct relay *r);

static void arm(struct relay *r, int64_t after_us)
{
	struct timeval after = { .tv_sec = after_us / S, .tv_usec = after_us % S };

	evtimer_add(r->due, &after);
}

/* ---- the ring ---- */

static void forget_oldest(struct relay *r)
{
	struct relay_frame *f = &r->ring[r->first];

	r->from_id = f->id;
	r->bytes -= f->len;
	free(f->text);
	r->first = (r->first + 1) % RELAY_RING;
	r->count--;
}

static void remember(struct relay *r, const struct cutter_frame *frame)
{
	while (r->count == RELAY_RING || (r->count && r->bytes + frame->len > RELAY_RING_BYTES))
		forget_oldest(r);
	r->ring[(r->first + r->count++) % RELAY_RING] =
		(struct relay_frame){ frame->id, mem_dup(frame->text, frame->len), frame->len };
	r->bytes += frame->len;
	r->last_id = frame->id;
}

/* ---- what clients hear ---- */

static void flush_all(struct relay *r)
{
	for (struct relay_client *c = r->clients, *next; c; c = next) {
		next = c->next;
		relay_client_flush(c);
	}
}

static void welcome_all(struct relay *r)
{
	for (struct relay_client *c = r->clients; c; c = c->next)
		relay_client_welcome(c);
}

static void tell_all(struct relay *r, const char *text)
{
	for (struct relay_client *c = r->clients; c; c = c->next)
		if (c->began)
			relay_client_stage(c, text, strlen(text));
	flush_all(r);
}

static void tell_daemon(struct relay *r, const char *state)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	char at[CLOCK_ISO_MAX];

	/* Without an id: a client goes on from where it was. */
	str_buf_printf(&text, "event: daemon\ndata: {\"state\":\"%s\",\"at\":\"%s\"}\n\n", state,
		       clock_format_iso(clock_wall_us(), at));
	r->told_us = clock_mono_us();
	tell_all(r, text.text);
}

/* Asked for on a turn of their own: these are words of the daemon's that we are in the middle of. */
static void doubt(struct relay_desk *d)
{
	int64_t after_us = MAX(d->doubted_us + DOUBT_US - clock_mono_us(), 0);
	struct timeval after = { .tv_sec = after_us / S, .tv_usec = after_us % S };

	if (!evtimer_pending(d->doubt, NULL))
		evtimer_add(d->doubt, &after);
}

static void take_frame(void *context, const struct cutter_frame *frame)
{
	struct relay *r = context;

	if (frame->kind == CUTTER_COMMENT && str_starts(frame->text, SESSIONS)) {
		doubt(r->desk);
		return;
	}
	if (frame->kind == CUTTER_COMMENT) {
		for (struct relay_client *c = r->clients; c; c = c->next)
			if (c->welcomed)
				relay_client_stage(c, frame->text, frame->len);
		return;
	}
	if (!r->from_id && frame->id)
		r->from_id = r->last_id = frame->kind == CUTTER_MARK ? frame->id : frame->id - 1;
	welcome_all(r);
	if (frame->kind == CUTTER_EVENT && frame->id > r->last_id)
		remember(r, frame);
	else if (frame->kind == CUTTER_MARK)
		return;
	for (struct relay_client *c = r->clients; c; c = c->next) {
		if (!c->welcomed || (frame->id && frame->id <= c->seen_id))
			continue;
		relay_client_stage(c, frame->text, frame->len);
		c->seen_id = MAX(c->seen_id, frame->id);
	}
}

/* ---- the daemon's stream ---- */

static void relay_drop(struct relay *r)
{
	for (struct relay **link = &r->desk->relays; *link; link = &(*link)->next)
		if (*link == r) {
			*link = r->next;
			break;
		}
	r->desk->counts.relays--;
	if (r->up)
		upcall_cancel(r->up);
	while (r->count)
		forget_oldest(r);
	cutter_fini(&r->cutter);
	evbuffer_free(r->refusal);
	event_free(r->due);
	event_free(r->breath);
	explicit_bzero(r->token, sizeof(r->token));
	free(r->key);
	free(r->query);
	free(r);
}

static void begin_live(struct relay *r)
{
	r->live = r->ever_live = true;
	backoff_reset(&r->backoff);
	for (struct relay_client *c = r->clients; c; c = c->next)
		relay_client_begin(c);
	welcome_all(r);
	if (r->told_lost)
		tell_daemon(r, "back");
	r->told_lost = false;
}

/* Does somebody have much to read who is waited for? */
static bool is_crowded(const struct relay *r, int64_t now_us)
{
	for (const struct relay_client *c = r->clients; c; c = c->next)
		if (c->began && c->excused_us <= now_us && relay_client_unsent(c) > RELAY_CROWDED)
			return true;
	return false;
}

static void rest(struct relay *r)
{
	if (!r->resting)
		r->resting_us = clock_mono_us();
	r->resting = true;
	evtimer_add(r->breath, &(struct timeval){ .tv_usec = BREATH_US });
}

/* A burst gives those who read the time to do so; those who do not, hold nobody up twice in a while. */
static void breathe(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct relay *r = arg;
	int64_t now_us = clock_mono_us();

	if (!r->resting || !r->up)
		return;
	if (is_crowded(r, now_us) && now_us - r->resting_us < PATIENCE_US) {
		rest(r);
		return;
	}
	for (struct relay_client *c = r->clients; c; c = c->next)
		if (c->began && relay_client_unsent(c) > RELAY_CROWDED)
			c->excused_us = now_us + EXCUSED_US;
	r->resting = false;
	upcall_resume(r->up);
}

static enum upcall_taken take_bytes(void *context, const struct upcall_head *head, const char *bytes, size_t len)
{
	struct relay *r = context;

	if (head->status != 200) {
		if (evbuffer_get_length(r->refusal) + len > REFUSAL_MAX)
			return UPCALL_ENOUGH;
		evbuffer_add(r->refusal, bytes, len);
		return UPCALL_TAKEN;
	}
	r->heard_us = clock_mono_us();
	if (!r->live)
		begin_live(r);
	if (is_crowded(r, r->heard_us)) {
		rest(r);
		return UPCALL_PAUSE;
	}
	if (cutter_feed(&r->cutter, bytes, len, &(struct cutter_handler){ take_frame, r }) < 0)
		return UPCALL_ENOUGH; /* connected to anew, from the last id */
	flush_all(r);
	return UPCALL_TAKEN;
}

/* A relay that never worked: its clients get the daemon's own words. */
static void refuse_all(struct relay *r, int status)
{
	for (struct relay_client *c = r->clients, *next; c; c = next) {
		next = c->next;
		relay_client_refuse(c, status, r->refusal);
	}
	arm(r, 0);
}

/* The session that the stream went by is no more: its clients go, another's serves the rest. */
static void end_sessions(struct relay *r, const char *token)
{
	for (struct relay_client *c = r->clients, *next; c; c = next) {
		next = c->next;
		if (str_equal(c->token, token))
			relay_client_end(c);
	}
}

static void lose(struct relay *r)
{
	if (!r->told_lost && r->ever_live)
		tell_daemon(r, "lost");
	r->told_lost = r->ever_live;
	if (r->clients)
		arm(r, backoff_next_us(&r->backoff));
}

static void up_done(void *context, const struct upcall_head *head, int error)
{
	struct relay *r = context;
	bool was_live = r->live;

	r->up = NULL;
	r->live = false;
	cutter_reset(&r->cutter);
	if (r->desk->closing)
		return;
	if (head->status == 401) {
		end_sessions(r, r->token);
		arm(r, r->clients ? 0 : LINGER_US);
	} else if (was_live && r->clients) {
		connect_up(r);  /* at once: they are told only if that fails */
		doubt(r->desk); /* the session that it went by may be the one that has ended */
	} else if (!r->ever_live) {
		if (error < 0 && error != -ENOTCONN)
			log_debug("web: stream: %s", strerror(-error));
		refuse_all(r, head->status >= 400 && head->status < 600 ? (int)head->status : 503);
	} else {
		lose(r);
	}
}

static void connect_up(struct relay *r)
{
	const struct relay_client *c = r->clients;
	struct str_buf path _cleanup_str_buf_ = { 0 };
	char last[24] = "";

	if (!r->ever_live && c->last_id)
		r->from_id = r->last_id = c->last_id;
	if (r->last_id)
		snprintf(last, sizeof(last), "%llu", (unsigned long long)r->last_id);
	memcpy(r->token, c->token, sizeof(r->token));
	evbuffer_drain(r->refusal, evbuffer_get_length(r->refusal));
	str_buf_printf(&path, "/v1/stream%s%s", r->query ? "?" : "", r->query ? r->query : "");
	r->heard_us = clock_mono_us();
	r->resting = false;
	/* clang-format off */
	r->up = upcall_start(r->desk->web->upcalls, &(struct upcall_setup){
		.kind = UPCALL_STREAMS, .method = "GET", .path = path.text, .handler = { r, take_bytes, up_done },
		.headers = (const char *const[]){
			"X-Estate-Client",  c->address,
			"X-Estate-Session", c->token,
			"Last-Event-ID",    *last ? last : NULL,
			NULL } });
	/* clang-format on */
}

static void due(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct relay *r = arg;

	if (!r->clients)
		relay_drop(r);
	else if (!r->up)
		connect_up(r);
}

/* ---- clients ---- */

static struct relay *relay_new(struct relay_desk *d, const char *key, const char *query)
{
	struct relay *r = MEM_NEW(struct relay);

	r->desk = d;
	r->key = mem_strdup(key);
	r->query = mem_strdup(query);
	r->refusal = evbuffer_new();
	r->due = evtimer_new(d->web->base, due, r);
	r->breath = evtimer_new(d->web->base, breathe, r);
	if (!r->refusal || !r->due || !r->breath)
		abort();
	backoff_init(&r->backoff, 200 * MS, 2 * S, (uint32_t)clock_mono_us());
	r->next = d->relays;
	d->relays = r;
	d->counts.relays++;
	return r;
}

void relay_take(struct relay_desk *d, struct relay_client *c, const char *key)
{
	struct relay *r = d->relays;

	while (r && !str_equal(r->key, key))
		r = r->next;
	if (!r && d->counts.relays >= RELAYS_MAX) {
		relay_client_refuse(c, 503, NULL);
		return;
	}
	if (!r)
		r = relay_new(d, key, c->query);
	relay_leave(c);
	c->relay = r;
	c->next = r->clients;
	r->clients = c;
	d->counts.clients++;
	evtimer_del(r->due);
	if (r->ever_live) {
		relay_client_begin(c);
		relay_client_welcome(c);
		if (r->told_lost)
			tell_daemon(r, "lost");
		else
			relay_client_flush(c);
	}
	if (!r->up)
		arm(r, 0);
}

static void leave_asking(struct relay_client *c)
{
	for (struct relay_client **link = &c->desk->asking; *link; link = &(*link)->next_asking)
		if (*link == c) {
			*link = c->next_asking;
			return;
		}
}

void relay_leave(struct relay_client *c)
{
	struct relay *r = c->relay;

	if (!r) {
		leave_asking(c);
		return;
	}
	for (struct relay_client **link = &r->clients; *link; link = &(*link)->next)
		if (*link == c) {
			*link = c->next;
			break;
		}
	r->desk->counts.clients--;
	c->relay = NULL;
	if (!r->clients)
		arm(r, r->ever_live ? LINGER_US : 0);
}

void relay_join(struct relay_desk *d, struct web_call *call, const char *token)
{
	relay_client_ask(relay_client_new(d, call, token));
}

void relay_end_session(struct relay_desk *d, const char *token)
{
	for (struct relay *r = d->relays; r; r = r->next) {
		end_sessions(r, token);
		if (!r->up || !r->clients || !str_equal(r->token, token))
			continue;
		/* The daemon ends that stream too: the next session's takes its place before anybody notices. */
		upcall_cancel(r->up);
		cutter_reset(&r->cutter);
		r->live = false;
		connect_up(r);
	}
}

/* ---- life ---- */

static void look_after(struct relay *r, int64_t now_us)
{
	for (struct relay_client *c = r->clients; c; c = c->next)
		if (c->began && !c->ask && now_us - c->asked_us > ASK_EVERY_US)
			relay_client_ask(c);
	/* A socket that systemd keeps takes the connection, but nobody answers. */
	if (!r->told_lost && r->ever_live && !r->live && now_us - r->heard_us > ANSWER_US) {
		r->told_lost = true;
		tell_daemon(r, "lost");
	}
	if (r->told_lost && now_us - r->told_us > RELAY_KEEPALIVE_US)
		tell_daemon(r, "lost");
	if (!r->up || r->resting || now_us - r->heard_us < SILENCE_US)
		return;
	upcall_cancel(r->up);
	r->up = NULL;
	r->live = false;
	cutter_reset(&r->cutter);
	lose(r);
}

static void ask_all(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct relay_desk *d = arg;

	d->doubted_us = clock_mono_us();
	for (struct relay *r = d->relays; r; r = r->next)
		for (struct relay_client *c = r->clients; c; c = c->next)
			if (c->began && !c->ask)
				relay_client_ask(c);
}

static void tick(evutil_socket_t fd _unused_, short what _unused_, void *arg)
{
	struct relay_desk *d = arg;
	int64_t now_us = clock_mono_us();

	for (struct relay *r = d->relays; r; r = r->next)
		look_after(r, now_us);
}

struct relay_desk *relay_desk_new(struct web *w)
{
	struct relay_desk *d = MEM_NEW(struct relay_desk);

	d->web = w;
	d->tick = event_new(w->base, -1, EV_PERSIST, tick, d);
	d->doubt = evtimer_new(w->base, ask_all, d);
	if (!d->tick || !d->doubt)
		abort();
	event_add(d->tick, &(struct timeval){ .tv_sec = 1 });
	return d;
}

/* evhttp frees its request. */
static void abandon(struct relay_client *c)
{
	evhttp_connection_set_closecb(evhttp_request_get_connection(c->http), NULL, NULL);
	relay_client_free(c);
}

void relay_desk_free(struct relay_desk *d)
{
	if (!d)
		return;
	d->closing = true;
	while (d->asking)
		abandon(d->asking);
	while (d->relays) {
		while (d->relays->clients)
			abandon(d->relays->clients);
		relay_drop(d->relays);
	}
	event_free(d->tick);
	event_free(d->doubt);
	free(d);
}

struct relay_counts relay_counts(const struct relay_desk *d)
{
	return d->counts;
}
