#include "store/chunk_reader.h"

static int64_t plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b); /* wraps as it was packed */
}

static int get_byte(struct varint_bytes *from, uint8_t *ret_byte)
{
	if (from->at >= from->end)
		return -EBADMSG;
	*ret_byte = *from->at++;
	return 0;
}

static int get_signed(struct varint_bytes *from, int64_t *ret_number)
{
	uint64_t number;
	int r = varint_get(from, &number);

	if (r == 0)
		*ret_number = varint_unzigzag(number);
	return r;
}

/* ---- open ---- */

/* Walks over the runs: how many values follow, and where. */
static int open_flags(struct chunk_reader *r, struct varint_bytes *values)
{
	size_t seen = 0;

	r->flags.at = values->at;
	while (seen < r->count) {
		uint8_t flag = 0;
		uint64_t run;

		if (get_byte(values, &flag) < 0 || flag & ~CHUNK_FLAGS || varint_get(values, &run) < 0 || run == 0 ||
		    run > r->count - seen)
			return -EBADMSG;
		seen += run;
		if (!(flag & CHUNK_NULL))
			r->value_count += run;
	}
	r->flags.end = values->at;
	return 0;
}

static int open_steps(struct chunk_reader *r)
{
	uint8_t exponent = 0;

	if (get_byte(&r->values, &exponent) < 0 || exponent > CHUNK_EXPONENT_MAX ||
	    varint_get(&r->values, &r->factor) < 0)
		return -EBADMSG;
	r->power = chunk_power(exponent);
	return get_signed(&r->values, &r->steps);
}

static int open_bits(struct chunk_reader *r)
{
	r->planes = r->values.at;
	return (size_t)(r->values.end - r->values.at) >= sizeof(r->bits) * r->value_count ? 0 : -EBADMSG;
}

static int open_words(struct chunk_reader *r)
{
	uint64_t count;

	if (varint_get(&r->values, &count) < 0 || count > r->value_count)
		return -EBADMSG;
	r->word_count = count;
	r->words.at = r->values.at;
	for (size_t i = 0; i < count; i++) {
		const uint8_t *end = memchr(r->values.at, '\0', (size_t)(r->values.end - r->values.at));

		if (!end)
			return -EBADMSG;
		r->values.at = end + 1;
	}
	r->words.end = r->values.at;
	return 0;
}

static int open_bools(struct chunk_reader *r)
{
	return varint_get(&r->values, &r->run_left);
}

static int open_values(struct chunk_reader *r, struct varint_bytes values)
{
	uint8_t head = 0, coding = 0;
	uint64_t count;

	if (get_byte(&values, &head) < 0 || head >> 4 != CHUNK_VERSION || (head & 15) > VALUE_EVENT)
		return -EBADMSG;
	r->type = (enum value_type)(head & 15);
	if (varint_get(&values, &count) < 0 || count != r->count || open_flags(r, &values) < 0 ||
	    get_byte(&values, &coding) < 0)
		return -EBADMSG;
	r->coding = (enum chunk_coding)coding;
	r->values = values;
	if (coding == CHUNK_NOTHING)
		return r->value_count == 0 ? 0 : -EBADMSG;
	if (r->type == VALUE_NUMBER && (coding == CHUNK_DELTAS || coding == CHUNK_DELTAS_TWICE))
		return open_steps(r);
	if (r->type == VALUE_NUMBER && coding == CHUNK_BITS)
		return open_bits(r);
	if (r->type == VALUE_BOOL && coding == CHUNK_RUNS)
		return open_bools(r);
	return (r->type == VALUE_TEXT || r->type == VALUE_EVENT) && coding == CHUNK_RUNS ? open_words(r) : -EBADMSG;
}

