#include "app/delivery.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/live.h"
#include "base/backoff.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"
#include "upstream/drain.h"
#include "upstream/waiting.h"

#define IN_FLIGHT_MAX   64 /* batches: a receiver that acknowledges now and then must not hold the next alarm */
#define IN_FLIGHT_BYTES (160 * 1024) /* both lanes fit into what may wait for a plugin */
#define IN_FLIGHT_DATA  (40 * 1024)  /* an alarm comes behind at most this in the plugin's pipe */
#define BATCH_MESSAGES  64
#define BATCH_BYTES     (40 * 1024) /* a line to a plugin is at most 64 KiB */
#define RETRY_MIN       (1 * S)
#define RETRY_MAX       (60 * S)
#define WAITING_GRAINS  16 /* of outbox.ack_within */
#define ROWS_MAX        64

struct flight {
	uint64_t batch, first_seq, last_seq;
	size_t bytes, count;
	bool delivered; /* waits for those before it */
};

/* One lane of one uplink. Invariant: delivered <= sent; flights lie between them in order of seq. */
struct lane {
	enum envelope_lane lane;
	uint64_t delivered, sent; /* seq; delivered: as far as this run knows */
	uint64_t reported;        /* of delivered: what the store was told */
	bool more;                /* there may be rows after sent */
	bool fetching;
	uint64_t fetch_after; /* what the fetch in work asked for */
	struct flight flights[IN_FLIGHT_MAX];
	size_t flight_count;
	int64_t retry_us; /* monotonic; not before */
	struct backoff backoff;
	uint64_t singly_to; /* up to this seq one message a batch: one of them is refused for ever; 0: none */
	uint64_t aside_seq; /* the last one that was set aside */
};

struct uplink {
	char *instance;
	struct supervisor *supervisor; /* NULL while it is down */
	struct lane lanes[ENVELOPE_LANES];
	struct complaint refused;
	struct drain drain;     /* of what is no alarm */
	struct waiting waiting; /* of alarms */
	bool looked;            /* for what an earlier run left */
	bool heard;             /* alarms were acknowledged in this run */
};

struct delivery {
	struct live *live;
	struct event *drain_event;
	int64_t drain_us;        /* when it is set to; INT64_MAX: not set */
	bool bounds_unsaid;      /* the store does not know them yet */
	struct uplink **uplinks; /* those of the configuration, and others as long as the store owes them an answer */
	size_t count;
	uint64_t next_batch;
};

static void on_drain(evutil_socket_t fd, short events, void *context);

struct delivery *delivery_new(struct live *l)
{
	struct delivery *d = MEM_NEW(struct delivery);

	d->live = l;
	d->next_batch = 1;
	d->drain_us = INT64_MAX;
	d->drain_event = evtimer_new(l->base, on_drain, d);
	if (!d->drain_event)
		abort();
	return d;
}

static void say_bounds(struct delivery *d)
{
	const struct conf *c = d->live->conf;
	struct store_limits limits = {
		.bytes = (uint64_t)c->outbox.bytes,
		.age_us = c->outbox.age_us,
		.audit_age_us = c->audit.age_us,
		.audit_rows = (uint64_t)c->audit.rows,
	};

	if (store_submit_limits(d->live->store, &limits) == 0)
		d->bounds_unsaid = false;
}

void delivery_rebind(struct delivery *d)
{
	int64_t now_us = clock_mono_us();

	for (size_t i = 0; i < d->count; i++)
		drain_set(&d->uplinks[i]->drain, d->live->conf->outbox.rate, now_us);
	d->bounds_unsaid = true;
	say_bounds(d);
}

static void uplink_free(struct uplink *u)
{
	free(u->instance);
	free(u);
}

void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		uplink_free(d->uplinks[i]);
	free(d->uplinks);
	event_free(d->drain_event);
	free(d);
}

static struct uplink *find(const struct delivery *d, const char *instance)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_equal(d->uplinks[i]->instance, instance))
			return d->uplinks[i];
	return NULL;
}

static struct uplink *of_supervisor(struct delivery *d, const struct supervisor *s)
{
	return find(d, supervisor_plugin(s)->id);
}

