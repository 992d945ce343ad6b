#include "upstream/alarm_json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/mem.h"

#define EXACT_INTEGER_MAX 9007199254740992.0 /* 2^53: up to here every integer is a double of its own */
#define DIGITS_SHORT      15
#define DIGITS_EXACT      17

/* Device texts come from outside; jansson takes nothing but UTF-8. */
static json_t *text_or_null(const char *text)
{
	_cleanup_str_buf_ struct str_buf mended = { 0 };
	json_t *json;

	if (!text)
		return json_null();
	json = json_string(text);
	if (json)
		return json;
	str_buf_add_json(&mended, text);
	json = json_loads(str_buf_text(&mended), JSON_DECODE_ANY, NULL);
	return json ? json : json_null();
}

static json_t *text_or_empty(const char *text)
{
	return text_or_null(text ? text : "");
}

/* 0 is no moment. Nor is what milliseconds print like it: it would be read back as none. */
static json_t *stamp(int64_t wall_us)
{
	char iso[CLOCK_ISO_MAX];

	return wall_us < 0 || wall_us >= MS ? json_string(clock_format_iso(wall_us, iso)) : json_null();
}

static json_t *number(double n)
{
	if (!isfinite(n))
		return json_null();
	if (n == trunc(n) && fabs(n) <= EXACT_INTEGER_MAX)
		return json_integer((json_int_t)n);
	return json_real(n);
}

json_t *alarm_json_value(const struct value *v)
{
	switch (v->type) {
	case VALUE_NUMBER: return number(v->number);
	case VALUE_BOOL: return json_boolean(v->boolean);
	case VALUE_TEXT: return text_or_null(v->text);
	case VALUE_EVENT: return v->text[0] ? text_or_null(v->text) : json_true();
	case VALUE_NONE: break;
	}
	return json_null();
}

static json_t *input_json(const struct alarm_reading *input)
{
	json_t *json = json_object();

	json_object_set_new(json, "point", text_or_empty(input->point));
	json_object_set_new(json, "value", alarm_json_value(&input->value));
	json_object_set_new(json, "quality", json_string(value_quality_name(input->quality)));
	json_object_set_new(json, "at", stamp(input->at_us));
	return json;
}

json_t *alarm_json_reason(const struct alarm_reason *r)
{
	json_t *json = json_object(), *inputs = json_array();

	for (size_t i = 0; i < r->input_count; i++)
		json_array_append_new(inputs, input_json(&r->inputs[i]));
	json_object_set_new(json, "when", text_or_empty(r->when));
	json_object_set_new(json, "inputs", inputs);
	return json;
}

json_t *alarm_json_bilingual(const char *zh, const char *en)
{
	json_t *json = json_object();

	json_object_set_new(json, "zh", text_or_empty(zh));
	json_object_set_new(json, "en", text_or_empty(en));
	return json;
}

/* keys: until, by, why. */
static void add_spell(json_t *json, const struct alarm_spell *s, const char *const *keys)
{
	if (!s->on)
		return;
	json_object_set_new(json, keys[0], stamp(s->until_us));
	json_object_set_new(json, keys[1], text_or_null(s->by));
	json_object_set_new(json, keys[2], text_or_null(s->why));
}

/* What only some alarms have. */
static void add_extras(json_t *json, const struct alarm *a)
{
	if (a->guidance_zh || a->guidance_en)
		json_object_set_new(json, "guidance", alarm_json_bilingual(a->guidance_zh, a->guidance_en));
	if (a->test)
		json_object_set_new(json, "test", json_true());
	if (a->ack_by)
		json_object_set_new(json, "ack_by", text_or_null(a->ack_by));
	if (a->acked_us)
		json_object_set_new(json, "acked", stamp(a->acked_us));
	if (a->life_safety)
		json_object_set_new(json, "life_safety", json_true());
	if (a->first_out)
		json_object_set_new(json, "first_out", json_true());
	if (a->suppressed_by)
		json_object_set_new(json, "suppressed_by", text_or_null(a->suppressed_by));
	if (a->arrived_by)
		json_object_set_new(json, "arrived_by", text_or_null(a->arrived_by));
	if (a->arrived_us)
		json_object_set_new(json, "arrived", stamp(a->arrived_us));
	if (a->outcome)
		json_object_set_new(json, "outcome", text_or_null(a->outcome));
	add_spell(json, &a->shelf, (const char *const[]){ "shelved_until", "shelved_by", "shelved_reason" });
	add_spell(json, &a->service,
		  (const char *const[]){ "out_of_service_until", "out_of_service_by", "out_of_service_reason" });
}

