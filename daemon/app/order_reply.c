#include "app/order_reply.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/live.h"
#include "app/writing.h"
#include "base/str.h"
#include "field/frame.h"
#include "model/guess.h"
#include "upstream/alarm_json.h"

/* ---- what went wrong ---- */

void order_reply_problem(struct api_pending *p, int status, const char *text)
{
	api_finish_json(p, status, json_pack("{s{si ss}}", "error", "status", status, "text", text));
}

static const char *exception_advice(uint8_t code)
{
	switch (code) {
	case FRAME_ILLEGAL_FUNCTION: return "it does not know this table: try holding or input, coil or discrete";
	case FRAME_ILLEGAL_ADDRESS:
		return "it has no such address, or not so many from there on: try one, or the address less one";
	case FRAME_ILLEGAL_VALUE: return "it does not take this count or value: see its manual";
	case FRAME_ACKNOWLEDGE:
	case FRAME_BUSY: return "try again in a moment";
	case FRAME_NO_PATH: return "check the gateway's routing of unit numbers";
	case FRAME_NO_ANSWER: return "check the unit's number, power and wires behind the gateway";
	default: return "see its manual";
	}
}

/* "holding:10+2" */
static void add_place(const struct orders_one *one, struct str_buf *to)
{
	const struct order *o = &one->order;
	bool written = o->kind == ORDER_WRITE;
	unsigned count = written ? o->image.count : o->count;

	if (o->kind == ORDER_PROBE) {
		str_buf_add(to, "holding:0");
		return;
	}
	str_buf_printf(to, "%s:%u", codec_table_name(written ? o->image.table : o->table),
		       written ? o->image.address : o->address);
	if (count > 1)
		str_buf_printf(to, "+%u", count);
}

static void say_refused(const struct orders_one *one, const struct order_result *result, struct str_buf *to)
{
	str_buf_printf(to, "unit %u refuses ", one->order.unit);
	add_place(one, to);
	str_buf_printf(to, ": %s: %s", frame_exception_text(result->exception), exception_advice(result->exception));
	if (one->order.kind == ORDER_WRITE)
		str_buf_add(to, "; nothing was written");
}

static int say_link(const struct orders_one *one, const struct order_result *result, struct str_buf *to)
{
	if (result->error == -ECONNABORTED)
		str_buf_printf(to, "bus %s was started anew by a reload before it could answer: try again", one->bus);
	else
		str_buf_printf(to, "bus %s cannot be reached: %s: check the port, the adapter or the gateway's address",
			       one->bus, strerrordesc_np(-result->error));
	return 503;
}

int order_reply_say(const struct orders_one *one, const struct order_result *result, struct str_buf *to)
{
	const char *kept = one->order.kind == ORDER_WRITE ? "; nothing was written" : "";
	unsigned unit = one->order.unit;

	switch (result->end) {
	case ORDER_DONE: return 200;
	case ORDER_REFUSED: say_refused(one, result, to); return 502;
	case ORDER_SILENT:
		str_buf_printf(to,
			       "unit %u does not answer: check its power, wires and number; 'estatectl scan %s' shows "
			       "who answers%s",
			       unit, one->bus, kept);
		return 504;
	case ORDER_CORRUPT:
		str_buf_printf(to,
			       "unit %u answers with a wrong CRC: check wires, shield, termination, speed and parity%s",
			       unit, kept);
		return 502;
	case ORDER_NO_LINK: return say_link(one, result, to);
	case ORDER_NO_CALL:
		str_buf_printf(to,
			       "bus %s: the modem has not dialled in: check its power, SIM card and server address%s",
			       one->bus, kept);
		return 503;
	case ORDER_BUSY:
		str_buf_printf(to, "bus %s had no time for it: see LAG and SKIPPED of 'estatectl buses'%s", one->bus,
			       kept);
		return 503;
	case ORDER_PAUSED:
		str_buf_printf(to, "bus %s is paused: 'estatectl bus resume %s' takes it back%s", one->bus, one->bus,
			       kept);
		return 409;
	case ORDER_DIFFERS: writing_say_differs(one, result, to); return 502;
	case ORDER_UNCONFIRMED:
		str_buf_printf(to,
			       "it was sent, but unit %u has not confirmed it and could not be read: whether it was "
			       "done is not known: look at the device before it is written again",
			       unit);
		return 504;
	}
	return 500;
}

