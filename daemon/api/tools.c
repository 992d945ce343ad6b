#include "api/tools.h"

#include <math.h>

#include "api/look.h"
#include "api/pending.h"

#define PATIENCE   (55 * S) /* less than estatectl waits */
#define PAUSE_MIN  (10 * S)
#define PAUSE_MAX  (12 * HOUR)
#define PAUSE      (10 * MINUTE)
#define REASON_MAX 500 /* bytes */
#define UNIT_MAX   255

/* What is asked, with the body that its texts stand in. */
struct wish {
	struct call *call;
	json_t *body;
	struct api_order order;
};

static void give(struct wish *w)
{
	const struct api_source *source = w->call->api->source;
	struct api_pending *p = pending_new(w->call, w->order.subject);

	pending_patience(p, PATIENCE,
			 "the bus has not come to an end with it yet: what becomes of it will be in the log: "
			 "journalctl -u estated -n 50");
	w->order.pending = p;
	w->order.who = w->call->by.who;
	if (source->order)
		source->order(source->context, &w->order);
	else
		pending_answer(
			p, 503,
			call_problem_new((struct call_problem){ 503, NULL }, "this estated has no buses to ask"));
}

/* All below answer the error and return false where the body is not as it should be. */

/* keys: separated by blanks. */
static bool begin(struct wish *w, const char *keys)
{
	const char *key;
	json_t *value;

	w->body = call_body(w->call);
	if (!w->body)
		return false;
	json_object_foreach(w->body, key, value)
	{
		const char *at = strstr(keys, key);
		size_t len = strlen(key);

		if (len && at && (at == keys || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			continue;
		call_error(w->call, (struct call_problem){ 400, key }, "unknown key '%s': expected %s", key,
			   *keys ? keys : "none");
		return false;
	}
	return true;
}

static bool wrong(const struct wish *w, const char *key, const char *expected)
{
	call_error(w->call, (struct call_problem){ 400, key }, "%s: expected %s", key, expected);
	return false;
}

/* A whole number in range; fallback where it is not said, -1: it must be. */
static bool read_number(struct wish *w, const char *key, const int64_t range[2], int64_t *number)
{
	const json_t *value = json_object_get(w->body, key);
	char expected[64];

	if (!value && *number >= 0)
		return true;
	*number = json_integer_value(value);
	if (json_is_integer(value) && *number >= range[0] && *number <= range[1])
		return true;
	snprintf(expected, sizeof(expected), "a whole number from %d to %d", (int)range[0], (int)range[1]);
	return wrong(w, key, expected);
}

static bool read_unit(struct wish *w)
{
	int64_t unit = -1;

	/* 0 is everybody, and answered by nobody. */
	if (!read_number(w, "unit", (const int64_t[]){ 1, UNIT_MAX }, &unit))
		return false;
	w->order.unit = (uint8_t)unit;
	return true;
}

static bool read_at(struct wish *w)
{
	const char *at = json_string_value(json_object_get(w->body, "at")), *expected = "expected a text";
	struct codec_wire wire;

	if (!at || codec_parse_at(at, 0, &wire, &expected) < 0) {
		call_error(w->call, (struct call_problem){ 400, "at" }, "at: %s, as \"holding:30\"",
			   at ? expected : "expected a table and an address");
		return false;
	}
	if (wire.bit_low >= 0)
		return wrong(w, "at", "a whole register: all its bits come with it");
	w->order.table = wire.table;
	w->order.address = wire.address;
	return true;
}

static bool read_type(struct wish *w)
{
	const json_t *type = json_object_get(w->body, "type"), *order = json_object_get(w->body, "order");
	const char *text = json_string_value(type);

	w->order.typed = type != NULL;
	if (type && (!text || codec_parse_type(text, &w->order.type) < 0 || w->order.type >= CODEC_ANY))
		return wrong(w, "type", "u16 i16 u8 i8 u32 i32 u64 i64 f32 f64 bcd16 bcd32 string or bit");
	if (type && codec_table_is_bits(w->order.table) && w->order.type != CODEC_BIT)
		return wrong(w, "type", "none, or bit: a coil or discrete input is one bit");
	text = json_string_value(order);
	if (order && (!text || codec_parse_order(text, &w->order.order) < 0))
		return wrong(w, "order", "abcd, cdab, badc or dcba");
	if (order && !type)
		return wrong(w, "order", "a type with it");
	return true;
}

static bool read_guess(struct wish *w)
{
	const json_t *guess = json_object_get(w->body, "guess");

	w->order.guessing = guess != NULL;
	w->order.guess = json_number_value(guess);
	if (guess && !json_is_number(guess))
		return wrong(w, "guess", "a number: what the device's own display shows");
	if (guess && codec_table_is_bits(w->order.table))
		return wrong(w, "guess", "registers: a coil or discrete input is one bit");
	return true;
}

static bool read_count(struct wish *w)
{
	bool bits = codec_table_is_bits(w->order.table);
	int64_t count = w->order.typed ? codec_type_registers(w->order.type) : 1;

	if (!read_number(w, "count", (const int64_t[]){ 1, bits ? ORDER_BITS : ORDER_REGISTERS }, &count))
		return false;
	if (w->order.typed && count < codec_type_registers(w->order.type))
		return wrong(w, "count", "as many registers as the type has");
	if (w->order.address + count > 65536)
		return wrong(w, "count", "no more than there are up to address 65535");
	w->order.count = (uint16_t)count;
	return true;
}

void tools_read(struct call *x)
{
	struct wish w = { .call = x, .order = { .kind = ORDER_READ, .subject = router_value(&x->match, "bus") } };

	if (look_bus_known(x, w.order.subject) && begin(&w, "unit at count type order guess") && read_unit(&w) &&
	    read_at(&w) && read_type(&w) && read_guess(&w) && read_count(&w))
		give(&w);
	json_decref(w.body);
}

void tools_probe(struct call *x)
{
	struct wish w = { .call = x, .order = { .kind = ORDER_PROBE, .subject = router_value(&x->match, "bus") } };

	w.order.count = 1;
	if (look_bus_known(x, w.order.subject) && begin(&w, "unit") && read_unit(&w))
		give(&w);
	json_decref(w.body);
}

void tools_pause(struct call *x)
{
	struct wish w = {
		.call = x, .order = { .kind = ORDER_PAUSE, .subject = router_value(&x->match, "bus"), .for_us = PAUSE }
	};
	const json_t *within;

	if (look_bus_known(x, w.order.subject) && begin(&w, "for")) {
		within = json_object_get(w.body, "for");
		if (within &&
		    (!json_is_string(within) || str_to_duration(json_string_value(within), &w.order.for_us) < 0 ||
		     w.order.for_us < PAUSE_MIN || w.order.for_us > PAUSE_MAX))
			wrong(&w, "for", "a duration like \"10m\", from 10s to 12h");
		else
			give(&w);
	}
	json_decref(w.body);
}

void tools_resume(struct call *x)
{
	struct wish w = { .call = x, .order = { .kind = ORDER_RESUME, .subject = router_value(&x->match, "bus") } };

	if (look_bus_known(x, w.order.subject) && begin(&w, ""))
		give(&w);
	json_decref(w.body);
}

static bool read_value(struct wish *w)
{
	const json_t *value = json_object_get(w->body, "value");

	if (json_is_boolean(value))
		w->order.value = value_bool(json_is_true(value));
	else if (json_is_number(value) && isfinite(json_number_value(value)))
		w->order.value = value_number(json_number_value(value));
	else if (json_is_string(value) && json_string_length(value) < VALUE_TEXT_MAX)
		w->order.value = value_text(json_string_value(value));
	else
		return wrong(w, "value", "true, false, a number or a text of at most 63 bytes");
	return true;
}

static bool read_reason(struct wish *w)
{
	const json_t *reason = json_object_get(w->body, "reason");

	w->order.reason = json_string_value(reason);
	if (!reason || (w->order.reason && json_string_length(reason) <= REASON_MAX))
		return true;
	return wrong(w, "reason", "a text of at most 500 bytes");
}

void tools_write(struct call *x)
{
	const struct point *point = lists_wanted_point(x);
	struct wish w = { .call = x, .order = { .kind = ORDER_WRITE } };

	if (!point)
		return;
	w.order.subject = point->name;
	if (begin(&w, "value reason") && read_value(&w) && read_reason(&w))
		give(&w);
	json_decref(w.body);
}
