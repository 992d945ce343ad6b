#include "store/chunk.h"

#include <assert.h>
#include <math.h>

#include "base/mem.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53 */

double chunk_power(unsigned exponent)
{
	static const double powers[CHUNK_EXPONENT_MAX + 1] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };

	return powers[MIN(exponent, (unsigned)CHUNK_EXPONENT_MAX)];
}

static bool has_value(const struct chunk_sample *sample)
{
	return !(sample->flags & CHUNK_NULL);
}

static int64_t minus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b); /* wraps, and wraps back */
}

/* ---- stamps ---- */

void chunk_pack_stamps(const struct chunk_series *s, struct str_buf *to)
{
	int64_t last = 0, step = 0;

	assert(s->count <= CHUNK_SAMPLES_MAX);
	varint_put(to, s->count);
	for (size_t i = 0; i < s->count; i++) {
		int64_t delta = minus(s->samples[i].ts_ms, last);

		/* The first one is no step to measure others by. */
		varint_put(to, varint_zigzag(minus(delta, step)));
		last = s->samples[i].ts_ms;
		step = i ? delta : 0;
	}
}

/* ---- numbers ---- */

/* The number as a whole multiple of 10^-exponent; false: it is none. */
static bool in_steps(double number, unsigned exponent, int64_t *ret_steps)
{
	double scaled = number * chunk_power(exponent);
	int64_t steps;

	if (!(fabs(scaled) < EXACT_MAX))
		return false;
	steps = llround(scaled);
	*ret_steps = steps;
	return (double)steps / chunk_power(exponent) == number;
}

/* All values as multiples of one decimal step; NULL: they are none. A number that fits a step fits every finer one. */
static int64_t *find_steps(const double *numbers, size_t count, unsigned *ret_exponent)
{
	_cleanup_(freep) int64_t *steps = mem_array(count + 1, sizeof(*steps));
	unsigned exponent = 0;

	for (size_t i = 0; i < count; i++)
		while (!in_steps(numbers[i], exponent, &steps[i]))
			if (++exponent > CHUNK_EXPONENT_MAX)
				return NULL;
	for (size_t i = 0; i < count; i++)
		if (!in_steps(numbers[i], exponent, &steps[i]))
			return NULL;
	*ret_exponent = exponent;
	return steal(&steps);
}

/* What all differences are multiples of, so that a sensor that counts by fives costs no more than one by ones. */
static uint64_t common_factor(const int64_t *steps, size_t count)
{
	uint64_t factor = 0;

	for (size_t i = 1; i < count && factor != 1; i++) {
		int64_t delta = minus(steps[i], steps[i - 1]);
		uint64_t a = delta < 0 ? -(uint64_t)delta : (uint64_t)delta;

		while (a) {
			uint64_t rest = factor % a;

			factor = a;
			a = rest;
		}
	}
	return factor ? factor : 1;
}

static void put_deltas(struct str_buf *to, const int64_t *deltas, size_t count, enum chunk_coding coding)
{
	int64_t last = 0;

	for (size_t i = 0; i < count; i++) {
		varint_put(to, varint_zigzag(minus(deltas[i], last)));
		last = coding == CHUNK_DELTAS_TWICE ? deltas[i] : 0;
	}
}

static void pack_steps(struct str_buf *to, int64_t *steps, size_t count, unsigned exponent)
{
	_cleanup_str_buf_ struct str_buf once = { 0 }, twice = { 0 };
	uint64_t factor = common_factor(steps, count);
	int64_t first = count ? steps[0] : 0;
	bool better;

	for (size_t i = 0; i + 1 < count; i++)
		steps[i] = minus(steps[i + 1], steps[i]) / (int64_t)factor;
	count -= count > 0;
	put_deltas(&once, steps, count, CHUNK_DELTAS);
	put_deltas(&twice, steps, count, CHUNK_DELTAS_TWICE);
	better = twice.len < once.len;
	str_buf_add_len(to, (char[]){ better ? CHUNK_DELTAS_TWICE : CHUNK_DELTAS, (char)exponent }, 2);
	varint_put(to, factor);
	varint_put(to, varint_zigzag(first));
	if (better ? twice.len : once.len)
		str_buf_add_len(to, better ? twice.text : once.text, better ? twice.len : once.len);
}

