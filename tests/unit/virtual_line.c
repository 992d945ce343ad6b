#include "virtual_line.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "field/line.h"
#include "field/link.h"
#include "field/waiter.h"
#include "field/worker.h"

#define SAYINGS 512

/* Bytes on their way to us. */
struct saying {
	int64_t at_us, byte_us; /* of the first bit; between two bytes */
	size_t len, read;
	bool spoiled;
	uint8_t bytes[FRAME_MAX];
};

struct link {
	const struct bus *bus;
	bool open;
	int broken;
};

static struct line {
	struct virtual_line_setup setup;
	struct clock_now now;
	int64_t end_us, busy_us, longest_us;
	int64_t asked_us; /* of the exchange that is under way; 0: none */
	struct link *link;
	struct saying sayings[SAYINGS];
	size_t count;
	unsigned clashes, links;
	struct queue *messages;
	struct poller poller;
	struct poller_unit *units[UINT8_MAX + 1];
} line;

static void go_to(int64_t us)
{
	int64_t step_us = us - line.now.mono_us;

	if (step_us <= 0)
		return;
	line.now.mono_us += step_us;
	line.now.wall_us += step_us;
}

static int64_t byte_us(void)
{
	const struct bus *b = line.setup.bus;

	return b->type == BUS_RTU ? ((int64_t)line_bits(b) * S + b->baud - 1) / b->baud : 0;
}

int64_t virtual_line_wire_us(size_t len)
{
	return (int64_t)len * byte_us();
}

static int64_t end_of(const struct saying *s)
{
	return s->at_us + (int64_t)s->len * s->byte_us;
}

/* -------- the slaves' side -------- */

void virtual_line_say(int64_t at_us, const uint8_t *bytes, size_t len)
{
	struct saying *s = &line.sayings[line.count];

	if (line.count == SAYINGS || len > sizeof(s->bytes))
		abort();
	*s = (struct saying){ .at_us = MAX(at_us, line.now.mono_us), .byte_us = byte_us(), .len = len };
	memcpy(s->bytes, bytes, len);
	line.busy_us += end_of(s) - s->at_us;
	/* Two at once: nobody can read either. */
	for (size_t i = 0; i < line.count && s->byte_us > 0; i++)
		if (s->at_us < end_of(&line.sayings[i]) && line.sayings[i].at_us < end_of(s)) {
			s->spoiled = line.sayings[i].spoiled = true;
			line.clashes++;
		}
	line.count++;
}

void virtual_line_hush(void)
{
	line.count = 0;
}

void virtual_line_break(int error)
{
	line.link->broken = error;
	virtual_line_hush();
}

/* -------- field/link.h -------- */

struct link *link_new(const struct bus *bus)
{
	line.link = MEM_NEW(struct link);
	line.link->bus = bus;
	return line.link;
}

void link_free(struct link *l)
{
	free(l);
}

int link_open(struct link *l, struct waiter *w)
{
	(void)w;
	go_to(line.now.mono_us + VIRTUAL_LINE_CALL_US);
	line.asked_us = 0;
	l->open = true;
	l->broken = 0;
	line.links++;
	return 0;
}

int link_adopt(struct link *l, int fd)
{
	(void)l;
	(void)fd;
	return -EOPNOTSUPP;
}

void link_close(struct link *l)
{
	l->open = false;
	line.count = 0;
}

bool link_is_open(const struct link *l)
{
	return l->open;
}

int link_fd(const struct link *l)
{
	return l->open ? 1 : -1;
}

enum frame_kind link_framing(const struct link *l)
{
	return l->bus->type == BUS_TCP ? FRAME_TCP : FRAME_RTU;
}

int64_t link_silence_us(const struct link *l)
{
	return l->bus->type == BUS_RTU ? line_silence_us(l->bus) : 0;
}

bool link_use_standby(struct link *l, bool standby)
{
	(void)l;
	(void)standby;
	return false;
}

bool link_on_standby(const struct link *l)
{
	(void)l;
	return false;
}

int link_send(struct link *l, const struct frame_request *r, uint16_t transaction)
{
	struct virtual_line_ask ask = { .at_us = line.now.mono_us, .request = *r, .transaction = transaction };
	int64_t wire_us = virtual_line_wire_us(r->pdu ? r->pdu_len + 3U : 8);

	if (l->broken)
		return l->broken;
	ask.heard_us = ask.at_us + wire_us;
	/* What somebody still says is spoiled by it, and spoils it. */
	for (size_t i = 0; i < line.count; i++)
		if (byte_us() > 0 && line.sayings[i].at_us < ask.heard_us && end_of(&line.sayings[i]) > ask.at_us) {
			line.sayings[i].spoiled = true;
			line.clashes++;
		}
	line.busy_us += wire_us;
	line.asked_us = ask.at_us;
	go_to(line.now.mono_us + VIRTUAL_LINE_CALL_US);
	line.setup.asked(line.setup.context, &ask);
	return 0;
}

