#include "model/mapping.h"

#include <math.h>
#include <strings.h>

enum word { WORD_FALSE, WORD_TRUE, WORD_OTHER };

/* What devices write where they mean yes or no. */
static enum word word_of(const char *text)
{
	static const char *const words[][2] = {
		{ "false", "true" },
		{ "off", "on" },
		{ "0", "1" },
		{ "no", "yes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (size_t truth = 0; truth < 2; truth++)
			if (strcasecmp(text, words[i][truth]) == 0)
				return truth ? WORD_TRUE : WORD_FALSE;
	return WORD_OTHER;
}

static enum word truth_of(const struct value *v)
{
	switch (v->type) {
	case VALUE_BOOL: return v->boolean ? WORD_TRUE : WORD_FALSE;
	case VALUE_NUMBER: return v->number == 0 ? WORD_FALSE : v->number == 1 ? WORD_TRUE : WORD_OTHER;
	case VALUE_TEXT: return word_of(v->text);
	case VALUE_NONE:
	case VALUE_EVENT: return WORD_OTHER;
	}
	return WORD_OTHER;
}

static bool has_text(const struct value *v, const char *wanted)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	if (v->type == VALUE_NONE)
		return false;
	value_format(v, &text);
	return str_equal(str_buf_text(&text), wanted);
}

/* 0 and a value, or -1: the field is not what the point expects. */
static int to_number(const struct profile_field *f, const struct value *v, struct value *ret_value)
{
	double scale = f->scale != 0 ? f->scale : 1; /* a scale of 0 would turn every reading into the offset */
	double number;

	if (v->type == VALUE_NUMBER)
		number = v->number;
	else if (v->type != VALUE_TEXT || str_to_double(v->text, &number) < 0)
		return -1;
	number = number * scale + f->offset;
	if (!isfinite(number))
		return -1;
	*ret_value = value_number(number);
	return 0;
}

static int to_bool(const struct profile_field *f, const struct value *v, struct value *ret_value)
{
	enum word truth;

	if (f->equals && v->type != VALUE_NONE)
		truth = has_text(v, f->equals) ? WORD_TRUE : WORD_FALSE;
	else
		truth = truth_of(v);
	if (truth == WORD_OTHER)
		return -1;
	*ret_value = value_bool((truth == WORD_TRUE) != f->invert);
	return 0;
}

static int to_text(const struct value *v, struct value *ret_value)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	if (v->type == VALUE_NONE)
		return -1;
	value_format(v, &text);
	*ret_value = value_text(str_buf_text(&text));
	return 0;
}

/* Whether something happened. */
static bool to_event(const struct profile_field *f, const struct value *v, struct value *ret_value)
{
	enum word truth = truth_of(v);

	if (f->equals) {
		if (!has_text(v, f->equals))
			return false;
		*ret_value = value_event("");
		return true;
	}
	if (truth == WORD_FALSE || v->type == VALUE_NONE || (v->type == VALUE_TEXT && !v->text[0]))
		return false;
	if (truth == WORD_OTHER && v->type != VALUE_TEXT)
		return false;
	*ret_value = value_event(truth == WORD_OTHER ? v->text : "");
	return true;
}

/* True when the field gives a reading; its quality is bad where the field makes no sense. */
static bool map_field(const struct profile_point *p, const struct value *v, struct reading *reading)
{
	int r = -1;

	if (p->event || p->type == VALUE_EVENT)
		return to_event(&p->field, v, &reading->value);
	switch (p->type) {
	case VALUE_NUMBER: r = to_number(&p->field, v, &reading->value); break;
	case VALUE_BOOL: r = to_bool(&p->field, v, &reading->value); break;
	case VALUE_TEXT: r = to_text(v, &reading->value); break;
	case VALUE_NONE:
	case VALUE_EVENT: break;
	}
	if (r < 0)
		reading->quality = QUALITY_BAD;
	return true;
}

static const struct value *field_of(const struct mapping_message *m, const char *path)
{
	for (size_t i = 0; i < m->field_count; i++)
		if (str_equal(m->fields[i].path, path))
			return &m->fields[i].value;
	return NULL;
}

size_t mapping_apply(const struct mapping_message *message, struct reading *readings, size_t max)
{
	const struct profile *profile = message->device->profile;
	size_t count = 0;

	for (size_t i = 0; i < profile->point_count && count < max; i++) {
		const struct profile_point *p = &profile->points[i];
		const struct value *v = p->field.path ? field_of(message, p->field.path) : NULL;
		struct reading reading = {
			.point = message->device->first_point + (uint32_t)i,
			.quality = QUALITY_GOOD,
			.test = message->test,
			.at = message->at,
		};

		if (v && map_field(p, v, &reading))
			readings[count++] = reading;
	}
	return count;
}
