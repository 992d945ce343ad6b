/* sim_words.c: see sim_words.h. */
#include "sim_words.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

int sim_words_init(struct sim_words *w, const char *line)
{
	size_t len = strlen(line);

	*w = (struct sim_words){ 0 };
	if (len >= SIM_WORDS_LINE)
		return -E2BIG;
	w->line = mem_strdup(line);
	w->cut = mem_strdup(line);
	for (char *at = w->cut; *at;) {
		size_t blank = strspn(at, " \t\r\n");
		size_t word = strcspn(at + blank, " \t\r\n");

		at += blank;
		if (!word)
			break;
		/* What stands behind the last slot is only ever read as the rest of the line. */
		if (w->count == SIM_WORDS_MAX)
			return 0;
		w->word[w->count++] = at;
		at += word;
		if (*at)
			*at++ = '\0';
	}
	return 0;
}

void sim_words_fini(struct sim_words *w)
{
	free(w->line);
	free(w->cut);
	*w = (struct sim_words){ 0 };
}

const char *sim_words_at(const struct sim_words *w, size_t i)
{
	return i < w->count ? w->word[i] : NULL;
}

const char *sim_words_from(const struct sim_words *w, size_t i)
{
	return i < w->count ? w->line + (w->word[i] - w->cut) : "";
}

int sim_words_switch(const struct sim_words *w, size_t i, bool *ret_on)
{
	const char *word = sim_words_at(w, i);

	if (!str_equal(word, "on") && !str_equal(word, "off"))
		return -EINVAL;
	*ret_on = str_equal(word, "on");
	return 0;
}

int sim_words_int(const struct sim_words *w, size_t i, struct sim_words_range range, int64_t *ret_value)
{
	const char *word = sim_words_at(w, i);
	int64_t value;
	int r;

	if (!word)
		return -EINVAL;
	r = str_to_i64(word, &value);
	if (r < 0)
		return r;
	if (value < range.min || value > range.max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int sim_words_duration(const char *word, int64_t *ret_us)
{
	int64_t ms;

	if (!word)
		return -EINVAL;
	if (str_to_i64(word, &ms) == 0) {
		if (ms < 0 || ms > 86400000)
			return -EINVAL;
		*ret_us = ms * MS;
		return 0;
	}
	return str_to_duration(word, ret_us) < 0 ? -EINVAL : 0;
}

int sim_words_bytes(const struct sim_words *w, size_t i, uint8_t *ret_bytes, const char **ret_bad)
{
	size_t len = 0;

	*ret_bad = "";
	for (; i < w->count; i++) {
		char *end;
		unsigned long byte = strtoul(w->word[i], &end, 16);

		if (*end || byte > 255 || strlen(w->word[i]) > 2) {
			*ret_bad = w->word[i];
			return -EINVAL;
		}
		ret_bytes[len++] = (uint8_t)byte;
	}
	return len > 0 ? (int)len : -EINVAL;
}
