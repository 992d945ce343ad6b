#include "field/deliver.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "field/agree.h"

#define PUSH_SLICE_US (50 * MS) /* how often a wait for room looks whether the thread is to end */

/* As one, when there is room for all of them. False: the thread is to end. */
static bool push(const struct deliver *d, const struct worker_message *messages, size_t count)
{
	int r = queue_push_all(d->messages, messages, count);

	while ((r == -ENOSPC || r == -ETIMEDOUT) && !waiter_ended(d->waiter)) {
		r = queue_push_all_wait(d->messages, messages, count, clock_mono_us() + PUSH_SLICE_US);
		waiter_turn(d->waiter);
	}
	return r == 0;
}

bool deliver_message(const struct deliver *d, const struct plan *p, struct worker_message *m)
{
	m->bus = d->bus;
	m->generation = p->generation;
	return push(d, m, 1);
}

/* Readings on their way: what one answer says is one moment for the rules. Not on the stack: hundreds of threads would keep
 * the pages that the greatest answer once took. */
struct moment {
	const struct deliver *deliver;
	const struct plan *plan;
	size_t count, max;
	struct worker_message *messages;
};

static void moment_init(struct moment *m, const struct deliver *d, const struct plan *p)
{
	m->deliver = d;
	m->plan = p;
	m->count = 0;
	m->max = MIN((size_t)WORKER_MOMENT_MAX, queue_capacity(d->messages));
	m->messages = mem_alloc(m->max * sizeof(*m->messages));
}

static void moment_tell(struct moment *m)
{
	for (size_t i = 0; i < m->count; i++)
		m->messages[i].more = (unsigned)(m->count - i - 1);
	push(m->deliver, m->messages, m->count);
	m->count = 0;
}

static void moment_end(struct moment *m)
{
	moment_tell(m);
	free(m->messages);
}

static void send_reading(struct moment *m, struct plan_item *item, const struct reading *reading)
{
	m->messages[m->count++] = (struct worker_message){
		.kind = WORKER_READING, .bus = m->deliver->bus, .generation = m->plan->generation, .reading = *reading
	};
	item->told = (uint8_t)reading->quality;
	if (m->count == m->max)
		moment_tell(m);
}

/* FNV-1a over the text form: enough to see that a card number is another one. Never 0. */
static uint32_t digest(const char *text)
{
	uint32_t sum = 2166136261u;

	for (const char *c = text; *c; c++)
		sum = (sum ^ (uint8_t)*c) * 16777619u;
	return sum ? sum : 1;
}

/* An event on a register happens when its bit rises, or when its number or text changes to another that is not empty.
 * The first reading counts as a rise: better told twice than never. True: it happened, *value says what. */
static bool event_happened(struct plan_item *item, struct value *value)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	uint32_t state = 0;

	if (value->type != VALUE_BOOL)
		value_format(value, &text);
	if (value->type == VALUE_TEXT ? value->text[0] != '\0' : value_true(value))
		state = digest(str_buf_text(&text));
	if (state == item->event_last)
		return false;
	item->event_last = state;
	*value = value_event(str_buf_text(&text));
	return state != 0;
}

/* Told with every poll, as any other point: that nothing happened is known, and so is that the unit answers. */
static void send_event(struct moment *m, struct plan_item *item, struct reading *reading)
{
	if (!event_happened(item, &reading->value))
		reading->value = (struct value){ .type = VALUE_NONE };
	send_reading(m, item, reading);
}

/* As it came, for people who ask. */
static void keep_raw(struct plan *p, struct plan_cell *cell, uint16_t first, const struct answer_frame *frame)
{
	size_t offset = (size_t)(cell->address - first);
	bool bits = frame->function <= 2;

	for (uint16_t i = 0; i < cell->width; i++, offset++) {
		if (bits ? offset / 8 >= frame->len : 2 * offset + 1 >= frame->len)
			return;
		p->raw[cell->raw + i] = bits ? frame->data[offset / 8] >> offset % 8 & 1
					     : (uint16_t)(frame->data[2 * offset] << 8 | frame->data[2 * offset + 1]);
	}
}

static void decode_item(const struct plan_cell *first, struct plan_item *item, const struct answer_frame *frame,
			struct reading *reading)
{
	const struct codec_wire *w = item->wire;
	size_t offset = (size_t)(w->address - first->address);
	size_t count = 0, need = MAX((unsigned)w->registers, codec_type_registers(w->type));
	uint16_t registers[FRAME_REGISTERS];
	int r;

