#include "app/writing.h"

#include <errno.h>
#include <string.h>

#include "alarm/expr.h"
#include "app/live.h"
#include "app/order_reply.h"
#include "base/log.h"
#include "upstream/alarm_json.h"

/* ---- before ---- */

static bool is_word(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (str_equal(text, *words))
			return true;
	return false;
}

static bool as_bool(const struct value *v, struct value *ret_value)
{
	static const char *const yes[] = { "true", "on", "yes", "1", NULL }, *const no[] = { "false", "off", "no", "0",
											     NULL };

	if (v->type == VALUE_BOOL)
		*ret_value = *v;
	else if (v->type == VALUE_NUMBER && (v->number == 0 || v->number == 1))
		*ret_value = value_bool(v->number == 1);
	else if (v->type == VALUE_TEXT && (is_word(v->text, yes) || is_word(v->text, no)))
		*ret_value = value_bool(is_word(v->text, yes));
	else
		return false;
	return true;
}

static bool as_number(const struct value *v, struct value *ret_value)
{
	double number;

	if (v->type == VALUE_NUMBER)
		*ret_value = *v;
	else if (v->type == VALUE_TEXT && str_to_double(v->text, &number) == 0)
		*ret_value = value_number(number);
	else
		return false;
	return true;
}

static bool as_text(const struct value *v, struct value *ret_value)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	value_format(v, &text);
	*ret_value = value_text(str_buf_text(&text));
	return true;
}

static void expect(const struct profile_point *spec, struct str_buf *why)
{
	const struct codec_wire *w = &spec->wire;

	if (w->text_count > 0) {
		str_buf_add(why, "expected one of:");
		for (size_t i = 0; i < w->text_count; i++)
			str_buf_printf(why, "%s '%s'", i ? "," : "", w->texts[i].text);
	} else if (spec->type == VALUE_BOOL) {
		str_buf_add(why, "expected true or false (on, off)");
	} else if (spec->type == VALUE_NUMBER) {
		str_buf_add(why, "expected a number");
	} else {
		str_buf_printf(why, "expected a text of at most %u bytes", 2u * w->registers);
	}
}

/* The value as the point's own type. 0 or 400. */
static int convert(const struct point *p, const struct value *given, struct value *ret_value, struct str_buf *why)
{
	const struct plausible_limits *limits = &p->spec->limits;
	bool good = p->spec->type == VALUE_BOOL     ? as_bool(given, ret_value)
		    : p->spec->type == VALUE_NUMBER ? as_number(given, ret_value)
						    : as_text(given, ret_value);

	if (!good) {
		str_buf_printf(why, "%s: ", p->name);
		expect(p->spec, why);
		return 400;
	}
	if (p->spec->type == VALUE_NUMBER && limits->has_range &&
	    (ret_value->number < limits->low || ret_value->number > limits->high)) {
		str_buf_printf(why, "%s: expected %.15g to %.15g (its range), got %.15g", p->name, limits->low,
			       limits->high, ret_value->number);
		return 400;
	}
	return 0;
}

static int encode(const struct point *p, const struct api_order *asked, struct order *order, struct str_buf *why)
{
	struct value v;
	int status = convert(p, &asked->value, &v, why), r;

	if (status != 0)
		return status;
	r = encode_value(&p->spec->wire, &v, &order->image);
	if (r == 0)
		return 0;
	str_buf_printf(why, "%s: ", p->name);
	if (r == -ERANGE)
		str_buf_add(why, "this value does not fit into its register");
	else if (r == -EDOM)
		str_buf_printf(why, "the device knows steps of %.15g only", p->spec->wire.scale);
	else
		expect(p->spec, why);
	return 400;
}

/* Which of what the condition reads is not known. */
static void add_unknown(const struct live *l, const struct expr_binding *b, struct str_buf *why)
{
	const struct point_table *table = engine_points(l->engine);
	size_t count;
	const uint32_t *points = expr_binding_points(b, &count);

	for (size_t i = 0; i < count; i++)
		if (table->points[points[i]].quality != QUALITY_GOOD)
			str_buf_printf(why, "; %s is %s", table->points[points[i]].name,
				       value_quality_name(table->points[points[i]].quality));
}

