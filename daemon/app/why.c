#include "app/why.h"

#include "alarm/entrapment.h"
#include "api/rows.h"
#include "app/live.h"
#include "app/why_reason.h"
#include "field/insight.h"
#include "upstream/alarm_json.h"

#define RULES_MAX 32

static json_t *words(const struct why_words *w)
{
	return json_pack("{s:s, s:s}", "en", w->en, "zh", w->zh);
}

/* Seconds from now on; null for what will not be. */
static json_t *seconds(int64_t us)
{
	return us > 366 * DAY ? json_null() : json_real((double)MAX(us, (int64_t)0) / 1e6);
}

static json_t *reason_json(const struct lookup *at, const struct point *p)
{
	_cleanup_str_buf_ struct str_buf en = { 0 }, zh = { 0 };
	struct why_reason r;

	why_reason_find(at, p, &r);
	why_say(&r, &en, &zh);
	return json_pack("{s:s, s:{s:s, s:s}}", "code", why_say_code(r.code), "text", "en", str_buf_text(&en), "zh",
			 str_buf_text(&zh));
}

/* ---- bus, unit, request ---- */

static json_t *bus_json(const struct lookup *at, const struct point *p)
{
	uint32_t row = (uint32_t)(p->device->bus - at->live->conf->buses);
	struct status_bus b = { .id = p->device->bus->id, .type = "", .target = "", .state = "down", .hint = "" };
	json_t *bus;

	if (at->worker)
		worker_status(at->worker, &b);
	orders_show_pause(at->live->orders, &b);
	bus = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:I, s:b}", "bus", b.id, "type", b.type, "target", b.target,
			"state", b.state, "since", rows_time(watch_bus_since(at->live->watch, row)), "hint", b.hint,
			"lag_ms", (json_int_t)(b.lag_us / MS), "answers_us", at->told != NULL);
	if (at->told) {
		json_object_set_new(bus, "open", json_boolean(at->told->link.open));
		json_object_set_new(bus, "next_s",
				    at->told->link.open ? json_null()
							: seconds(at->told->link.open_us - at->told->now_us));
	}
	return bus;
}

static json_t *causes_json(const struct insight_unit *u)
{
	json_t *list = json_array();

	for (enum cause c = 0; c < CAUSES; c++) {
		struct why_words hint;

		if (!u->causes[c])
			continue;
		why_say_cause(&hint, c);
		json_array_append_new(list, json_pack("{s:s, s:I, s:o}", "cause", cause_name(c), "count",
						      (json_int_t)u->causes[c], "hint", words(&hint)));
	}
	return list;
}

/* From the first bucket with anything in it to the last. */
static json_t *histogram_json(const struct insight_unit *u)
{
	unsigned first = 0, end = INSIGHT_RTT;
	json_t *list = json_array();

	while (first < end && !u->rtt[first])
		first++;
	while (end > first && !u->rtt[end - 1])
		end--;
	for (unsigned b = first; b < end; b++) {
		int64_t bound_us = insight_rtt_bound_us(b);

		json_array_append_new(list,
				      json_pack("{s:o, s:I}", "to_ms",
						bound_us == INT64_MAX ? json_null() : json_real((double)bound_us / 1e3),
						"count", (json_int_t)u->rtt[b]));
	}
	return list;
}

static json_t *unit_json(const struct lookup *at)
{
	static const char *const states[] = {
		[HEALTH_NEW] = "new", [HEALTH_OK] = "ok", [HEALTH_SUSPECT] = "suspect", [HEALTH_DOWN] = "down"
	};
	const struct insight_unit *u = &at->told->unit;
	json_t *unit = json_pack(
		"{s:i, s:s, s:I, s:o, s:o, s:o, s:f, s:I, s:I, s:I}", "unit", u->unit, "state", states[u->state],
		"misses", (json_int_t)u->misses, "answered_at", rows_time(lookup_wall_us(at, u->answered_us)),
		"failed_at", rows_time(lookup_wall_us(at, u->failed_us)), "next_s",
		seconds(u->gate_us - at->told->now_us), "latency_ms", (double)u->latency_us / 1e3, "polls",
		(json_int_t)u->polls, "answers", (json_int_t)u->answers, "errors", (json_int_t)u->errors);

	json_object_set_new(unit, "round_trips", histogram_json(u));
	json_object_set_new(unit, "causes", causes_json(u));
	return unit;
}