void delivery_add_uplink(struct delivery *d, const char *instance)
{
	struct uplink *u;

	if (find(d, instance))
		return;
	u = MEM_NEW(struct uplink);
	u->instance = mem_strdup(instance);
	drain_set(&u->drain, d->live->conf->outbox.rate, clock_mono_us());
	for (size_t i = 0; i < ENVELOPE_LANES; i++) {
		u->lanes[i].lane = (enum envelope_lane)i;
		u->lanes[i].more = true;
		backoff_init(&u->lanes[i].backoff, RETRY_MIN, RETRY_MAX, (uint32_t)(d->count * ENVELOPE_LANES + i));
	}
	d->uplinks = mem_realloc(d->uplinks, d->count + 1, sizeof(*d->uplinks));
	d->uplinks[d->count++] = u;
}

/* An answer that is still under way would be taken for one to the first question of another of the same name. */
static bool is_owed(const struct uplink *u)
{
	for (size_t i = 0; i < ENVELOPE_LANES; i++)
		if (u->lanes[i].fetching || u->lanes[i].delivered > u->lanes[i].reported)
			return true;
	return false;
}

/* What a reload took away. */
static void sweep(struct delivery *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->count; i++) {
		struct uplink *u = d->uplinks[i];

		if (u->supervisor || is_owed(u) || outflow_is_uplink(d->live->outflow, u->instance))
			d->uplinks[kept++] = u;
		else
			uplink_free(u);
	}
	d->count = kept;
}

static bool is_full(const struct lane *lane)
{
	size_t bytes = 0;

	for (size_t i = 0; i < lane->flight_count; i++)
		bytes += lane->flights[i].bytes;
	return lane->flight_count == IN_FLIGHT_MAX ||
	       bytes >= (lane->lane == ENVELOPE_ALARM ? IN_FLIGHT_BYTES : IN_FLIGHT_DATA);
}

/* So many may be handed over now; 0: none, the timer looks again. */
static size_t allowed(struct delivery *d, struct uplink *u, const struct lane *lane)
{
	size_t most = lane->sent < lane->singly_to ? 1 : BATCH_MESSAGES, count;
	int64_t now_us = clock_mono_us(), due_us;

	if (lane->lane == ENVELOPE_ALARM)
		return most;
	count = drain_allows(&u->drain, most, now_us);
	due_us = drain_due(&u->drain, now_us);
	if (count == 0 && due_us < d->drain_us) {
		struct timeval wait = { .tv_sec = (due_us - now_us) / S, .tv_usec = (due_us - now_us) % S };

		d->drain_us = due_us;
		evtimer_add(d->drain_event, &wait);
	}
	return count;
}

/* Asks the store for what comes after `sent`, if anything may be there and the uplink can take it. */
static void pump(struct delivery *d, struct uplink *u, struct lane *lane)
{
	struct store_fetch f = {
		.uplink = u->instance,
		.lane = lane->lane,
		.after_seq = lane->sent,
		.max_bytes = BATCH_BYTES,
	};

	if (!u->supervisor || lane->fetching || !lane->more || is_full(lane) || lane->retry_us)
		return;
	f.max_messages = allowed(d, u, lane);
	if (f.max_messages == 0 || store_submit_fetch(d->live->store, &f) < 0)
		return; /* a full queue: the next tick tries again */
	lane->fetching = true;
	lane->fetch_after = lane->sent;
}

static void on_drain(evutil_socket_t fd, short events, void *context)
{
	struct delivery *d = context;
	struct live_turn turn = live_begin(d->live, "backlog");

	(void)fd;
	(void)events;
	d->drain_us = INT64_MAX;
	for (size_t i = 0; i < d->count; i++)
		pump(d, d->uplinks[i], &d->uplinks[i]->lanes[ENVELOPE_DATA]);
	live_end(&turn);
}

/* Everything not known as delivered goes again, from the first. */
static void fall_back(struct lane *lane)
{
	lane->sent = lane->delivered;
	lane->flight_count = 0;
	lane->more = true;
}

void delivery_uplink_state(struct delivery *d, struct supervisor *s, bool up)
{
	struct uplink *u = of_supervisor(d, s);

	if (!u)
		return;
	u->supervisor = up ? s : NULL;
	for (size_t i = 0; i < ENVELOPE_LANES; i++) {
		fall_back(&u->lanes[i]);
		u->lanes[i].retry_us = 0;
		pump(d, u, &u->lanes[i]);
	}
}

void delivery_queued(struct delivery *d, const struct store_done *done)
{
	struct uplink *u = find(d, done->uplink);
	struct lane *lane;

	if (!u)
		return;
	lane = &u->lanes[done->lane];
	if (done->lane == ENVELOPE_ALARM && done->loud_seq)
		waiting_queued(&u->waiting, done->loud_seq, d->live->conf->outbox.ack_within_us / WAITING_GRAINS,
			       clock_mono_us());
	if (done->last_seq > lane->sent)
		lane->more = true;
	pump(d, u, lane);
}

