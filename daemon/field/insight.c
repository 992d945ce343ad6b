#include "field/insight.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "field/agree.h"
#include "field/poller.h"

#define RTT_FIRST_US 250

struct insight *insight_new(enum insight_kind kind, uint64_t id)
{
	struct insight *i = MEM_NEW(struct insight);

	i->kind = kind;
	i->id = id;
	return i;
}

void insight_free(struct insight *i)
{
	if (!i)
		return;
	free(i->registers);
	free(i->raw);
	free(i);
}

unsigned insight_rtt_bucket(int64_t took_us)
{
	unsigned b = 0;

	while (b < INSIGHT_RTT - 1 && took_us > insight_rtt_bound_us(b))
		b++;
	return b;
}

int64_t insight_rtt_bound_us(unsigned bucket)
{
	return bucket >= INSIGHT_RTT - 1 ? INT64_MAX : (int64_t)RTT_FIRST_US << bucket;
}

/* ---- the bus's thread ---- */

/* Where a point stands in the plan. */
struct place_of {
	const struct plan_item *item;
	const struct plan_cell *cell;
	const struct plan_group *group;
	const struct plan_request *request;
};

static const struct plan_request *request_of(const struct plan *p, const struct plan_group *g, uint32_t cell)
{
	const struct plan_request *r = plan_first_request(p, g);

	for (uint32_t k = 0; k < g->request_count; k++)
		if (cell >= r[k].first && cell < r[k].end)
			return &r[k];
	return NULL;
}

static bool find_point(const struct plan *p, uint32_t point, struct place_of *ret)
{
	for (size_t g = 0; g < p->group_count; g++)
		for (uint32_t c = 0; c < p->groups[g].cell_count; c++) {
			const struct plan_cell *cell = &p->cells[p->groups[g].first_cell + c];

			for (uint32_t i = cell->first_item; i < cell->first_item + cell->item_count; i++) {
				if (p->items[i].point != point)
					continue;
				*ret = (struct place_of){ &p->items[i], cell, &p->groups[g],
							  request_of(p, &p->groups[g], p->groups[g].first_cell + c) };
				return ret->request != NULL;
			}
		}
	return false;
}

static void fill_link(struct insight *i, const struct poller *p)
{
	i->link = (struct insight_link){ .framing = link_framing(p->link),
					 .open = link_is_open(p->link),
					 .asleep = p->asleep,
					 .open_us = p->open_us,
					 .trouble = (uint32_t)poller_get(p->tally.trouble),
					 .state = poller_get(p->tally.state) };
	i->lag_us = poller_get(p->tally.lag_us);
}

static void fill_unit(struct insight_unit *to, const struct poller *p, unsigned index)
{
	const struct poller_unit *u = poller_unit_at(p, index);

	*to = (struct insight_unit){ .unit = u->unit,
				     .state = u->health.state,
				     .misses = u->health.misses,
				     .answered_us = u->seen.answered_us,
				     .gate_us = p->plan->units[index].gate_us,
				     .latency_us = u->health.latency_us,
				     .owes = u->health.owes,
				     .in_doubt = p->plan->units[index].in_doubt,
				     .last_cause = u->seen.last_cause,
				     .last_exception = u->seen.last_exception,
				     .failed_us = u->seen.failed_us,
				     .polls = poller_get(u->polls),
				     .answers = poller_get(u->answers),
				     .errors = poller_get(u->errors) };
	memcpy(to->causes, u->seen.causes, sizeof(to->causes));
	memcpy(to->rtt, u->seen.rtt, sizeof(to->rtt));
}

static void fill_request(struct insight_request *to, const struct plan *p, const struct place_of *at)
{
	const struct plan_request *r = at->request;

	*to = (struct insight_request){ .frame = plan_frame(p, r),
					.table = at->group->table,
					.period_us = at->item->period_us ? at->item->period_us : at->group->period_us,
					.due_us = r->due_us,
					.renew_us = at->group->renew_us,
					.ended_us = r->ended_us,
					.ended = r->ended,
					.exception = r->exception,
					.misses = r->misses,
					.busy = r->busy,
					.refused = r->refused,
					.searching = r->searching,
					.again = r->again };
	for (uint32_t c = r->first; c < r->end; c++)
		for (uint32_t i = p->cells[c].first_item; i < p->cells[c].first_item + p->cells[c].item_count; i++) {
			to->items++;
			if (&p->items[i] != at->item && to->rider_count < INSIGHT_RIDERS)
				to->riders[to->rider_count++] = p->items[i].point;
		}
}

static void keep_registers(struct insight *i, const struct plan *p, const struct place_of *at, uint32_t *raw_count)
{
	struct insight_registers *to = &i->registers[i->register_count++];
	const struct codec_wire *w = at->item->wire;
	uint16_t width = codec_table_is_bits(w->table)
				 ? 1
				 : (uint16_t)MAX((unsigned)w->registers, codec_type_registers(w->type));
	uint32_t offset = (uint32_t)(w->address - at->cell->address);

	*to = (struct insight_registers){ .point = at->item->point,
					  .raw = *raw_count,
					  .width = width,
					  .read_us = at->cell->read_us,
					  .refused = at->request && at->request->refused };
	for (uint16_t k = 0; k < width; k++)
		i->raw[(*raw_count)++] = p->raw[at->cell->raw + offset + k];
}

