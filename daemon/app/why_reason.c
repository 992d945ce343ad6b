#include "app/why_reason.h"

#include "app/inquest.h"
#include "app/live.h"
#include "field/insight.h"
#include "field/poller.h"

static int64_t age_of(const struct lookup *at, const struct point *p)
{
	return MAX(at->now.mono_us - p->mono_us, (int64_t)0);
}

/* "in 12 s", "now". */
static void say_next(struct why_reason *r, int64_t now_us, int64_t at_us)
{
	struct why_words age;

	if (at_us == INT64_MAX || at_us - now_us > 366 * DAY) {
		snprintf(r->facts[WHY_NEXT].en, sizeof(r->facts[WHY_NEXT].en), "when it comes by itself");
		snprintf(r->facts[WHY_NEXT].zh, sizeof(r->facts[WHY_NEXT].zh), "等它自己出现");
		return;
	}
	if (at_us <= now_us) {
		snprintf(r->facts[WHY_NEXT].en, sizeof(r->facts[WHY_NEXT].en), "now");
		snprintf(r->facts[WHY_NEXT].zh, sizeof(r->facts[WHY_NEXT].zh), "马上");
		return;
	}
	why_say_age(&age, at_us - now_us);
	snprintf(r->facts[WHY_NEXT].en, sizeof(r->facts[WHY_NEXT].en), "in %.200s", age.en);
	snprintf(r->facts[WHY_NEXT].zh, sizeof(r->facts[WHY_NEXT].zh), "%.200s后", age.zh);
}

static void say_number(struct why_reason *r, enum why_fact fact, unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	why_say_fact(r, fact, text);
}

/* ---- the bus ---- */

/* True when the bus as a whole is why. */
static bool of_bus(const struct lookup *at, const struct point *p, struct why_reason *r)
{
	const struct insight *i = at->told;
	uint32_t row = (uint32_t)(p->device->bus - at->live->conf->buses);
	const char *who = orders_paused_by(at->live->orders, p->device->bus->id);
	struct trouble t = trouble_unpack(i->link.trouble);

	if (who) {
		r->code = WHY_PAUSED;
		why_say_fact(r, WHY_TEXT, who);
		why_say_age(
			&r->facts[WHY_NEXT],
			MAX(orders_paused_until(at->live->orders, p->device->bus->id) - at->now.mono_us, (int64_t)0));
		return true;
	}
	if (i->link.state == POLLER_DOWN) {
		r->code = WHY_BUS_DOWN;
		why_say_moment(&r->facts[WHY_SINCE], watch_bus_since(at->live->watch, row));
		why_say_trouble(&r->facts[WHY_TEXT], &r->facts[WHY_HINT], &t, p->device->bus);
		say_next(r, i->now_us, i->link.open ? i->unit.gate_us : i->link.open_us);
		return true;
	}
	if (i->link.state == POLLER_CONNECTING && !i->unit.answered_us) {
		r->code = WHY_CONNECTING;
		return p->quality == QUALITY_LOST;
	}
	return false;
}

/* ---- the unit and the request ---- */

static void say_request(const struct lookup *at, const struct point *p, struct why_reason *r)
{
	_cleanup_str_buf_ struct str_buf what = { 0 };

	(void)at;
	lookup_register(p->spec, &what);
	why_say_fact(r, WHY_WHAT, str_buf_text(&what));
	say_number(r, WHY_UNIT, p->device->unit);
}

static void say_ended(const struct insight_request *q, struct why_reason *r)
{
	if (q->ended >= INSIGHT_ENDED_CAUSE)
		why_say_cause(&r->facts[WHY_HINT], (enum cause)(q->ended - INSIGHT_ENDED_CAUSE));
	why_say_exception(&r->facts[WHY_TEXT], q->exception);
}

