#include "app/early.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

/* Of one lane, in order; the oldest stands at first. */
struct kept {
	struct store_message *messages; /* a ring; they own their payloads */
	size_t first, count, room;
};

struct early {
	char **unknown;
	size_t unknown_count;
	struct kept lanes[ENVELOPE_LANES];
	bool dropped; /* data, since somebody is waited for */
};

static const size_t most[ENVELOPE_LANES] = {
	[ENVELOPE_ALARM] = EARLY_ALARMS_MAX,
	[ENVELOPE_DATA] = EARLY_DATA_MAX,
};
static const enum envelope_lane order[ENVELOPE_LANES] = { ENVELOPE_ALARM, ENVELOPE_DATA };

struct early *early_new(void)
{
	return MEM_NEW(struct early);
}

static struct store_message *at(const struct kept *k, size_t i)
{
	return &k->messages[(k->first + i) % k->room];
}

static void forget_first(struct kept *k)
{
	free((char *)at(k, 0)->payload);
	k->first = (k->first + 1) % k->room;
	k->count--;
}

static void forget(struct early *e)
{
	for (size_t i = 0; i < ENVELOPE_LANES; i++) {
		while (e->lanes[i].count)
			forget_first(&e->lanes[i]);
		free(e->lanes[i].messages);
		e->lanes[i] = (struct kept){ 0 };
	}
	e->dropped = false;
}

static void forget_unknown(struct early *e)
{
	while (e->unknown_count)
		free(e->unknown[--e->unknown_count]);
}

void early_free(struct early *e)
{
	if (!e)
		return;
	forget(e);
	forget_unknown(e);
	free(e->unknown);
	free(e);
}

void early_expect(struct early *e, const char *instance)
{
	for (size_t i = 0; i < e->unknown_count; i++)
		if (str_equal(e->unknown[i], instance))
			return;
	e->unknown = mem_realloc(e->unknown, e->unknown_count + 1, sizeof(*e->unknown));
	e->unknown[e->unknown_count++] = mem_strdup(instance);
}

void early_known(struct early *e, const char *instance)
{
	for (size_t i = 0; i < e->unknown_count; i++)
		if (str_equal(e->unknown[i], instance)) {
			free(e->unknown[i]);
			e->unknown[i] = e->unknown[--e->unknown_count];
		}
	if (e->unknown_count == 0)
		forget(e);
}

bool early_waits(const struct early *e)
{
	return e->unknown_count > 0;
}

static void grow(struct kept *k)
{
	size_t room = k->room ? 2 * k->room : 16;
	struct store_message *messages = mem_array(room, sizeof(*messages));

	for (size_t i = 0; i < k->count; i++)
		messages[i] = *at(k, i);
	free(k->messages);
	k->messages = messages;
	k->first = 0;
	k->room = room;
}

/* False: nothing is kept any more. */
static bool make_room(struct early *e, enum envelope_lane lane)
{
	struct kept *k = &e->lanes[lane];

	if (k->count < most[lane])
		return true;
	if (lane == ENVELOPE_DATA) {
		if (!e->dropped)
			log_warning(
				"outbox: %d messages of data are kept for plugins that are not ready yet; the oldest "
				"make room",
				EARLY_DATA_MAX);
		e->dropped = true;
		forget_first(k);
		return true;
	}
	/* One that is still silent after so much is broken, and has its alarm. */
	log_warning("outbox: %d alarm messages were kept for plugins that never became ready; no more are",
		    EARLY_ALARMS_MAX);
	forget_unknown(e);
	forget(e);
	return false;
}

void early_keep(struct early *e, const struct store_message *pattern, const char *payload)
{
	struct kept *k = &e->lanes[pattern->lane];
	struct store_message *m;

	if (e->unknown_count == 0 || !make_room(e, pattern->lane))
		return;
	if (k->count == k->room)
		grow(k);
	m = at(k, k->count++);
	*m = *pattern;
	m->uplink = NULL;
	m->payload = mem_strdup(payload);
}

size_t early_count(const struct early *e)
{
	size_t count = 0;

	for (size_t i = 0; i < ENVELOPE_LANES; i++)
		count += e->lanes[i].count;
	return count;
}

const struct store_message *early_next(const struct early *e, const struct store_message *m)
{
	size_t lane = 0, next = 0;

	if (m) {
		const struct kept *k = &e->lanes[m->lane];

		while (order[lane] != m->lane)
			lane++;
		next = ((size_t)(m - k->messages) + k->room - k->first) % k->room + 1;
	}
	for (; lane < ENVELOPE_LANES; lane++, next = 0)
		if (next < e->lanes[order[lane]].count)
			return at(&e->lanes[order[lane]], next);
	return NULL;
}