/* ---- what was read ---- */

/* "holding:10.hi" */
static json_t *place_json(const struct orders_one *one, unsigned index, int half)
{
	_cleanup_str_buf_ struct str_buf at = { 0 };

	str_buf_printf(&at, "%s:%u%s", codec_table_name(one->order.table), one->order.address + index,
		       half < 0 ? ""
		       : half   ? ".hi"
				: ".lo");
	return json_string(str_buf_text(&at));
}

/* The value that begins here, where one of the type does; NULL: none. */
static json_t *typed_json(const struct orders_one *one, const struct order_result *r, unsigned index)
{
	const struct api_order *asked = &one->asked;
	bool text = asked->type == CODEC_STRING;
	unsigned width = text ? r->count : codec_type_registers(asked->type);
	struct codec_wire w = { .table = one->order.table,
				.type = asked->type,
				.order = asked->order,
				.bit_low = -1,
				.bit_high = -1,
				.registers = (uint8_t)width,
				.scale = 1 };
	struct value v;

	if (asked->type == CODEC_U8 || asked->type == CODEC_I8) {
		w.bit_low = 0;
		w.bit_high = 7;
	}
	if (index % width != 0 || index + width > r->count)
		return NULL;
	return codec_decode_registers(&w, r->values + index, width, &v) == 0 ? alarm_json_value(&v) : json_null();
}

static json_t *rows_json(const struct orders_one *one, const struct order_result *r)
{
	bool bits = codec_table_is_bits(one->order.table);
	json_t *list = json_array();

	for (unsigned i = 0; i < r->count; i++) {
		json_t *row =
			json_pack("{so si}", "at", place_json(one, i, -1), "address", one->order.address + (int)i);
		json_t *typed = !bits && one->asked.typed ? typed_json(one, r, i) : NULL;
		char hex[8];

		if (bits) {
			json_object_set_new(row, "value", json_boolean(r->values[i]));
		} else {
			snprintf(hex, sizeof(hex), "0x%04x", r->values[i]);
			json_object_set_new(row, "hex", json_string(hex));
			json_object_set_new(row, "dec", json_integer(r->values[i]));
			json_object_set_new(row, "signed", json_integer((int16_t)r->values[i]));
		}
		if (typed)
			json_object_set_new(row, "value", typed);
		json_array_append_new(list, row);
	}
	return list;
}

static json_t *guesses_json(const struct orders_one *one, const struct order_result *r)
{
	struct guess found[GUESS_MAX];
	size_t count = guess_find(r->values, r->count, one->asked.guess, found);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{so ss ss sf sf sb}", "at",
						      place_json(one, found[i].index, found[i].half), "type",
						      codec_type_name(found[i].type), "order",
						      codec_order_name(found[i].order), "scale", found[i].scale,
						      "value", found[i].value, "exact", found[i].exact));
	return list;
}

static double ms_of(int64_t us)
{
	return round((double)us / 10) / 100;
}

static json_t *read_json(const struct orders_one *one, const struct order_result *r)
{
	json_t *body = json_pack("{ss si ss si si sf so}", "bus", one->bus, "unit", one->order.unit, "table",
				 codec_table_name(one->order.table), "address", one->order.address, "count", r->count,
				 "took_ms", ms_of(r->took_us), "values", rows_json(one, r));

	if (one->asked.typed) {
		json_object_set_new(body, "type", json_string(codec_type_name(one->asked.type)));
		json_object_set_new(body, "order", json_string(codec_order_name(one->asked.order)));
	}
	if (one->asked.guessing) {
		json_object_set_new(body, "guess", json_real(one->asked.guess));
		json_object_set_new(body, "guesses", guesses_json(one, r));
	}
	return body;
}

