#include "ctl/out.h"

#include <stdarg.h>

#include "base/mem.h"
#include "ctl/width.h"

const struct out_writer *out_find_writer(const char *name)
{
	static const struct out_writer *const writers[] = { &out_text_writer, &out_json_writer, &out_csv_writer };

	for (size_t i = 0; i < ARRAY_SIZE(writers); i++)
		if (str_equal(writers[i]->name, name))
			return writers[i];
	return NULL;
}

void out_value(const json_t *value, enum words_language l, struct str_buf *to)
{
	char number[STR_DOUBLE_MAX], *text;

	if (!value || json_is_null(value))
		return;
	if (json_is_string(value)) {
		str_buf_add(to, json_string_value(value));
	} else if (json_is_boolean(value)) {
		str_buf_add(to, json_is_true(value) ? "true" : "false");
	} else if (json_is_integer(value)) {
		str_buf_printf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	} else if (json_is_real(value)) {
		str_buf_add(to, str_from_double(json_real_value(value), number));
	} else if (json_object_get(value, "zh") || json_object_get(value, "en")) {
		str_buf_add(to, words_text(l, value));
	} else {
		text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
		str_buf_add(to, text ? text : "");
		free(text);
	}
}

void out_words(const json_t *row, const char *key, struct str_buf *to)
{
	const json_t *word;
	size_t i;

	json_array_foreach(json_object_get(row, key), i, word)
		str_buf_printf(to, "%s%s", i ? " " : "", json_string_value(word));
}

void out_reading(const json_t *row, enum words_language l, struct str_buf *to)
{
	out_value(json_object_get(row, "value"), l, to);
	if (to->len && json_string_length(json_object_get(row, "unit")) > 0)
		str_buf_printf(to, " %s", json_string_value(json_object_get(row, "unit")));
}

void out_say(const struct out *o, const char *fmt, ...)
{
	struct str_buf raw _cleanup_str_buf_ = { 0 }, shown _cleanup_str_buf_ = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_buf_vprintf(&raw, fmt, ap);
	va_end(ap);
	if (raw.len && raw.text[raw.len - 1] == '\n')
		raw.text[--raw.len] = '\0';
	width_add(&shown, str_buf_text(&raw));
	fprintf(o->to, "%s\n", str_buf_text(&shown));
}
