#include "app/delivery.h"

#include <errno.h>
#include <string.h>

#include "app/live.h"
#include "base/backoff.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"

#define UPLINKS_MAX     16
#define IN_FLIGHT_MAX   64 /* batches: a receiver that acknowledges now and then must not hold the next alarm */
#define IN_FLIGHT_BYTES (160 * 1024) /* both lanes fit into what may wait for a plugin */
#define BATCH_MESSAGES  64
#define BATCH_BYTES     (40 * 1024) /* a line to a plugin is at most 64 KiB */
#define RETRY_MIN       (1 * S)
#define RETRY_MAX       (60 * S)

struct flight {
	uint64_t batch, last_seq;
	size_t bytes;
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
};

struct uplink {
	char *instance;
	struct supervisor *supervisor; /* NULL while it is down */
	struct lane lanes[ENVELOPE_LANES];
	struct complaint refused;
};

struct delivery {
	struct live *live;
	struct uplink uplinks[UPLINKS_MAX];
	size_t count;
	uint64_t next_batch;
};

struct delivery *delivery_new(struct live *l)
{
	struct delivery *d = MEM_NEW(struct delivery);

	d->live = l;
	d->next_batch = 1;
	return d;
}

void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->uplinks[i].instance);
	free(d);
}

static struct uplink *find(struct delivery *d, const char *instance)
{
	for (size_t i = 0; i < d->count; i++)
		if (str_equal(d->uplinks[i].instance, instance))
			return &d->uplinks[i];
	return NULL;
}

static struct uplink *of_supervisor(struct delivery *d, const struct supervisor *s)
{
	return find(d, supervisor_plugin(s)->id);
}

void delivery_add_uplink(struct delivery *d, const char *instance)
{
	struct uplink *u = &d->uplinks[d->count];

	if (d->count == UPLINKS_MAX || find(d, instance))
		return;
	*u = (struct uplink){ .instance = mem_strdup(instance) };
	for (size_t i = 0; i < ENVELOPE_LANES; i++) {
		u->lanes[i].lane = (enum envelope_lane)i;
		u->lanes[i].more = true;
		backoff_init(&u->lanes[i].backoff, RETRY_MIN, RETRY_MAX, (uint32_t)(d->count * ENVELOPE_LANES + i));
	}
	d->count++;
}

static bool is_full(const struct lane *lane)
{
	size_t bytes = 0;

	for (size_t i = 0; i < lane->flight_count; i++)
		bytes += lane->flights[i].bytes;
	return lane->flight_count == IN_FLIGHT_MAX || bytes >= IN_FLIGHT_BYTES;
}

/* Asks the store for what comes after `sent`, if anything may be there and the uplink can take it. */
static void pump(struct delivery *d, struct uplink *u, struct lane *lane)
{
	struct store_fetch f = {
		.uplink = u->instance,
		.lane = lane->lane,
		.after_seq = lane->sent,
		.max_messages = BATCH_MESSAGES,
		.max_bytes = BATCH_BYTES,
	};

	if (!u->supervisor || lane->fetching || !lane->more || is_full(lane) || lane->retry_us)
		return;
	if (store_submit_fetch(d->live->store, &f) < 0)
		return; /* a full queue: the next tick tries again */
	lane->fetching = true;
	lane->fetch_after = lane->sent;
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
	if (done->last_seq > lane->sent)
		lane->more = true;
	pump(d, u, lane);
}

static void later(struct lane *lane, int64_t now_us)
{
	lane->retry_us = now_us + backoff_next_us(&lane->backoff);
}

static void send_batch(struct delivery *d, struct uplink *u, struct lane *lane, const struct store_done *done)
{
	struct supervisor_batch batch = {
		.batch = d->next_batch,
		.lane = envelope_lane_name(lane->lane),
		.messages = (const char *const *)done->messages,
		.count = done->message_count,
	};

	if (supervisor_deliver(u->supervisor, &batch) < 0) {
		later(lane, clock_mono_us());
		return;
	}
	lane->flights[lane->flight_count] = (struct flight){ .batch = d->next_batch++, .last_seq = done->last_seq };
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

void delivery_delivered(struct delivery *d, struct supervisor *s, uint64_t batch)
{
	struct uplink *u = of_supervisor(d, s);
	size_t flight;
	struct lane *lane = u ? lane_of_batch(u, batch, &flight) : NULL;

	if (!lane)
		return; /* of a batch that fell back meanwhile: it goes again, the receiver drops doubles by seq */
	lane->flights[flight].delivered = true;
	advance(lane);
	backoff_reset(&lane->backoff);
	complain_resolved(&u->refused, "uplink %s: takes messages again", u->instance);
	report(d, u, lane);
	pump(d, u, lane);
}

void delivery_refused(struct delivery *d, struct supervisor *s, uint64_t batch, const char *text)
{
	struct uplink *u = of_supervisor(d, s);
	size_t flight;
	struct lane *lane = u ? lane_of_batch(u, batch, &flight) : NULL;

	if (!lane)
		return;
	complain(&u->refused, "uplink %s: refuses messages: %s: they are kept and tried again", u->instance,
		 text ? text : "it does not say why");
	fall_back(lane);
	later(lane, clock_mono_us());
}

void delivery_tick(struct delivery *d, int64_t now_us)
{
	for (size_t i = 0; i < d->count; i++)
		for (size_t j = 0; j < ENVELOPE_LANES; j++) {
			struct lane *lane = &d->uplinks[i].lanes[j];

			if (lane->retry_us && now_us >= lane->retry_us)
				lane->retry_us = 0;
			report(d, &d->uplinks[i], lane);
			pump(d, &d->uplinks[i], lane);
		}
}
