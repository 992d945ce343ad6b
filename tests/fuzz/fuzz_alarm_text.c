/* fuzz_alarm_text.c: alarm/alarm_text.c: any template with any values becomes a text: without braces of ours the template
 * itself, UTF-8 where all that went in is, and nothing of a value is read as a template again.
 *
 * Input: the template up to a newline, then a line each for device, place, why or value, then eight bytes of age. */
#include "fuzz.h"

#include <math.h>

#include "alarm/alarm_text.h"
#include "base/util.h"

static bool has_names(const char *template)
{
	return strstr(template, "{device}") || strstr(template, "{place}") || strstr(template, "{value}") ||
	       strstr(template, "{age}");
}

static void check(const char *template, const struct alarm_text_facts *f, bool valid)
{
	for (enum alarm_text_language l = ALARM_TEXT_ZH; l <= ALARM_TEXT_EN; l++) {
		char *text = alarm_text_render(template, l, f);

		FUZZ_CLAIM(text);
		if (!has_names(template))
			FUZZ_CLAIM(strcmp(text, template) == 0);
		if (valid)
			FUZZ_CLAIM(str_is_utf8(text, strlen(text)));
		if (strcmp(template, "{device}") == 0)
			FUZZ_CLAIM(strcmp(text, f->device) == 0);
		free(text);
	}
	FUZZ_CLAIM(!alarm_text_render(NULL, ALARM_TEXT_EN, f));
}

static bool is_utf8(const char *text)
{
	return str_is_utf8(text, strlen(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *template = fuzz_text(fuzz_line(&in)), *device = fuzz_text(fuzz_line(&in));
	char *place = fuzz_text(fuzz_line(&in)), *word = fuzz_text(fuzz_line(&in));
	struct value values[] = {
		{ .type = VALUE_NONE }, value_number(0), value_bool(true), value_event(""), value_text(word)
	};
	struct alarm_text_facts facts = { .device = device, .place = place, .unit = "%" };
	bool valid = is_utf8(template) && is_utf8(device) && is_utf8(place) && is_utf8(word);

	facts.age_us = (int64_t)fuzz_u64(&in);
	values[1].number = fuzz_double(&in);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		facts.value = &values[i];
		check(template, &facts, valid);
	}
	facts.why = word;
	check(template, &facts, valid);
	free(template);
	free(device);
	free(place);
	free(word);
	return 0;
}
