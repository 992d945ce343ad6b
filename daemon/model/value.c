#include "model/value.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static const char *const type_names[] = {
	[VALUE_NONE] = "none", [VALUE_NUMBER] = "number", [VALUE_BOOL] = "bool",
	[VALUE_TEXT] = "text", [VALUE_EVENT] = "event",
};

static const char *const quality_names[] = {
	[QUALITY_GOOD] = "good", [QUALITY_STALE] = "stale",     [QUALITY_BAD] = "bad",
	[QUALITY_LOST] = "lost", [QUALITY_SUSPECT] = "suspect",
};

const char *value_type_name(enum value_type t)
{
	return (size_t)t < ARRAY_SIZE(type_names) ? type_names[t] : "none";
}

int value_type_parse(const char *name, enum value_type *ret_type)
{
	for (size_t i = VALUE_NUMBER; i < ARRAY_SIZE(type_names); i++)
		if (str_equal(name, type_names[i])) {
			*ret_type = (enum value_type)i;
			return 0;
		}
	return -EINVAL;
}

const char *value_quality_name(enum quality q)
{
	return (size_t)q < ARRAY_SIZE(quality_names) ? quality_names[q] : "bad";
}

int value_quality_parse(const char *name, enum quality *ret_quality)
{
	for (size_t i = 0; i < ARRAY_SIZE(quality_names); i++)
		if (str_equal(name, quality_names[i])) {
			*ret_quality = (enum quality)i;
			return 0;
		}
	return -EINVAL;
}

struct value value_number(double number)
{
	return (struct value){ .type = VALUE_NUMBER, .number = number };
}

struct value value_bool(bool boolean)
{
	return (struct value){ .type = VALUE_BOOL, .boolean = boolean };
}

static struct value with_text(enum value_type type, const char *text)
{
	struct value v = { .type = type };

	memcpy(v.text, text, str_utf8_cut(text, VALUE_TEXT_MAX - 1));
	return v;
}

struct value value_text(const char *text)
{
	return with_text(VALUE_TEXT, text);
}

struct value value_event(const char *what)
{
	return with_text(VALUE_EVENT, what);
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_NONE: return true;
	case VALUE_NUMBER: return a->number == b->number;
	case VALUE_BOOL: return a->boolean == b->boolean;
	case VALUE_TEXT: return strcmp(a->text, b->text) == 0;
	case VALUE_EVENT: return false;
	}
	return false;
}

bool value_true(const struct value *v)
{
	switch (v->type) {
	case VALUE_NUMBER: return v->number != 0 && !isnan(v->number);
	case VALUE_BOOL: return v->boolean;
	case VALUE_EVENT: return true;
	case VALUE_NONE:
	case VALUE_TEXT: return false;
	}
	return false;
}

void value_format(const struct value *v, struct str_buf *to)
{
	char number[STR_DOUBLE_MAX];

	switch (v->type) {
	case VALUE_NONE: str_buf_add(to, "null"); return;
	case VALUE_NUMBER: str_buf_add(to, str_from_double(v->number, number)); return;
	case VALUE_BOOL: str_buf_add(to, v->boolean ? "true" : "false"); return;
	case VALUE_TEXT: str_buf_add(to, v->text); return;
	case VALUE_EVENT: str_buf_add(to, v->text[0] ? v->text : "true"); return;
	}
}