static const char *ended_name(const struct insight_request *q)
{
	if (q->ended == INSIGHT_ENDED_NEVER)
		return "not asked yet";
	return q->ended == INSIGHT_ENDED_ANSWERED ? "answered"
						  : cause_name((enum cause)(q->ended - INSIGHT_ENDED_CAUSE));
}

static json_t *request_json(const struct lookup *at)
{
	const struct point_table *points = engine_points(at->live->engine);
	const struct insight_request *q = &at->told->request;
	char period[STR_DURATION_MAX];
	json_t *with = json_array(), *request;

	for (uint32_t i = 0; i < q->rider_count; i++)
		if (q->riders[i] < points->count)
			json_array_append_new(with, json_string(points->points[q->riders[i]].name));
	request = json_pack("{s:s, s:i, s:i, s:i, s:s, s:I, s:o, s:o, s:s, s:o, s:i, s:b, s:b, s:b}", "table",
			    codec_table_name(q->table), "function", q->frame.function, "address", q->frame.address,
			    "count", q->frame.count, "period", str_from_duration(q->period_us, period), "points",
			    (json_int_t)q->items, "with", with, "due_s",
			    seconds(MAX(q->due_us, at->told->unit.gate_us) - at->told->now_us), "ended", ended_name(q),
			    "ended_at", rows_time(lookup_wall_us(at, q->ended_us)), "misses", q->misses, "refused",
			    q->refused, "searching", q->searching, "life_safety", at->told->urgent);
	/* What was learned of illegal addresses, and when it is forgotten. */
	json_object_set_new(request, "renew_s", q->renew_us ? seconds(q->renew_us - at->told->now_us) : json_null());
	return request;
}

/* ---- frames ---- */

static json_t *frame_json(const struct lookup *at, int64_t at_us, const uint8_t *bytes, size_t len)
{
	_cleanup_str_buf_ struct str_buf hex = { 0 };

	for (size_t i = 0; i < len; i++)
		str_buf_printf(&hex, "%02x", bytes[i]);
	return json_pack("{s:o, s:s}", "at", rows_time(lookup_wall_us(at, at_us)), "hex", str_buf_text(&hex));
}

/* Which bytes of the answer are the point's. */
static void add_mark(json_t *answer, const struct insight_exchange *x, const struct insight *i,
		     const struct codec_wire *w)
{
	size_t offset = (size_t)(i->address - x->request.address), first, len = 1;

	if (!x->data)
		return;
	if (codec_table_is_bits(w->table)) {
		first = x->data + offset / 8;
	} else {
		first = x->data + 2 * offset;
		len = 2u * i->registers[0].width;
	}
	if (first + len <= x->answered_len)
		json_object_set_new(answer, "mark", json_pack("[i, i]", (int)first, (int)(first + len)));
}

static json_t *frames_json(const struct lookup *at, const struct point *p)
{
	struct insight_exchange x;
	json_t *frames, *answer;

	if (!insight_find_exchange(at->told, &x))
		return json_null();
	frames = json_pack("{s:o}", "request", frame_json(at, x.asked_us, x.asked, x.asked_len));
	if (!x.answered_us) {
		json_object_set_new(frames, "answer", json_null());
		return frames;
	}
	answer = frame_json(at, x.answered_us, x.answered, x.answered_len);
	json_object_set_new(answer, "after_ms", json_real((double)(x.answered_us - x.asked_us) / 1e3));
	add_mark(answer, &x, at->told, &p->spec->wire);
	json_object_set_new(frames, "answer", answer);
	return frames;
}

/* ---- from registers to the value ---- */

static const char *order_name(enum codec_order o)
{
	static const char *const names[] = {
		[CODEC_ABCD] = "abcd", [CODEC_CDAB] = "cdab", [CODEC_BADC] = "badc", [CODEC_DCBA] = "dcba"
	};

	return names[o];
}

/* The number before scale, offset, texts and inversion. */
static json_t *raw_number(const struct insight *i, const struct codec_wire *w)
{
	struct codec_wire bare = *w;
	struct value v;
	int r;

	bare.scale = 1;
	bare.offset = 0;
	bare.text_count = bare.invalid_count = 0;
	bare.invert = false;
	r = codec_table_is_bits(w->table) ? codec_decode_bit(&bare, i->raw[0], &v)
					  : codec_decode_registers(&bare, i->raw, i->registers[0].width, &v);
	return r == 0 ? alarm_json_value(&v) : json_null();
}