static int check_condition(const struct live *l, const struct point *p, struct str_buf *why)
{
	struct expr_moment now = { .event_point = POINT_NONE, .now_us = clock_now().mono_us };
	struct diag diag = { 0 };
	struct expr_scope scope = { .class = p->device->class,
				    .devices = conf_devices(l->conf),
				    .classes = l->conf->classes,
				    .class_count = l->conf->class_count,
				    .now_only = true,
				    .subject = "only_when" };
	_cleanup_(expr_freep) struct expr *expr = NULL;
	_cleanup_(expr_binding_freep) struct expr_binding *binding = NULL;
	enum expr_result result = EXPR_UNKNOWN;

	if (!p->spec->only_when)
		return 0;
	/* Checked with the configuration: it can only fail where a device lacks what it reads. */
	if (expr_parse(p->spec->only_when, &scope, &diag, &expr) == 0 &&
	    expr_binding_new(expr, engine_points(l->engine), p->device, &binding) == 0)
		result = expr_evaluate(binding, &now);
	diag_fini(&diag);
	if (result == EXPR_TRUE)
		return 0;
	str_buf_printf(why, "%s may be written only when: %s: %s", p->name, p->spec->only_when,
		       result == EXPR_FALSE ? "that is not so now" : "that is not known now");
	if (result == EXPR_UNKNOWN && binding)
		add_unknown(l, binding, why);
	return 409;
}

static int check_permission(const struct point *p, struct str_buf *why)
{
	const struct device *d = p->device;

	if (!d->bus)
		str_buf_printf(why, "%s: device '%s' is on no bus: only points of a bus can be written", p->name,
			       d->id);
	else if (!p->spec->writable)
		str_buf_printf(why, "%s cannot be written: its profile '%s' does not say writable = true", p->name,
			       d->profile->id);
	else if (!d->writes)
		str_buf_printf(why,
			       "%s: device '%s' does not allow it: writes = true in its configuration, then 'estatectl "
			       "config reload'",
			       p->name, d->id);
	else
		return 0;
	return 403;
}

int writing_prepare(struct live *l, const struct api_order *asked, struct order *order, struct str_buf *why)
{
	const struct point *p = point_find(engine_points(l->engine), asked->subject);
	int status;

	if (!p)
		return 404;
	status = check_permission(p, why);
	if (status == 0)
		status = encode(p, asked, order, why);
	if (status == 0)
		status = check_condition(l, p, why);
	order->unit = p->device->unit;
	return status;
}

/* ---- after ---- */

static const struct point *written_point(const struct live *l, const struct orders_one *one)
{
	const struct point *p = point_find(engine_points(l->engine), one->subject);

	/* A reload may have made another thing of it. */
	return p && p->spec->writable && p->spec->wire.table == one->order.image.table ? p : NULL;
}

static bool value_of(const struct point *p, const uint16_t *values, struct value *ret_value)
{
	return p && encode_read(&p->spec->wire, values, ret_value) == 0;
}

static bool was_read_back(const struct order_result *r)
{
	return r->end == ORDER_DONE || r->end == ORDER_DIFFERS;
}

static void add_value(const struct point *p, const uint16_t *values, struct str_buf *to)
{
	struct value v;

	if (value_of(p, values, &v))
		value_format(&v, to);
	else
		str_buf_printf(to, "0x%04x", values[0]);
}

