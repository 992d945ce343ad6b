/* fuzz_mend.c: model/clockmap.c and upstream/mend.c: what was learned of the clock, in any rows of state.db, and a payload that
 * was queued before: a mended stamp is never of a worse clock; a shift moves what lies in it and nothing else; a mended
 * payload is JSON with every member but its stamps unchanged.
 *
 * Input: a byte of how many rows; the rows, 18 bytes each: a byte of the boot, one of the quality, monotonic and wall time; the
 * stamp, made the same way; the rest is the payload. Times are bounded as the store bounds them. */
#include "fuzz.h"

#include <jansson.h>

#include "base/util.h"
#include "model/clockmap.h"
#include "upstream/mend.h"

#define MOMENT_MAX (9999 * 366 * DAY)

static int64_t read_us(struct fuzz_bytes *in)
{
	int64_t us = (int64_t)fuzz_u64(in);

	return CLAMP(us, -MOMENT_MAX, MOMENT_MAX);
}

static const char *read_boot(struct fuzz_bytes *in)
{
	static const char *const boots[] = { "", "0123456789abcdef0123456789abcdef", "b", "c" };

	return boots[fuzz_u8(in) % ARRAY_SIZE(boots)];
}

static void read_map(struct fuzz_bytes *in, struct clockmap *m)
{
	for (size_t rows = fuzz_u8(in); rows > 0; rows--) {
		struct clockmap_row row = { 0 };

		snprintf(row.boot, sizeof(row.boot), "%s", read_boot(in));
		row.quality = fuzz_u8(in) % (CLOCK_SYNCHRONISED + 1);
		row.at.mono_us = read_us(in);
		row.at.wall_us = read_us(in);
		clockmap_add(m, &row);
	}
	FUZZ_CLAIM(m->count <= CLOCKMAP_ROWS_MAX);
}

static void check_shifts(const struct clock_shifts *shifts, const struct clockmap_stamp *s, int64_t mended_us)
{
	FUZZ_CLAIM(shifts->count <= 1);
	FUZZ_CLAIM(clock_shifted(shifts, 0) == 0);
	/* A stamp before its own boot lies in no shift. */
	if (s->at.wall_us && s->at.mono_us >= 0)
		FUZZ_CLAIM(clock_shifted(shifts, s->at.wall_us) == mended_us);
	if (shifts->count)
		FUZZ_CLAIM(clock_shifted(shifts, s->at.wall_us + 1) == s->at.wall_us + 1);
}

static bool is_stamp(const char *key)
{
	return strcmp(key, "since") == 0 || strcmp(key, "acked") == 0 || strcmp(key, "at") == 0;
}

/* The same but for stamps, which stay texts. */
static void check_same(const json_t *before, const json_t *after)
{
	const json_t *member;
	const char *key;
	size_t i;

	FUZZ_CLAIM(json_typeof(before) == json_typeof(after));
	if (json_is_array(before)) {
		FUZZ_CLAIM(json_array_size(before) == json_array_size(after));
		json_array_foreach(before, i, member) check_same(member, json_array_get(after, i));
		return;
	}
	if (!json_is_object(before)) {
		FUZZ_CLAIM(json_equal(before, after));
		return;
	}
	FUZZ_CLAIM(json_object_size(before) == json_object_size(after));
	json_object_foreach((json_t *)before, key, member)
	{
		const json_t *other = json_object_get(after, key);

		FUZZ_CLAIM(other);
		if (is_stamp(key) && json_is_string(member))
			FUZZ_CLAIM(json_is_string(other));
		else
			check_same(member, other);
	}
}

static void check_payload(const char *payload, const struct clock_shifts *shifts)
{
	char *mended = mend_payload(payload, shifts);
	json_t *before, *after;

	if (!mended)
		return;
	FUZZ_CLAIM(shifts->count > 0 && !strpbrk(mended, "\r\n"));
	before = json_loads(payload, 0, NULL);
	after = json_loads(mended, 0, NULL);
	FUZZ_CLAIM(before && after);
	check_same(before, after);
	json_decref(before);
	json_decref(after);
	free(mended);
}

/* Reads a file: not at each input. */
static void set_zone(void)
{
	static bool done;

	if (!done)
		clock_set_zone("Asia/Shanghai");
	done = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct clockmap *map = calloc(1, sizeof(*map));
	struct clockmap_stamp stamp, mended;
	struct clock_shifts shifts;
	char *payload;

	if (!map)
		abort();
	set_zone();
	read_map(&in, map);
	stamp.boot = read_boot(&in);
	stamp.quality = fuzz_u8(&in) % (CLOCK_SYNCHRONISED + 1);
	stamp.at.mono_us = read_us(&in);
	stamp.at.wall_us = read_us(&in);
	mended = clockmap_mend(map, &stamp);
	FUZZ_CLAIM(mended.quality >= stamp.quality && mended.boot == stamp.boot);
	FUZZ_CLAIM(mended.at.mono_us == stamp.at.mono_us);
	FUZZ_CLAIM(mended.quality > stamp.quality || mended.at.wall_us == stamp.at.wall_us);
	shifts = clockmap_shifts(map, &stamp);
	check_shifts(&shifts, &stamp, mended.at.wall_us);
	payload = fuzz_rest(&in);
	check_payload(payload, &shifts);
	free(payload);
	free(map);
	return 0;
}