static json_t *decode_json(const struct lookup *at, const struct point *p)
{
	_cleanup_str_buf_ struct str_buf reg = { 0 }, hex = { 0 };
	const struct codec_wire *w = &p->spec->wire;
	const struct insight *i = at->told;
	struct value v = { .type = VALUE_NONE };
	json_t *decode;
	int r;

	if (i->register_count == 0 || i->registers[0].read_us == 0)
		return json_null();
	lookup_register(p->spec, &reg);
	lookup_hex(i, 0, &hex);
	r = codec_table_is_bits(w->table) ? codec_decode_bit(w, i->raw[0], &v)
					  : codec_decode_registers(w, i->raw, i->registers[0].width, &v);
	decode = json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:f, s:f, s:b, s:o}", "register", str_buf_text(&reg),
			   "registers", str_buf_text(&hex), "read_at",
			   rows_time(lookup_wall_us(at, i->registers[0].read_us)), "type", codec_type_name(w->type),
			   "order", order_name(w->order), "raw", raw_number(i, w), "scale", w->scale, "offset",
			   w->offset, "invert", w->invert, "value", r == 0 ? alarm_json_value(&v) : json_null());
	return decode;
}

/* ---- rules ---- */

static bool reads(const struct rule *r, const struct point *p)
{
	const struct device *d = p->device;
	const char *name = p->spec->name;
	bool own = r->device ? str_equal(r->device, d->id) : r->class && r->class == d->class;

	return (r->expr && expr_reads_of(r->expr, d->id, name)) || (own && r->expr && expr_reads(r->expr, name)) ||
	       (own && r->condition == RULE_CONDITION_ENTRAPMENT && entrapment_reads(name));
}

static json_t *rules_json(const struct lookup *at, const struct point *p)
{
	const struct conf *c = at->live->conf;
	json_t *list = json_array();

	for (size_t i = 0; i < c->rule_count && json_array_size(list) < RULES_MAX; i++) {
		_cleanup_str_buf_ struct str_buf id = { 0 };
		const struct rule *r = &c->rules[i];
		const struct alarm *a;

		if (!reads(r, p))
			continue;
		str_buf_printf(&id, "%s/%s", r->id, r->device ? r->device : p->device->id);
		a = evaluator_find(engine_evaluator(at->live->engine), str_buf_text(&id));
		json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:s, s:s}", "rule", r->id, "alarm",
						      str_buf_text(&id), "priority", r->priority, "state",
						      a ? alarm_state_name(a->state) : "normal", "when",
						      r->when ? r->when : "built in"));
	}
	return list;
}

/* ---- the page ---- */

static json_t *plugin_json(const struct lookup *at, const struct point *p)
{
	struct supervisor *s = links_supervisor(at->live->links, (size_t)(p->device->plugin - at->live->conf->plugins));
	struct status_plugin status = { .state = "waiting", .text = "", .program = p->device->plugin->program };
	json_t *row;

	if (s)
		supervisor_status(s, &status);
	status.id = p->device->plugin->id;
	status.name = status.name ? status.name : "";
	status.version = status.version ? status.version : "";
	row = rows_plugin(&status);
	json_object_set_new(row, "address", json_string(p->device->address ? p->device->address : ""));
	json_object_set_new(row, "field", json_string(p->spec->field.path ? p->spec->field.path : p->spec->name));
	json_object_set_new(row, "message_at", rows_time(p->at_us));
	return row;
}

json_t *why_json(const struct lookup *at)
{
	const struct point_table *points = engine_points(at->live->engine);
	const struct point *p = point_find(points, at->subject);
	bool carried = at->told && at->told->carried;
	json_t *page;

	if (!p)
		return NULL;
	page = rows_point_detail(p);
	json_object_set_new(page, "age_s", p->at_us ? seconds(at->now.mono_us - p->mono_us) : json_null());
	json_object_set_new(page, "reason", reason_json(at, p));
	json_object_set_new(page, "bus", p->device->bus ? bus_json(at, p) : json_null());
	json_object_set_new(page, "modbus_unit", carried ? unit_json(at) : json_null());
	json_object_set_new(page, "request", carried ? request_json(at) : json_null());
	json_object_set_new(page, "frames", carried ? frames_json(at, p) : json_null());
	json_object_set_new(page, "decode", carried ? decode_json(at, p) : json_null());
	json_object_set_new(page, "plugin", p->device->plugin ? plugin_json(at, p) : json_null());
	json_object_set_new(page, "rules", rules_json(at, p));
	return page;
}