static void later(struct lane *lane, int64_t now_us)
{
	lane->retry_us = now_us + backoff_next_us(&lane->backoff);
}

/* The receiver has everything up to the first batch that is still on its way. */
static void advance(struct lane *lane)
{
	size_t done = 0;

	while (done < lane->flight_count && lane->flights[done].delivered)
		lane->delivered = lane->flights[done++].last_seq;
	lane->flight_count -= done;
	for (size_t i = 0; i < lane->flight_count; i++)
		lane->flights[i] = lane->flights[i + done];
}

/* The rows may go. A store that is full is told with the next tick: else they would stay until the next message. */
static void report(struct delivery *d, const struct uplink *u, struct lane *lane)
{
	if (lane->delivered > lane->reported &&
	    store_submit_delivered(d->live->store, u->instance, lane->lane, lane->delivered) == 0)
		lane->reported = lane->delivered;
}

/* A message that can never be delivered would hold up its lane for ever. What it tells of stays in the store (alarms with all
 * their transitions); a gap record takes its place in the lane, under its seq, and is fetched next. */
static void set_aside(struct delivery *d, const struct uplink *u, struct lane *lane, const struct store_aside *aside)
{
	bool again = lane->aside_seq == aside->seq; /* the store has not done it yet, or even the record is refused */

	if (!again)
		log_event(LOGID_UPLINK_REFUSES, LOG_ABOUT(.uplink = u->instance),
			  "uplink %s: message %" PRIu64
			  " of lane %s can never be delivered (%s): it is left out, and a gap record says so",
			  u->instance, aside->seq, envelope_lane_name(lane->lane), aside->reason);
	if (store_submit_aside(d->live->store, aside) == 0)
		lane->aside_seq = aside->seq;
	fall_back(lane);
	if (again || lane->aside_seq != aside->seq)
		later(lane, clock_mono_us());
}

static void send_batch(struct delivery *d, struct uplink *u, struct lane *lane, const struct store_done *done)
{
	struct supervisor_batch batch = {
		.batch = d->next_batch,
		.lane = envelope_lane_name(lane->lane),
		.messages = (const char *const *)done->messages,
		.count = done->message_count,
	};
	int r;

	r = supervisor_deliver(u->supervisor, &batch);
	if (r == -EMSGSIZE && done->message_count == 1) {
		set_aside(d, u, lane,
			  &(struct store_aside){ .uplink = u->instance,
						 .lane = lane->lane,
						 .seq = done->last_seq,
						 .reason = "more than a line to a plugin may have" });
		return;
	}
	if (r < 0) {
		later(lane, clock_mono_us());
		return;
	}
	if (lane->lane != ENVELOPE_ALARM)
		drain_take(&u->drain, done->message_count);
	lane->flights[lane->flight_count] = (struct flight){ .batch = d->next_batch++,
							     .first_seq = done->first_seq,
							     .last_seq = done->last_seq,
							     .count = done->message_count };
	for (size_t i = 0; i < done->message_count; i++)
		lane->flights[lane->flight_count].bytes += strlen(done->messages[i]);
	lane->flight_count++;
	lane->sent = done->last_seq;
}

void delivery_batch(struct delivery *d, const struct store_done *done)
{
	struct uplink *u = find(d, done->uplink);
	struct lane *lane;

	if (!u)
		return;
	lane = &u->lanes[done->lane];
	lane->fetching = false;
	if (done->error)
		return; /* the store fails just now: the next tick asks again */
	/* Asked for before a fall-back: rows in between would be passed over. */
	if (lane->fetch_after == lane->sent && u->supervisor) {
		if (done->message_count == 0)
			lane->more = false;
		else if (!is_full(lane))
			send_batch(d, u, lane, done);
	}
	pump(d, u, lane);
}

static struct lane *lane_of_batch(struct uplink *u, uint64_t batch, size_t *ret_flight)
{
	for (size_t i = 0; i < ENVELOPE_LANES; i++)
		for (size_t f = 0; f < u->lanes[i].flight_count; f++)
			if (u->lanes[i].flights[f].batch == batch) {
				*ret_flight = f;
				return &u->lanes[i];
			}
	return NULL;
}