json_t *alarm_json_new(const struct alarm *a)
{
	json_t *json = json_object();

	json_object_set_new(json, "alarm", text_or_empty(a->id));
	json_object_set_new(json, "rule", text_or_empty(a->rule));
	json_object_set_new(json, "asset", text_or_empty(a->asset));
	json_object_set_new(json, "state", json_string(alarm_state_name(a->state)));
	json_object_set_new(json, "priority", json_integer(a->priority));
	json_object_set_new(json, "stage", json_integer(a->stage));
	json_object_set_new(json, "since", stamp(a->since_us));
	json_object_set_new(json, "count", json_integer(a->count));
	json_object_set_new(json, "reason", alarm_json_reason(&a->reason));
	json_object_set_new(json, "text", alarm_json_bilingual(a->text_zh, a->text_en));
	json_object_set_new(json, "place", text_or_empty(a->place));
	add_extras(json, a);
	return json;
}

json_t *alarm_json_point(const struct point *p)
{
	const struct device *d = p->device;
	json_t *json = json_object();

	json_object_set_new(json, "point", text_or_empty(p->name));
	json_object_set_new(json, "device", text_or_empty(d->id));
	json_object_set_new(json, "place", text_or_empty(d->place));
	json_object_set_new(json, "class", text_or_empty(d->class ? d->class->id : NULL));
	json_object_set_new(json, "value", alarm_json_value(&p->value));
	json_object_set_new(json, "unit", text_or_empty(p->spec->unit));
	json_object_set_new(json, "quality", json_string(value_quality_name(p->quality)));
	json_object_set_new(json, "test", json_boolean(p->test));
	json_object_set_new(json, "at", stamp(p->at_us));
	return json;
}

/* ---- and back ---- */

static int parse_value(const json_t *json, struct value *ret_value)
{
	if (json_is_null(json))
		*ret_value = (struct value){ .type = VALUE_NONE };
	else if (json_is_boolean(json))
		*ret_value = value_bool(json_is_true(json));
	else if (json_is_number(json))
		*ret_value = value_number(json_number_value(json));
	else if (json_is_string(json))
		*ret_value = value_text(json_string_value(json));
	else
		return -EINVAL;
	return 0;
}

static int parse_input(const json_t *json, struct alarm_reading *ret_input)
{
	const char *point = json_string_value(json_object_get(json, "point"));
	const char *quality = json_string_value(json_object_get(json, "quality"));
	const json_t *at = json_object_get(json, "at");
	struct alarm_reading input = { 0 };

	if (!point || strlen(point) >= sizeof(input.point) || !quality ||
	    value_quality_parse(quality, &input.quality) < 0)
		return -EINVAL;
	memcpy(input.point, point, strlen(point) + 1);
	if (parse_value(json_object_get(json, "value"), &input.value) < 0)
		return -EINVAL;
	if (json_is_string(at) ? clock_parse(json_string_value(at), &input.at_us) < 0 : !json_is_null(at))
		return -EINVAL;
	*ret_input = input;
	return 0;
}

int alarm_json_reason_parse(const json_t *reason, struct alarm_reason *ret_reason)
{
	const char *when = json_string_value(json_object_get(reason, "when"));
	const json_t *inputs = json_object_get(reason, "inputs");
	struct alarm_reason parsed = { 0 };

	if (!when || !json_is_array(inputs) || json_array_size(inputs) > ALARM_INPUTS_MAX)
		return -EINVAL;
	for (; parsed.input_count < json_array_size(inputs); parsed.input_count++)
		if (parse_input(json_array_get(inputs, parsed.input_count), &parsed.inputs[parsed.input_count]) < 0)
			return -EINVAL;
	parsed.when = mem_strdup(when);
	*ret_reason = parsed;
	return 0;
}

/* ---- as text ---- */

/* The digits, 15 to 17, that every real in json needs to read back as itself. */
static int digits_needed(const json_t *json)
{
	int digits = DIGITS_SHORT, inner; /* not inside MAX, which would go down there twice */
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_real(json)) {
		char text[STR_DOUBLE_MAX];
		double wanted = json_real_value(json), back;

		for (; digits < DIGITS_EXACT; digits++) {
			snprintf(text, sizeof(text), "%.*g", digits, wanted);
			if (str_to_double(text, &back) == 0 && back == wanted)
				break;
		}
	} else if (json_is_object(json)) {
		json_object_foreach((json_t *)json, key, member)
		{
			inner = digits_needed(member);
			digits = MAX(digits, inner);
		}
	} else if (json_is_array(json)) {
		json_array_foreach(json, i, member)
		{
			inner = digits_needed(member);
			digits = MAX(digits, inner);
		}
	}
	return digits;
}

char *alarm_json_text(const json_t *json)
{
	size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits_needed(json));
	char *text = json_dumps(json, flags);

	return text ? text : mem_strdup("null");
}