static bool of_unit(const struct lookup *at, struct why_reason *r)
{
	const struct insight *i = at->told;
	const struct insight_request *q = &i->request;
	bool away = i->unit.state == HEALTH_DOWN || i->unit.state == HEALTH_SUSPECT;

	say_next(r, i->now_us, MAX(q->due_us, i->unit.gate_us));
	if (q->refused) {
		r->code = WHY_REFUSED;
		say_ended(q, r);
		return true;
	}
	if (away) {
		r->code = WHY_UNIT_SILENT;
		why_say_moment(&r->facts[WHY_SINCE], lookup_wall_us(at, i->unit.answered_us));
		why_say_cause(&r->facts[WHY_HINT], (enum cause)i->unit.last_cause);
		say_next(r, i->now_us, i->unit.gate_us);
		return true;
	}
	if (q->misses > 0) {
		r->code = WHY_REQUEST_SILENT;
		say_ended(q, r);
		return true;
	}
	if (q->exception) {
		r->code = WHY_EXCEPTION;
		say_ended(q, r);
		return true;
	}
	return false;
}

/* ---- the value ---- */

/* The number that stands in its registers now, before its limits. False: there is none. */
static bool read_now(const struct insight *i, const struct codec_wire *w, struct value *ret)
{
	if (i->register_count == 0 || i->registers[0].read_us == 0)
		return false;
	return (codec_table_is_bits(w->table) ? codec_decode_bit(w, i->raw[0], ret)
					      : codec_decode_registers(w, i->raw, i->registers[0].width, ret)) == 0;
}

static void say_value(struct why_reason *r, const struct value *v, const char *unit)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	value_format(v, &text);
	if (*unit)
		str_buf_printf(&text, " %s", unit);
	why_say_fact(r, WHY_VALUE, str_buf_text(&text));
}

static void of_limits(const struct point *p, const struct value *v, struct why_reason *r)
{
	const struct plausible_limits *l = &p->spec->limits;
	char low[STR_DOUBLE_MAX], high[STR_DOUBLE_MAX], text[2 * STR_DOUBLE_MAX + 8];

	say_value(r, v, p->spec->unit);
	if (l->has_range && v->type == VALUE_NUMBER && (v->number < l->low || v->number > l->high)) {
		r->code = WHY_RANGE;
		snprintf(text, sizeof(text), "%s … %s", str_from_double(l->low, low), str_from_double(l->high, high));
		why_say_fact(r, WHY_TEXT, text);
		return;
	}
	r->code = WHY_RATE;
	snprintf(r->facts[WHY_TEXT].en, sizeof(r->facts[WHY_TEXT].en), "%s",
		 l->counter ? "a counter goes up only; a second reading decides whether it was reset"
			    : "it changed faster than max_rate; check the sensor and the wires");
	snprintf(r->facts[WHY_TEXT].zh, sizeof(r->facts[WHY_TEXT].zh), "%s",
		 l->counter ? "计数器只增不减，下一次读数会判断它是否被清零" : "变化快于 max_rate，请检查传感器和线路");
}

static void of_suspect(const struct lookup *at, const struct point *p, struct why_reason *r)
{
	_cleanup_str_buf_ struct str_buf hex = { 0 };
	const struct insight *i = at->told;
	struct codec_wire bare = p->spec->wire;
	struct value v;

	if (read_now(i, &p->spec->wire, &v)) {
		if (!plausible_limited(&p->spec->limits)) {
			r->code = WHY_UNCONFIRMED;
			why_say_cause(&r->facts[WHY_HINT], CAUSE_NOISE);
			return;
		}
		of_limits(p, &v, r);
		return;
	}
	bare.invalid_count = 0;
	if (i->register_count > 0)
		lookup_hex(i, 0, &hex);
	why_say_fact(r, WHY_VALUE, str_buf_text(&hex));
	r->code = read_now(i, &bare, &v) ? WHY_MARKER : WHY_NO_NUMBER;
}

static void of_stale(const struct lookup *at, const struct point *p, struct why_reason *r)
{
	char text[STR_DURATION_MAX];
	int64_t max_us = p->device->max_age_us ? p->device->max_age_us : p->spec->max_age_us;

	r->code = p->device->bus ? WHY_STALE : WHY_STALE_DEVICE;
	why_say_age(&r->facts[WHY_AGE], age_of(at, p));
	why_say_fact(r, WHY_TEXT, max_us ? str_from_duration(max_us, text) : "-");
	if (at->told)
		why_say_cause(&r->facts[WHY_HINT], CAUSE_SKIPPED);
}

