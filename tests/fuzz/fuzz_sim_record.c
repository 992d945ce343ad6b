/* fuzz_sim_record.c: a recording of a bus as the simulator reads it: what is accepted has a framing, times that never fall
 * and only bytes that are there, and can be replayed; what is refused names its line and leaves nothing behind.
 *
 * Input: the file. */
#include "fuzz.h"

#include <errno.h>

#include "base/str.h"
#include "sim_record.h"
#include "sim_replay.h"

static void check_record(const struct sim_record *r)
{
	int64_t last_us = 0;
	size_t bytes = 0;

	FUZZ_CLAIM(r->framing == SIM_FRAMING_TCP || r->framing == SIM_FRAMING_RTU);
	for (size_t i = 0; i < r->count; i++) {
		const struct sim_record_chunk *c = &r->chunks[i];

		FUZZ_CLAIM(c->at_us >= last_us && c->way <= SIM_RECORD_CLOSED);
		FUZZ_CLAIM(c->first == bytes && c->len <= SIM_RECORD_CHUNK_MAX);
		last_us = c->at_us;
		bytes += c->len;
	}
	FUZZ_CLAIM(bytes == r->len);
}

static void check_replay(struct sim_record *r)
{
	size_t sent = 0;
	struct sim_replay *replay;
	json_t *stats;

	for (size_t i = 0; i < r->count; i++)
		sent += r->chunks[i].way == SIM_RECORD_SENT;
	replay = sim_replay_new(r, SIM_REPLAY_FAST);
	FUZZ_CLAIM(r->count == 0 && !r->bytes); /* taken */
	stats = sim_replay_stats(replay);
	FUZZ_CLAIM((size_t)json_integer_value(json_object_get(stats, "exchanges")) == sent);
	json_decref(stats);
	sim_replay_free(replay);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);
	struct sim_record record = { .count = 77 };
	struct str_buf problem = { 0 };
	int r;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	r = sim_record_parse(text, size, &record, &problem);
	FUZZ_CLAIM(r == 0 || r == -EINVAL);
	if (r == 0) {
		FUZZ_CLAIM(problem.len == 0);
		check_record(&record);
		check_replay(&record);
	} else {
		FUZZ_CLAIM(record.count == 77);
		FUZZ_CLAIM(strncmp(str_buf_text(&problem), "line ", 5) == 0 &&
			   strstr(str_buf_text(&problem), "expected "));
	}
	str_buf_fini(&problem);
	free(text);
	return 0;
}