int chunk_reader_open(struct chunk_reader *r, struct varint_bytes stamps, struct varint_bytes values)
{
	uint64_t count;

	*r = (struct chunk_reader){ .stamps = stamps };
	if (varint_get(&r->stamps, &count) < 0 || count > CHUNK_SAMPLES_MAX)
		return -EBADMSG;
	r->count = count;
	return open_values(r, values);
}

/* ---- one sample ---- */

static int next_stamp(struct chunk_reader *r, int64_t *ret_ts_ms)
{
	int64_t change;

	if (get_signed(&r->stamps, &change) < 0)
		return -EBADMSG;
	if (r->at > 0)
		r->step_ms = plus(r->step_ms, change);
	r->ts_ms = plus(r->ts_ms, r->at > 0 ? r->step_ms : change);
	*ret_ts_ms = r->ts_ms;
	return 0;
}

static int next_steps(struct chunk_reader *r, double *ret_number)
{
	if (r->value_at > 0) {
		int64_t change;

		if (get_signed(&r->values, &change) < 0)
			return -EBADMSG;
		r->delta = plus(r->coding == CHUNK_DELTAS_TWICE ? r->delta : 0, change);
		r->steps = plus(r->steps, (int64_t)((uint64_t)r->delta * r->factor));
	}
	*ret_number = (double)r->steps / r->power;
	return 0;
}

static double next_bits(struct chunk_reader *r)
{
	double number;

	for (unsigned byte = 0; byte < sizeof(r->bits); byte++)
		r->bits ^= (uint64_t)r->planes[byte * r->value_count + r->value_at] << (8 * byte);
	memcpy(&number, &r->bits, sizeof(number));
	return number;
}

static int next_bool(struct chunk_reader *r, double *ret_number)
{
	while (r->run_left == 0) {
		/* An empty run in the middle would let it turn for ever. */
		if (varint_get(&r->values, &r->run_left) < 0 || r->run_left == 0)
			return -EBADMSG;
		r->word = r->word ? NULL : "";
	}
	r->run_left--;
	*ret_number = r->word != NULL;
	return 0;
}

static int next_text(struct chunk_reader *r, const char **ret_text)
{
	if (r->run_left == 0) {
		const char *word = (const char *)r->words.at;
		uint64_t index;

		if (varint_get(&r->values, &index) < 0 || index >= r->word_count ||
		    varint_get(&r->values, &r->run_left) < 0 || r->run_left == 0)
			return -EBADMSG;
		while (index--)
			word += strlen(word) + 1;
		r->word = word;
	}
	r->run_left--;
	*ret_text = r->word;
	return 0;
}

static int next_value(struct chunk_reader *r, struct chunk_sample *sample)
{
	if (r->value_at >= r->value_count)
		return -EBADMSG;
	switch (r->coding) {
	case CHUNK_DELTAS:
	case CHUNK_DELTAS_TWICE:
		if (next_steps(r, &sample->number) < 0)
			return -EBADMSG;
		break;
	case CHUNK_BITS: sample->number = next_bits(r); break;
	case CHUNK_RUNS:
		if (r->type == VALUE_BOOL ? next_bool(r, &sample->number) < 0 : next_text(r, &sample->text) < 0)
			return -EBADMSG;
		break;
	case CHUNK_NOTHING: return -EBADMSG;
	}
	r->value_at++;
	return 0;
}

int chunk_reader_next(struct chunk_reader *r, struct chunk_sample *ret_sample)
{
	struct chunk_sample sample = { 0 };

	if (r->at >= r->count)
		return 0;
	if (r->flag_left == 0 && (get_byte(&r->flags, &r->flag) < 0 || varint_get(&r->flags, &r->flag_left) < 0))
		return -EBADMSG;
	if (next_stamp(r, &sample.ts_ms) < 0)
		return -EBADMSG;
	sample.flags = r->flag;
	if (!(r->flag & CHUNK_NULL) && next_value(r, &sample) < 0)
		return -EBADMSG;
	r->flag_left--;
	r->at++;
	*ret_sample = sample;
	return 1;
}
