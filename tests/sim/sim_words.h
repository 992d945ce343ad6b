/* sim_words.h: a command line cut into words, and the words read as numbers. Pure; the caller owns it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_WORDS_MAX  160
#define SIM_WORDS_LINE 65536 /* longest line, its end included */

struct sim_words {
	char *line; /* as it came */
	char *cut;  /* with a zero behind each word */
	size_t count;
	const char *word[SIM_WORDS_MAX]; /* in cut */
};

/* 0, or -E2BIG for a line or a number of words beyond the limits. */
int sim_words_init(struct sim_words *w, const char *line);
void sim_words_fini(struct sim_words *w);
/* Word i, or NULL behind the last one. */
const char *sim_words_at(const struct sim_words *w, size_t i);
/* The rest of the line from word i on, as it came; "" behind the last one. */
const char *sim_words_from(const struct sim_words *w, size_t i);
/* "on" or "off". 0 or -EINVAL. */
int sim_words_switch(const struct sim_words *w, size_t i, bool *ret_on);
/* A whole number, decimal or 0x…, from min to max. 0, -EINVAL or -ERANGE. */
struct sim_words_range {
	int64_t min, max;
};
int sim_words_int(const struct sim_words *w, size_t i, struct sim_words_range range, int64_t *ret_value);
/* From word i on, at least one, as "f7 03 0a"; at most SIM_WORDS_MAX. Their number, or -EINVAL: ret_bad is the word
 * that is none, or "". */
int sim_words_bytes(const struct sim_words *w, size_t i, uint8_t *ret_bytes, const char **ret_bad);
/* A duration with unit, or a bare number of milliseconds. 0 or -EINVAL. */
int sim_words_duration(const char *word, int64_t *ret_us);
