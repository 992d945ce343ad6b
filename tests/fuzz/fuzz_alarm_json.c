/* fuzz_alarm_json.c: upstream/alarm_json.c: an alarm's reason as it is kept in the database: what is read is written, read
 * and written the same again, and anything else is refused whole. */
#include "fuzz.h"

#include <errno.h>
#include <math.h>

#include "upstream/alarm_json.h"

static char *text_of(const struct alarm_reason *r)
{
	json_t *json = alarm_json_reason(r);
	char *text = alarm_json_text(json);

	json_decref(json);
	return text;
}

static void check_reason(const struct alarm_reason *r)
{
	FUZZ_CLAIM(r->when && r->input_count <= ALARM_INPUTS_MAX);
	for (size_t i = 0; i < r->input_count; i++) {
		const struct alarm_reading *in = &r->inputs[i];

		FUZZ_CLAIM(strnlen(in->point, sizeof(in->point)) < sizeof(in->point) && in->quality <= QUALITY_SUSPECT);
		FUZZ_CLAIM(in->value.type != VALUE_NUMBER || isfinite(in->value.number));
		FUZZ_CLAIM(in->value.type != VALUE_TEXT || strnlen(in->value.text, VALUE_TEXT_MAX) < VALUE_TEXT_MAX);
	}
}

/* Written, read, written: the two texts are one. */
static void check_stable(const struct alarm_reason *r)
{
	char *first = text_of(r), *second;
	json_t *json = json_loads(first, 0, NULL);
	struct alarm_reason again = { 0 };

	FUZZ_CLAIM(json && !strchr(first, '\n') && alarm_json_reason_parse(json, &again) == 0);
	second = text_of(&again);
	FUZZ_CLAIM(strcmp(first, second) == 0);
	FUZZ_CLAIM(strcmp(r->when, again.when) == 0 && r->input_count == again.input_count);
	json_decref(json);
	free(again.when);
	free(first);
	free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	struct alarm_reason r = { 0 };
	int result = alarm_json_reason_parse(json, &r);

	FUZZ_CLAIM(result == 0 || (result == -EINVAL && !r.when));
	if (result == 0) {
		check_reason(&r);
		check_stable(&r);
		free(r.when);
	}
	json_decref(json);
	return 0;
}