/* ---- who is there ---- */

static json_t *devices_json(const struct live *l, const struct orders_one *one)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->conf->device_count; i++) {
		const struct device *d = &l->conf->devices[i];

		if (d->bus && str_equal(d->bus->id, one->bus) && d->unit == one->order.unit)
			json_array_append_new(list, json_string(d->id));
	}
	return list;
}

/* "value", "exception 2", "silent", "wrong crc" */
static json_t *answer_json(const struct order_result *r)
{
	char text[24];

	if (r->end == ORDER_SILENT)
		return json_string("silent");
	if (r->end == ORDER_CORRUPT)
		return json_string("wrong crc");
	if (r->exception == 0)
		return json_string("value");
	snprintf(text, sizeof(text), "exception %u", r->exception);
	return json_string(text);
}

/* A gateway that says that nobody is there, and something that cannot be understood, are no errors of the question. */
static bool is_finding(const struct order_result *r)
{
	return r->end == ORDER_DONE || r->end == ORDER_SILENT || r->end == ORDER_CORRUPT || r->end == ORDER_REFUSED;
}

static json_t *probe_json(const struct live *l, const struct orders_one *one, const struct order_result *r)
{
	json_t *body = json_pack("{ss si sb so sf so}", "bus", one->bus, "unit", one->order.unit, "answers",
				 r->end == ORDER_DONE, "answer", answer_json(r), "took_ms", ms_of(r->took_us),
				 "devices", devices_json(l, one));
	const struct {
		const char *key, *text;
	} names[] = { { "vendor", r->vendor }, { "product", r->product }, { "revision", r->revision } };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		json_object_set_new(body, names[i].key, names[i].text[0] ? json_string(names[i].text) : json_null());
	return body;
}

/* ---- all ---- */

static json_t *pause_json(const struct orders_one *one)
{
	struct clock_now now = clock_now();
	char until[CLOCK_ISO_MAX];

	clock_format_iso(now.wall_us + (one->order.until_us - now.mono_us), until);
	return json_pack("{ss ss ss}", "bus", one->bus, "state", "paused", "paused_until", until);
}

/* One that was not paused goes on as it did. */
static json_t *resume_json(const struct live *l, const struct orders_one *one)
{
	const struct bus *bus = conf_find_bus(l->conf, one->bus);
	struct worker *w = bus ? links_worker(l->links, (uint32_t)(bus - l->conf->buses)) : NULL;
	struct status_bus now = { .state = "connecting" };

	if (!one->paused && w)
		worker_status(w, &now);
	return json_pack("{ss ss sn sb}", "bus", one->bus, "state", now.state, "paused_until", "was_paused",
			 one->paused);
}

void order_reply(struct live *l, const struct orders_one *one, const struct order_result *result)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	bool found = one->order.kind == ORDER_PROBE && is_finding(result);
	int status = found ? 200 : order_reply_say(one, result, &text);
	json_t *body = NULL;

	if (status != 200) {
		body = json_pack("{s{si ss}}", "error", "status", status, "text", str_buf_text(&text));
		if (one->order.kind == ORDER_WRITE)
			writing_add(l, one, result, body);
		api_finish_json(one->asked.pending, status, body);
		return;
	}
	switch (one->order.kind) {
	case ORDER_READ: body = read_json(one, result); break;
	case ORDER_PROBE: body = probe_json(l, one, result); break;
	case ORDER_WRITE:
		body = json_object();
		writing_add(l, one, result, body);
		break;
	case ORDER_PAUSE: body = pause_json(one); break;
	case ORDER_RESUME: body = resume_json(l, one); break;
	}
	api_finish_json(one->asked.pending, 200, body);
}