static void of_value(const struct lookup *at, const struct point *p, struct why_reason *r)
{
	const struct insight *i = at->told;

	say_next(r, i->now_us, MAX(i->request.due_us, i->unit.gate_us));
	if (p->quality == QUALITY_SUSPECT)
		of_suspect(at, p, r);
	else if (p->quality == QUALITY_STALE)
		of_stale(at, p, r);
	else if (p->quality == QUALITY_BAD)
		of_suspect(at, p, r);
	else if (i->request.ended_us == 0)
		r->code = WHY_NOT_ASKED;
	else if (i->doubted)
		r->code = WHY_SECOND;
	else
		r->code = WHY_LOST;
}

static void on_bus(const struct lookup *at, const struct point *p, struct why_reason *r)
{
	const struct insight *i = at->told;

	say_request(at, p, r);
	if (p->spec->wire.table == CODEC_TABLE_NONE) {
		r->code = WHY_NO_REGISTER;
	} else if (!at->worker) {
		r->code = WHY_NO_THREAD;
	} else if (!i) {
		r->code = WHY_STUCK;
		why_say_age(&r->facts[WHY_AGE], INQUEST_LIMIT);
	} else if (p->quality == QUALITY_GOOD && !orders_paused_by(at->live->orders, p->device->bus->id)) {
		r->code = i->doubted ? WHY_SECOND : WHY_GOOD;
		why_say_age(&r->facts[WHY_AGE], age_of(at, p));
	} else if (of_bus(at, p, r)) {
		return;
	} else if (!i->carried) {
		r->code = WHY_TOO_WIDE;
	} else if (!of_unit(at, r)) {
		of_value(at, p, r);
	}
}

/* ---- a plugin ---- */

static void of_doubt(const struct point *p, struct why_reason *r)
{
	const struct plausible_limits *l = &p->spec->limits;
	char low[STR_DOUBLE_MAX], high[STR_DOUBLE_MAX], text[3 * STR_DOUBLE_MAX + 32];

	r->code = WHY_DOUBTED;
	snprintf(text, sizeof(text), "range %s … %s", l->has_range ? str_from_double(l->low, low) : "-",
		 l->has_range ? str_from_double(l->high, high) : "-");
	if (l->max_rate > 0)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ", max_rate %s/s",
			 str_from_double(l->max_rate, low));
	why_say_fact(r, WHY_TEXT, text);
}

static void on_plugin(const struct lookup *at, const struct point *p, struct why_reason *r)
{
	size_t row = (size_t)(p->device->plugin - at->live->conf->plugins);
	struct supervisor *s = links_supervisor(at->live->links, row);
	struct status_plugin status = { .state = "waiting", .text = "" };

	if (s)
		supervisor_status(s, &status);
	why_say_fact(r, WHY_WHAT, p->device->plugin->id);
	why_say_fact(r, WHY_UNIT, status.state);
	why_say_fact(r, WHY_TEXT, status.text && *status.text ? status.text : "-");
	if (!s || !supervisor_up(s))
		r->code = WHY_PLUGIN_DOWN;
	else if (str_equal(status.state, "fault"))
		r->code = WHY_PLUGIN_FAULT;
	else if (!p->at_us)
		r->code = WHY_NEVER;
	else if (p->quality == QUALITY_STALE && p->spec->max_age_us && age_of(at, p) < p->spec->max_age_us)
		r->code = WHY_SENSOR;
	else if (p->quality == QUALITY_SUSPECT)
		of_doubt(p, r);
	else
		of_stale(at, p, r);
}

void why_reason_find(const struct lookup *at, const struct point *p, struct why_reason *ret_reason)
{
	struct why_reason *r = ret_reason;

	*r = (struct why_reason){ .code = WHY_GOOD };
	why_say_age(&r->facts[WHY_AGE], age_of(at, p));
	if (p->device->bus)
		on_bus(at, p, r);
	else if (p->quality == QUALITY_GOOD)
		return;
	else if (p->device->plugin)
		on_plugin(at, p, r);
	else
		r->code = WHY_NO_SOURCE;
}