static size_t there(const struct saying *s)
{
	int64_t since_us = line.now.mono_us - s->at_us;

	if (since_us < 0)
		return 0;
	return s->byte_us == 0 ? s->len : MIN((size_t)(since_us / s->byte_us), s->len);
}

/* The one whose next byte comes first. */
static struct saying *first_saying(int64_t *ret_at_us)
{
	struct saying *first = NULL;

	*ret_at_us = INT64_MAX;
	for (size_t i = 0; i < line.count; i++) {
		struct saying *s = &line.sayings[i];
		int64_t at_us = s->at_us + (int64_t)(s->read + 1) * s->byte_us;

		if (at_us >= *ret_at_us)
			continue;
		*ret_at_us = at_us;
		first = s;
	}
	return first;
}

int link_receive(struct link *l, uint8_t *bytes, size_t len)
{
	int64_t at_us;
	struct saying *s = first_saying(&at_us);
	size_t n;

	if (l->broken)
		return l->broken;
	if (!s || at_us > line.now.mono_us)
		return 0;
	go_to(line.now.mono_us + VIRTUAL_LINE_CALL_US);
	n = MIN(there(s) - s->read, len);
	for (size_t i = 0; i < n; i++)
		bytes[i] = s->bytes[s->read + i] ^ (s->spoiled ? 0x55 : 0);
	s->read += n;
	if (s->read == s->len)
		*s = line.sayings[--line.count];
	return (int)n;
}

/* -------- field/waiter.h -------- */

static void take_messages(void)
{
	struct worker_message m;

	while (queue_pop(line.messages, &m))
		line.setup.told(line.setup.context, &m);
}

void waiter_init(struct waiter *w)
{
	*w = (struct waiter){ .caller = -1 };
}

void waiter_fini(struct waiter *w)
{
	plan_free(w->plan);
}

void waiter_mail_drop(const struct waiter_mail *m)
{
	(void)m;
}

int waiter_take_caller(struct waiter *w)
{
	(void)w;
	return -1;
}

struct order *waiter_take_order(struct waiter *w)
{
	(void)w;
	return NULL;
}

bool waiter_ended(const struct waiter *w)
{
	(void)w;
	return line.now.mono_us >= line.end_us;
}

void waiter_turn(struct waiter *w)
{
	(void)w;
	take_messages();
}

bool waiter_has_mail(const struct waiter *w)
{
	return w->plan;
}

int waiter_wait(struct waiter *w, int fd, short events, int64_t deadline_us)
{
	int64_t at_us = INT64_MAX;

	(void)w;
	(void)events;
	take_messages();
	go_to(line.now.mono_us + VIRTUAL_LINE_CALL_US);
	if (fd >= 0 && line.link->broken)
		return POLLIN;
	if (fd >= 0)
		first_saying(&at_us);
	go_to(MIN(at_us, deadline_us));
	if (line.asked_us > 0)
		line.longest_us = MAX(line.longest_us, line.now.mono_us - line.asked_us);
	return at_us <= line.now.mono_us ? POLLIN : 0;
}

int waiter_idle(struct waiter *w, int fd, int64_t deadline_us)
{
	line.asked_us = 0;
	return waiter_has_mail(w) ? 0 : waiter_wait(w, fd, POLLIN, MIN(deadline_us, line.end_us));
}

/* -------- the test's side -------- */

void virtual_line_begin(const struct virtual_line_setup *setup)
{
	struct plan *plan = plan_build(setup->bus, setup->devices);

	line = (struct line){ .setup = *setup, .now = { .mono_us = HOUR, .wall_us = CLOCK_ERA_US } };
	clock_pretend(&line.now);
	line.messages = queue_new(sizeof(struct worker_message), 4096);
	for (size_t i = 0; i < plan->unit_count; i++) {
		struct poller_unit *u = MEM_NEW(struct poller_unit);

		u->unit = plan->units[i].unit;
		health_init(&u->health, u->unit);
		line.units[u->unit] = u;
	}
	poller_init(&line.poller,
		    &(struct poller_setup){ .bus = setup->bus, .units = line.units, .messages = line.messages });
	plan->generation = 1;
	line.poller.waiter.plan = plan;
}

void virtual_line_end(void)
{
	poller_fini(&line.poller);
	for (size_t i = 0; i < ARRAY_SIZE(line.units); i++)
		free(line.units[i]);
	queue_free(line.messages);
	clock_pretend(NULL);
}

int64_t virtual_line_now_us(void)
{
	return line.now.mono_us;
}

void virtual_line_run(int64_t for_us)
{
	line.end_us = line.now.mono_us + for_us;
	poller_run(&line.poller);
	take_messages();
}

const struct poller *virtual_line_poller(void)
{
	return &line.poller;
}

int64_t virtual_line_busy_us(void)
{
	return line.busy_us;
}

int64_t virtual_line_longest_us(void)
{
	return line.longest_us;
}

unsigned virtual_line_clashes(void)
{
	return line.clashes;
}

unsigned virtual_line_links(void)
{
	return line.links;
}
