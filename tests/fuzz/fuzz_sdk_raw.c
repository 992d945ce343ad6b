/* fuzz_sdk_raw.c: plugins/sdk/sdk_raw.c: of any line that jansson accepts, the pieces of the array are its elements: as many,
 * in order, each reading as the same value. */
#include "fuzz.h"

#include <jansson.h>

#include "sdk/sdk_raw.h"

static void check(const char *line, const json_t *array)
{
	struct sdk_raw raw = sdk_raw_array(line, "messages");
	size_t count = json_array_size(array), i = 0, len;
	const char *text;

	for (; sdk_raw_next(&raw, &text, &len); i++) {
		json_t *value;

		FUZZ_CLAIM(text >= line && text + len <= line + strlen(line) && i < count);
		value = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		FUZZ_CLAIM(value && json_equal(value, json_array_get(array, i)));
		json_decref(value);
	}
	FUZZ_CLAIM(i == count);
}

/* A name that is written with escapes is not found: the daemon writes none so, and what is not found is refused. */
static bool may_escape_names(const char *line)
{
	return strstr(line, "\\u") != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *line = fuzz_rest(&in);
	json_t *object = json_loads(line, JSON_ALLOW_NUL, NULL);
	json_t *array = json_object_get(object, "messages");

	if (json_is_object(object) && (json_is_array(array) || !array) && !may_escape_names(line))
		check(line, array);
	json_decref(object);
	free(line);
	return 0;
}