	if (codec_table_is_bits(w->table)) {
		r = codec_decode_bit(w, frame->data[offset / 8] >> offset % 8 & 1, &reading->value);
	} else {
		for (size_t at = 2 * offset; count < need && at + 1 < frame->len; at += 2)
			registers[count++] = (uint16_t)(frame->data[at] << 8 | frame->data[at + 1]);
		r = codec_decode_registers(w, registers, count, &reading->value);
	}
	reading->quality = r == 0 ? QUALITY_GOOD : r > 0 ? QUALITY_SUSPECT : QUALITY_BAD;
}

/* Events are told at once. False: it is in doubt, and not to be told yet. */
static bool believed(struct plan_item *item, const struct reading *reading, struct deliver_outcome *outcome)
{
	enum agree_verdict verdict;

	if (!item->agree || item->event)
		return true;
	if (reading->quality != QUALITY_GOOD) {
		agree_lost(item->agree);
		return true;
	}
	verdict = agree_feed(item->agree, &reading->value);
	outcome->doubts += verdict == AGREE_DOUBT;
	outcome->noise += verdict == AGREE_NOISE;
	return verdict != AGREE_DOUBT;
}

struct deliver_outcome deliver_answer(const struct deliver *d, struct plan *p, const struct plan_request *r,
				      const struct answer_frame *frame)
{
	struct deliver_outcome outcome = { 0 };
	struct clock_now now = clock_now();
	struct moment moment;

	moment_init(&moment, d, p);
	for (uint32_t c = r->first; c < r->asked_end; c++) {
		struct plan_cell *cell = &p->cells[c];

		keep_raw(p, cell, p->cells[r->first].address, frame);
		cell->read_us = now.mono_us;
		for (uint32_t i = cell->first_item; i < cell->first_item + cell->item_count; i++) {
			struct plan_item *item = &p->items[i];
			struct reading reading = { .point = item->point, .at = now };

			decode_item(&p->cells[r->first], item, frame, &reading);
			if (!believed(item, &reading, &outcome))
				continue;
			/* What protects life is told with every answer. */
			if (reading.quality == QUALITY_GOOD && !item->agree &&
			    !plan_item_due(item, p->groups[r->group].period_us, now.mono_us))
				continue;
			if (item->event && reading.quality == QUALITY_GOOD)
				send_event(&moment, item, &reading);
			else
				send_reading(&moment, item, &reading);
		}
	}
	moment_end(&moment);
	return outcome;
}

void deliver_unconfirmed(const struct deliver *d, struct plan *p, const struct plan_request *r)
{
	struct clock_now now = clock_now();
	struct moment moment;

	moment_init(&moment, d, p);
	for (uint32_t c = r->first; c < r->end; c++) {
		const struct plan_cell *cell = &p->cells[c];

		for (uint32_t i = cell->first_item; i < cell->first_item + cell->item_count; i++) {
			struct plan_item *item = &p->items[i];
			struct reading reading = { .point = item->point, .quality = QUALITY_SUSPECT, .at = now };

			if (item->agree && agree_forget(item->agree))
				send_reading(&moment, item, &reading);
		}
	}
	moment_end(&moment);
}

void deliver_quality(const struct deliver *d, struct plan *p, const struct plan_request *r, enum quality quality)
{
	struct clock_now now = clock_now();
	uint32_t end = quality == QUALITY_LOST ? r->end : r->asked_end;
	struct moment moment;

	moment_init(&moment, d, p);
	for (uint32_t c = r->first; c < end; c++) {
		const struct plan_cell *cell = &p->cells[c];

		for (uint32_t i = cell->first_item; i < cell->first_item + cell->item_count; i++) {
			struct reading reading = { .point = p->items[i].point, .quality = quality, .at = now };

			if (p->items[i].agree)
				agree_lost(p->items[i].agree);
			if (quality != QUALITY_LOST || p->items[i].told != QUALITY_LOST)
				send_reading(&moment, &p->items[i], &reading);
		}
	}
	moment_end(&moment);
}

void deliver_unit_lost(const struct deliver *d, struct plan *p, unsigned unit)
{
	for (size_t i = 0; i < p->group_count; i++) {
		const struct plan_request *r = plan_first_request(p, &p->groups[i]);

		for (uint32_t k = 0; p->groups[i].unit == unit && k < p->groups[i].request_count; k++)
			deliver_quality(d, p, &r[k], QUALITY_LOST);
	}
}