static void pack_bits(struct str_buf *to, const double *numbers, size_t count)
{
	_cleanup_(freep) uint64_t *bits = mem_array(count + 1, sizeof(*bits));
	_cleanup_(freep) char *plane = mem_alloc(count + 1);
	uint64_t last = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t now;

		memcpy(&now, &numbers[i], sizeof(now));
		bits[i] = now ^ last;
		last = now;
	}
	str_buf_add_len(to, (char[]){ CHUNK_BITS }, 1);
	for (unsigned byte = 0; byte < sizeof(*bits); byte++) {
		for (size_t i = 0; i < count; i++)
			plane[i] = (char)(bits[i] >> (8 * byte));
		str_buf_add_len(to, plane, count);
	}
}

static void pack_numbers(const struct chunk_series *s, struct str_buf *to)
{
	_cleanup_(freep) double *numbers = mem_array(s->count + 1, sizeof(*numbers));
	_cleanup_(freep) int64_t *steps = NULL;
	unsigned exponent = 0;
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		if (has_value(&s->samples[i]))
			numbers[count++] = s->samples[i].number;
	steps = find_steps(numbers, count, &exponent);
	if (steps)
		pack_steps(to, steps, count, exponent);
	else
		pack_bits(to, numbers, count);
}

/* ---- states ---- */

static void pack_bools(const struct chunk_series *s, struct str_buf *to)
{
	bool now = false;
	size_t run = 0;

	str_buf_add_len(to, (char[]){ CHUNK_RUNS }, 1);
	for (size_t i = 0; i < s->count; i++) {
		if (!has_value(&s->samples[i]))
			continue;
		if ((s->samples[i].number != 0) != now) {
			varint_put(to, run);
			now = !now;
			run = 0;
		}
		run++;
	}
	varint_put(to, run);
}

#define WORDS_LOOKED_AT 64 /* the latest ones: a reader of cards has as many words as there are people */

/* The different texts; most points have few. */
struct words {
	const char **words;
	size_t count;
};

static size_t find_word(struct words *w, const char *text)
{
	for (size_t i = w->count, left = WORDS_LOOKED_AT; i > 0 && left > 0; i--, left--)
		if (str_equal(w->words[i - 1], text))
			return i - 1;
	w->words = mem_realloc(w->words, w->count + 1, sizeof(*w->words));
	w->words[w->count] = text;
	return w->count++;
}

static void pack_texts(const struct chunk_series *s, struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf runs = { 0 };
	struct words w = { 0 };
	size_t last = 0, run = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct chunk_sample *sample = &s->samples[i];
		size_t word = has_value(sample) ? find_word(&w, sample->text ? sample->text : "") : last;

		if (!has_value(sample))
			continue;
		if (run && word != last) {
			varint_put(&runs, last);
			varint_put(&runs, run);
			run = 0;
		}
		last = word;
		run++;
	}
	if (run) {
		varint_put(&runs, last);
		varint_put(&runs, run);
	}
	str_buf_add_len(to, (char[]){ CHUNK_RUNS }, 1);
	varint_put(to, w.count);
	for (size_t i = 0; i < w.count; i++)
		str_buf_add_len(to, w.words[i], strlen(w.words[i]) + 1);
	if (runs.len)
		str_buf_add_len(to, runs.text, runs.len);
	free(w.words);
}

/* ---- values ---- */

static void pack_flags(const struct chunk_series *s, struct str_buf *to)
{
	for (size_t i = 0, end; i < s->count; i = end) {
		for (end = i + 1; end < s->count && s->samples[end].flags == s->samples[i].flags; end++)
			continue;
		str_buf_add_len(to, (char[]){ (char)s->samples[i].flags }, 1);
		varint_put(to, end - i);
	}
}

void chunk_pack_values(const struct chunk_series *s, struct str_buf *to)
{
	assert(s->count <= CHUNK_SAMPLES_MAX);
	str_buf_add_len(to, (char[]){ (char)(CHUNK_VERSION << 4 | s->type) }, 1);
	varint_put(to, s->count);
	pack_flags(s, to);
	switch (s->type) {
	case VALUE_NUMBER: pack_numbers(s, to); return;
	case VALUE_BOOL: pack_bools(s, to); return;
	case VALUE_TEXT:
	case VALUE_EVENT: pack_texts(s, to); return;
	case VALUE_NONE: break;
	}
	str_buf_add_len(to, (char[]){ CHUNK_NOTHING }, 1);
}