void delivery_delivered(struct delivery *d, struct supervisor *s, uint64_t batch)
{
	struct uplink *u = of_supervisor(d, s);
	size_t flight;
	struct lane *lane = u ? lane_of_batch(u, batch, &flight) : NULL;

	if (!lane)
		return; /* of a batch that fell back meanwhile: it goes again, the receiver drops doubles by seq */
	lane->flights[flight].delivered = true;
	advance(lane);
	if (lane->lane == ENVELOPE_ALARM) {
		waiting_delivered(&u->waiting, lane->delivered);
		u->heard = true;
	}
	backoff_reset(&lane->backoff);
	complain_resolved_as(&u->refused, LOGID_UPLINK_TAKES, LOG_ABOUT(.uplink = u->instance),
			     "uplink %s: takes messages again", u->instance);
	report(d, u, lane);
	pump(d, u, lane);
}

static const char *text_of(const struct supervisor_refusal *refusal)
{
	return refusal->text ? refusal->text : "it does not say why";
}

/* Where a gap record stands in the flight, not every number between its ends is a message. */
static bool is_in(const struct flight *f, uint64_t seq)
{
	return seq >= f->first_seq && seq <= f->last_seq && f->last_seq - f->first_seq + 1 == f->count;
}

/* One of the messages of the flight can never be delivered. */
static void refused_for_ever(struct delivery *d, struct uplink *u, struct lane *lane, const struct flight *flight,
			     const struct supervisor_refusal *refusal)
{
	struct store_aside aside = {
		.uplink = u->instance,
		.lane = lane->lane,
		.seq = is_in(flight, refusal->seq) ? refusal->seq : flight->last_seq,
		.reason = text_of(refusal),
	};

	if (flight->count == 1 || is_in(flight, refusal->seq)) {
		set_aside(d, u, lane, &aside);
		return;
	}
	lane->singly_to = flight->last_seq; /* which one it is shows when each comes alone */
	fall_back(lane);
}

void delivery_refused(struct delivery *d, struct supervisor *s, const struct supervisor_refusal *refusal)
{
	struct uplink *u = of_supervisor(d, s);
	size_t flight;
	struct lane *lane = u ? lane_of_batch(u, refusal->batch, &flight) : NULL;

	if (!lane)
		return;
	if (!refusal->retry) {
		struct flight refused = lane->flights[flight];

		refused_for_ever(d, u, lane, &refused, refusal);
		pump(d, u, lane);
		return;
	}
	complain_as(&u->refused, LOGID_UPLINK_REFUSES, LOG_ABOUT(.uplink = u->instance),
		    "uplink %s: refuses messages: %s: they are kept and tried again", u->instance, text_of(refusal));
	fall_back(lane);
	later(lane, clock_mono_us());
}

/* What an earlier run left waits at least since now. */
static void look(struct delivery *d, struct uplink *u, int64_t now_us)
{
	struct status_outbox rows[ROWS_MAX];
	size_t count = store_outbox(d->live->store, rows, ARRAY_SIZE(rows));

	for (size_t i = 0; i < count; i++)
		if (str_equal(rows[i].uplink, u->instance) && rows[i].pending &&
		    str_equal(rows[i].lane, envelope_lane_name(ENVELOPE_ALARM)))
			waiting_queued(&u->waiting, rows[i].last_seq, 0, now_us);
	u->looked = true;
}

enum watch_state delivery_acknowledges(const struct delivery *d, const char *instance, int64_t now_us)
{
	const struct uplink *u = find(d, instance);
	int64_t since_us = u ? waiting_since(&u->waiting) : INT64_MAX;

	if (!u || !u->looked)
		return WATCH_UNKNOWN;
	if (since_us == INT64_MAX)
		return WATCH_UP;
	if (now_us - since_us >= d->live->conf->outbox.ack_within_us)
		return WATCH_DOWN;
	return u->heard ? WATCH_UP : WATCH_UNKNOWN;
}

void delivery_tick(struct delivery *d, int64_t now_us)
{
	if (d->bounds_unsaid)
		say_bounds(d);
	for (size_t i = 0; i < d->count; i++)
		for (size_t j = 0; j < ENVELOPE_LANES; j++) {
			struct uplink *u = d->uplinks[i];
			struct lane *lane = &u->lanes[j];

			if (lane->retry_us && now_us >= lane->retry_us)
				lane->retry_us = 0;
			report(d, u, lane);
			pump(d, u, lane);
		}
	for (size_t i = 0; i < d->count; i++)
		if (!d->uplinks[i]->looked)
			look(d, d->uplinks[i], now_us);
	sweep(d);
}
