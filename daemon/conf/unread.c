/* unread.c: see unread.h. */
#include "conf/unread.h"

#include <string.h>

#include "base/str.h"

#define WORD_MAX 80

static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

static void add_word(struct unread *u, const char *word, size_t len)
{
	char copy[WORD_MAX];
	char *kept;

	if (len >= sizeof(copy))
		return; /* longer than any id */
	memcpy(copy, word, len);
	copy[len] = '\0';
	if (!u->words)
		u->words = map_new();
	if (map_find(u->words, copy))
		return;
	kept = arena_strdup(u->arena, copy);
	map_put(u->words, kept, kept);
}

/* Every run of an id's characters, in quotes or not: a quote that is missing turns outside and inside round. */
void unread_add(struct unread *u, const char *text, size_t len)
{
	bool in_id[256] = { 0 };
	size_t i = 0;

	for (const char *c = characters; *c; c++)
		in_id[(unsigned char)*c] = true;
	while (i < len) {
		size_t start = i;

		while (i < len && in_id[(unsigned char)text[i]])
			i++;
		if (i > start)
			add_word(u, text + start, i - start);
		else
			i++;
	}
}

void unread_fini(struct unread *u)
{
	map_free(u->words);
	u->words = NULL;
}

/* Without "-3" at its end; the length stays where there is none. */
static size_t bank_len(const char *name, size_t len)
{
	size_t digits = len;

	while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
		digits--;
	return digits > 1 && digits < len && name[digits - 1] == '-' ? digits - 1 : len;
}

static bool may_have(const struct unread *u, const char *name, size_t len)
{
	char word[WORD_MAX];
	size_t bank;

	if (u->everything)
		return true;
	if (!u->words || len == 0 || len >= sizeof(word))
		return false;
	memcpy(word, name, len);
	word[len] = '\0';
	if (map_find(u->words, word))
		return true;
	bank = bank_len(name, len);
	word[bank] = '\0';
	return bank < len && map_find(u->words, word);
}

bool unread_may_have(const struct unread *u, const char *name)
{
	/* A name of other characters than an id's stands there in pieces. */
	return may_have(u, name, strlen(name)) || (u->words && name[strspn(name, characters)]);
}

bool unread_may_have_any(const struct unread *u, const char *text)
{
	if (u->everything)
		return true;
	while (u->words && *(text += strcspn(text, characters))) {
		size_t len = strspn(text, characters);

		if (may_have(u, text, len))
			return true;
		text += len;
	}
	return false;
}