static void fill_registers(struct insight *i, const struct plan *p)
{
	uint32_t count = 0, raw_count = 0;

	for (size_t g = 0; g < p->group_count; g++)
		for (uint32_t c = 0; c < p->groups[g].cell_count; c++) {
			uint32_t cell = p->groups[g].first_cell + c;
			const struct plan_cell *at = &p->cells[cell];

			for (uint32_t k = at->first_item; k < at->first_item + at->item_count; k++) {
				struct place_of place = { &p->items[k], at, &p->groups[g], NULL };

				if (place.item->point < i->point || place.item->point >= i->end || count == i->max)
					continue;
				count++;
				place.request = request_of(p, &p->groups[g], cell);
				keep_registers(i, p, &place, &raw_count);
			}
		}
}

static void fill_point(struct insight *i, const struct poller *p)
{
	struct place_of at;
	uint32_t raw_count = 0;

	if (!find_point(p->plan, i->point, &at))
		return;
	i->carried = true;
	i->address = at.item->wire->address;
	i->urgent = at.item->agree != NULL;
	i->doubted = at.item->agree && at.item->agree->doubted;
	fill_unit(&i->unit, p, at.group->unit);
	fill_request(&i->request, p->plan, &at);
	keep_registers(i, p->plan, &at, &raw_count);
}

void insight_fill(struct insight *i, const struct poller *p)
{
	uint32_t points = i->kind == INSIGHT_REGISTERS ? i->max : 1;

	i->now_us = clock_mono_us();
	fill_link(i, p);
	if (i->kind != INSIGHT_REGISTERS)
		i->tape = p->tape;
	if (!p->plan || i->kind == INSIGHT_TAPE)
		return;
	i->generation = p->plan->generation;
	i->registers = mem_array(points, sizeof(*i->registers));
	/* A value has at most as many registers as one request can ask for. */
	i->raw = mem_array((size_t)points * FRAME_REGISTERS, sizeof(*i->raw));
	if (i->kind == INSIGHT_POINT)
		fill_point(i, p);
	else
		fill_registers(i, p->plan);
}

/* ---- the tape ---- */

static uint16_t u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Does this frame that went out ask for it? */
static bool asks_for(const struct insight *i, const struct tape_frame *f, struct insight_exchange *x)
{
	size_t head = i->link.framing == FRAME_TCP ? 6 : 0;
	const uint8_t *pdu = f->bytes + head;

	if (f->len < head + 6)
		return false;
	x->request = (struct frame_request){
		.unit = pdu[0], .function = pdu[1], .address = u16(pdu + 2), .count = u16(pdu + 4)
	};
	return x->request.unit == i->request.frame.unit && x->request.function == i->request.frame.function &&
	       x->request.address <= i->address && i->address < x->request.address + x->request.count;
}

/* Of what came until the next request, the frame that answers: on TCP the one with its transaction id. */
static void take_answer(const struct insight *i, struct insight_exchange *x)
{
	size_t head = i->link.framing == FRAME_TCP ? 6 : 0, at = 0;

	while (head && at + 7 < x->answered_len && u16(x->answered + at) != u16(x->asked))
		at += 6u + u16(x->answered + at + 4);
	if (at >= x->answered_len) {
		x->answered_len = 0;
		return;
	}
	x->answered_len -= at;
	memmove(x->answered, x->answered + at, x->answered_len);
	if (head && x->answered_len >= 6)
		x->answered_len = MIN(x->answered_len, 6u + u16(x->answered + 4));
	if (x->answered_len > head + 3 && x->answered[head] == x->request.unit &&
	    x->answered[head + 1] == x->request.function)
		x->data = head + 3;
}

static void collect_answer(const struct insight *i, size_t number, struct insight_exchange *x)
{
	struct tape_frame f;

	for (size_t n = number + 1; tape_get(&i->tape, n, &f) == 0 && f.kind == TAPE_RECEIVED; n++) {
		size_t len = MIN(f.len, sizeof(x->answered) - x->answered_len);

		if (x->answered_len == 0)
			x->answered_us = f.at_us;
		memcpy(x->answered + x->answered_len, f.bytes, len);
		x->answered_len += len;
	}
	take_answer(i, x);
	if (x->answered_len == 0)
		x->answered_us = 0;
}

/* The exchange of the last request that asks for it before the end-th frame. False: there is none. */
static bool find_before(const struct insight *i, size_t end, struct insight_exchange *ret, size_t *ret_number)
{
	struct insight_exchange x = { 0 };
	struct tape_frame f;

	while (end-- > 0) {
		if (tape_get(&i->tape, end, &f) < 0 || f.kind != TAPE_SENT || !asks_for(i, &f, &x))
			continue;
		x.asked_us = f.at_us;
		x.asked_len = MIN(f.len, sizeof(x.asked));
		memcpy(x.asked, f.bytes, x.asked_len);
		collect_answer(i, end, &x);
		*ret = x;
		*ret_number = end;
		return true;
	}
	return false;
}

bool insight_find_exchange(const struct insight *i, struct insight_exchange *ret_exchange)
{
	struct insight_exchange before;
	size_t number;

	if (!i->carried || !find_before(i, TAPE_FRAMES, ret_exchange, &number))
		return false;
	/* Its answer may be on its way just now: then the one before says more. */
	if (!ret_exchange->answered_us && ret_exchange->asked_us > i->request.ended_us &&
	    find_before(i, number, &before, &number))
		*ret_exchange = before;
	return true;
}
