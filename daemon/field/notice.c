#include "field/notice.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "field/plan_describe.h"

#define add(counter)        poller_add(counter)
#define put(counter, value) poller_put(counter, value)
#define get(counter)        poller_get(counter)

#define OVERBOOKED_PART 10 /* more than so many parts of the turns missed: too full */

/* What a line of the log is about. */
#define about_unit(p, index) LOG_ABOUT(.bus = (p)->bus->id, .unit = poller_unit_at(p, index)->unit)

static void tell_bus(struct poller *p, enum poller_state state, const char *text)
{
	struct worker_message m = { .kind = WORKER_BUS, .state = { .up = state == POLLER_UP } };

	if (get(p->tally.state) == (unsigned)state)
		return;
	put(p->tally.state, state);
	put(p->tally.since_us, clock_wall_us());
	snprintf(m.state.text, sizeof(m.state.text), "%.*s", (int)str_utf8_cut(text, sizeof(m.state.text) - 1), text);
	deliver_message(&p->deliver, p->plan, &m);
}

static void tell_unit(struct poller *p, struct poller_unit *u, enum poller_unit_state state, const char *text)
{
	struct worker_message m = { .kind = WORKER_UNIT, .state = { .unit = u->unit, .up = state == POLLER_UNIT_UP } };

	if (get(u->state) == (unsigned)state)
		return;
	put(u->state, state);
	snprintf(m.state.text, sizeof(m.state.text), "%.*s", (int)str_utf8_cut(text, sizeof(m.state.text) - 1), text);
	deliver_message(&p->deliver, p->plan, &m);
}

void notice_trouble(struct poller *p, const struct trouble *t)
{
	put(p->tally.trouble, trouble_pack(t));
}

void notice_cycled(struct poller *p)
{
	struct worker_message m = { .kind = WORKER_CYCLED };

	if (p->cycled)
		return;
	for (size_t i = 0; i < p->plan->group_count; i++) {
		const struct plan_group *g = &p->plan->groups[i];
		const struct plan_request *r = plan_first_request(p->plan, g);

		if (poller_unit_at(p, g->unit)->health.state == HEALTH_DOWN || get(p->tally.state) == POLLER_DOWN)
			continue;
		for (uint32_t k = 0; k < g->request_count; k++)
			if (!r[k].asked || r[k].searching || r[k].again)
				return;
	}
	p->cycled = true;
	deliver_message(&p->deliver, p->plan, &m);
}

void notice_bus_up(struct poller *p)
{
	p->served = true;
	p->tried = p->told = false;
	backoff_reset(&p->reconnect);
	complain_resolved_as(&p->broken, LOGID_BUS_BACK, LOG_ABOUT(.bus = p->bus->id), "bus %s: is back", p->bus->id);
	tell_bus(p, POLLER_UP, "");
}

void notice_bus_down(struct poller *p, const struct trouble *t)
{
	char text[TROUBLE_TEXT_MAX];

	notice_trouble(p, t);
	trouble_text(t, "", text, sizeof(text));
	complain_as(&p->broken, LOGID_BUS_LOST, LOG_ABOUT(.bus = p->bus->id), "bus %s: %s: %s", p->bus->id, text,
		    trouble_advice(t, p->bus));
	tell_bus(p, POLLER_DOWN, text);
	for (unsigned i = 0; i < p->plan->unit_count; i++) {
		/* What goes for the bus need not be said of each unit. */
		if (get(poller_unit_at(p, i)->state) == POLLER_UNIT_UP)
			put(poller_unit_at(p, i)->state, POLLER_UNIT_UNKNOWN);
		deliver_unit_lost(&p->deliver, p->plan, i);
	}
	notice_cycled(p);
}

/* Said once; later ones count the polls that are missed. */
void notice_unit_silent(struct poller *p, unsigned index, const struct trouble *t)
{
	char text[TROUBLE_TEXT_MAX];

	trouble_text(t, p->plan->units[index].name, text, sizeof(text));
	complain_as(&poller_unit_at(p, index)->silent, LOGID_UNIT_SILENT, about_unit(p, index), "bus %s: %s: %s",
		    p->bus->id, text, trouble_advice(t, p->bus));
}

void notice_unit_down(struct poller *p, unsigned index, const struct trouble *t)
{
	char text[TROUBLE_TEXT_MAX];

	notice_trouble(p, t);
	trouble_text(t, p->plan->units[index].name, text, sizeof(text));
	notice_unit_silent(p, index, t);
	tell_unit(p, poller_unit_at(p, index), POLLER_UNIT_DOWN, text);
	deliver_unit_lost(&p->deliver, p->plan, index);
}

void notice_unit_up(struct poller *p, unsigned index)
{
	struct poller_unit *u = poller_unit_at(p, index);
	struct trouble left = { .kind = TROUBLE_NONE };

	complain_resolved_as(&u->silent, LOGID_UNIT_BACK, about_unit(p, index), "bus %s: unit %u (%s) is back",
			     p->bus->id, u->unit, p->plan->units[index].name);
	if (get(u->state) == POLLER_UNIT_UP)
		return;
	tell_unit(p, u, POLLER_UNIT_UP, "");
	for (unsigned i = 0; i < p->plan->unit_count; i++)
		if (get(poller_unit_at(p, i)->state) == POLLER_UNIT_DOWN)
			left = (struct trouble){ TROUBLE_SILENT, poller_unit_at(p, i)->unit, true, 0 };
	notice_trouble(p, &left);
}

void notice_unit_refuses(struct poller *p, const struct plan_request *r, uint8_t exception)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };
	unsigned index = poller_unit_of(p, r);

	plan_describe_request(p->plan, r, &what);
	log_event(LOGID_UNIT_REFUSES, about_unit(p, index), "bus %s: unit %u (%s) refuses %s: %s", p->bus->id,
		  poller_unit_at(p, index)->unit, p->plan->units[index].name, str_buf_text(&what),
		  exception ? frame_exception_text(exception) : "it answers with less");
}

static void judge_load(struct poller *p, int64_t now_us)
{
	struct poller_load *l = &p->load;
	uint64_t turns = l->asked + l->skipped;

	if (l->skipped * OVERBOOKED_PART > turns) {
		put(p->tally.overbooked, true);
		complain_as(&l->overbooked, LOGID_BUS_OVERBOOKED, LOG_ABOUT(.bus = p->bus->id),
			    "bus %s: overbooked: %llu of %llu requests did not fit in: ask less often, "
			    "raise the speed, or split the bus",
			    p->bus->id, (unsigned long long)l->skipped, (unsigned long long)turns);
	} else if (l->skipped * OVERBOOKED_PART * 2 <= turns) {
		put(p->tally.overbooked, false);
		complain_resolved_as(&l->overbooked, LOGID_BUS_FITS, LOG_ABOUT(.bus = p->bus->id),
				     "bus %s: all requests fit in again", p->bus->id);
	}
	l->asked = l->skipped = 0;
	l->since_us = now_us;
}

void notice_load(struct poller *p, unsigned skipped)
{
	int64_t now_us = clock_mono_us();

	for (unsigned i = 0; i < skipped; i++)
		add(p->tally.causes[CAUSE_SKIPPED]);
	p->load.asked++;
	p->load.skipped += skipped;
	if (p->load.since_us == 0)
		p->load.since_us = now_us;
	else if (now_us - p->load.since_us >= POLLER_LOAD_US)
		judge_load(p, now_us);
}
