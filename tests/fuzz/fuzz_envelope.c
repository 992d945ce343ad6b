/* fuzz_envelope.c: upstream/envelope.c: any payload, with any name of an estate: what is accepted becomes one line of JSON
 * that says what the envelope says and has every member of the payload unchanged; what is refused appends nothing.
 *
 * Input: the estate's name up to a newline, then the payload. */
#include "fuzz.h"

#include <errno.h>
#include <jansson.h>

#include "upstream/envelope.h"

static bool says(const json_t *line, const char *key, const char *text)
{
	const char *said = json_string_value(json_object_get(line, key));

	return said && strcmp(said, text) == 0;
}

static void check_line(const struct envelope *e, const char *text)
{
	json_t *line = json_loads(text, JSON_ALLOW_NUL, NULL), *payload = json_loads(e->payload, JSON_ALLOW_NUL, NULL),
	       *value;
	const char *key;

	FUZZ_CLAIM(json_is_object(line) && !strpbrk(text, "\r\n"));
	FUZZ_CLAIM(str_is_utf8(text, strlen(text)));
	FUZZ_CLAIM(json_integer_value(json_object_get(line, "v")) == 1);
	FUZZ_CLAIM((uint64_t)json_integer_value(json_object_get(line, "seq")) == e->seq);
	FUZZ_CLAIM(says(line, "lane", envelope_lane_name(e->lane)) && says(line, "time", e->time) &&
		   says(line, "kind", e->kind));
	FUZZ_CLAIM(json_is_string(json_object_get(line, "estate")));
	if (str_is_utf8(e->estate, strlen(e->estate)))
		FUZZ_CLAIM(says(line, "estate", e->estate));
	json_object_foreach(payload, key, value)
	{
		FUZZ_CLAIM(json_equal(json_object_get(line, key), value));
	}
	FUZZ_CLAIM(json_object_size(line) == json_object_size(payload) + 6);
	json_decref(line);
	json_decref(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *estate = fuzz_text(fuzz_line(&in)), *payload = fuzz_rest(&in);
	struct envelope e = {
		.estate = estate,
		.lane = size & 1 ? ENVELOPE_DATA : ENVELOPE_ALARM,
		.seq = size * 1000003 + 1,
		.time = "2024-05-01T10:00:00.120+08:00",
		.kind = "alarm",
		.payload = payload,
	};
	struct str_buf line = { 0 };
	enum envelope_lane lane;
	int r = envelope_render(&e, &line);

	FUZZ_CLAIM(r == envelope_check(payload) && (r == 0 || (r == -EINVAL && line.len == 0)));
	if (r == 0)
		check_line(&e, str_buf_text(&line));
	if (envelope_lane_parse(estate, &lane) == 0)
		FUZZ_CLAIM(strcmp(envelope_lane_name(lane), estate) == 0);
	str_buf_fini(&line);
	free(estate);
	free(payload);
	return 0;
}