static void record(const struct live *l, const struct orders_one *one, const struct order_result *result)
{
	const struct point *p = written_point(l, one);
	struct log_about about = {
		.bus = one->bus, .unit = one->order.unit, .device = p ? p->device->id : NULL, .who = one->who
	};
	_cleanup_str_buf_ struct str_buf text = { 0 };

	str_buf_printf(&text, "%s: %s wrote ", one->subject, one->who);
	add_value(p, one->order.image.values, &text);
	if (result->known_old) {
		str_buf_add(&text, " over ");
		add_value(p, result->old, &text);
	}
	if (one->reason)
		str_buf_printf(&text, " (%s)", one->reason);
	if (result->end == ORDER_DONE) {
		if (result->unanswered)
			str_buf_add(&text, "; not confirmed, but it is read back so");
		log_event(LOGID_POINT_WRITTEN, &about, "%s", str_buf_text(&text));
		return;
	}
	str_buf_add(&text, ": ");
	order_reply_say(one, result, &text);
	log_event(LOGID_POINT_NOT_WRITTEN, &about, "%s", str_buf_text(&text));
}

/* Who wrote what over what, and what came of it: for good. */
static void remember(struct live *l, const struct orders_one *one, const struct order_result *result)
{
	_cleanup_str_buf_ struct str_buf problem = { 0 };
	json_t *detail = json_object();

	writing_add(l, one, result, detail);
	json_object_del(detail, "point");
	json_object_del(detail, "by");
	json_object_del(detail, "reason");
	if (result->end != ORDER_DONE) {
		order_reply_say(one, result, &problem);
		json_object_set_new(detail, "problem", json_string(str_buf_text(&problem)));
	}
	trail_record(
		l,
		&(struct trail_entry){
			.kind = "write", .who = one->who, .what = one->subject, .why = one->reason, .detail = detail });
}

void writing_done(struct live *l, const struct orders_one *one, const struct order_result *result)
{
	const struct point *p = written_point(l, one);
	struct reading reading = { .quality = QUALITY_GOOD, .at = clock_now() };

	if (result->end == ORDER_DONE || !one->own.again) {
		record(l, one, result);
		remember(l, one, result);
	}
	if (!was_read_back(result) || !value_of(p, result->values, &reading.value))
		return;
	reading.point = point_index(engine_points(l->engine), p);
	engine_reading(l->engine, &reading, &l->effects);
}

static void put_value(json_t *body, const char *key, const struct point *p, const uint16_t *values)
{
	struct value v;

	if (value_of(p, values, &v))
		json_object_set_new(body, key, alarm_json_value(&v));
}

void writing_add(const struct live *l, const struct orders_one *one, const struct order_result *result, json_t *body)
{
	const struct point *p = written_point(l, one);

	json_object_set_new(body, "point", json_string(one->subject));
	put_value(body, "value", p, one->order.image.values);
	if (result->known_old)
		put_value(body, "old", p, result->old);
	if (was_read_back(result))
		put_value(body, "read", p, result->values);
	json_object_set_new(body, "confirmed", json_boolean(result->end == ORDER_DONE && !result->unanswered));
	json_object_set_new(body, "took_ms", json_real((double)(result->took_us / 10) / 100));
	json_object_set_new(body, "by", json_string(one->who));
	json_object_set_new(body, "reason", one->reason ? json_string(one->reason) : json_null());
}

void writing_say_differs(const struct orders_one *one, const struct order_result *result, struct str_buf *to)
{
	const struct encode_image *image = &one->order.image;
	bool bits = image->table == CODEC_COIL;

	str_buf_printf(to, "%s, but unit %u reads back otherwise: wanted",
		       result->unanswered ? "it was sent and not confirmed" : "it was written", one->order.unit);
	for (unsigned i = 0; i < image->count; i++)
		str_buf_printf(to, bits ? " %u" : " 0x%04x", image->values[i]);
	str_buf_add(to, ", read");
	for (unsigned i = 0; i < image->count; i++)
		str_buf_printf(to, bits ? " %u" : " 0x%04x",
			       image->mask ? result->values[i] & image->mask : result->values[i]);
	str_buf_add(to, memcmp(result->values, result->old, image->count * sizeof(uint16_t)) == 0
				? " (as before): is it locked, or switched by hand?"
				: ": does something else write it too?");
}
