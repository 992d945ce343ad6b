#include "app/throttle.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"

#define FIRST_US  (30 * S)
#define MOST_US   (15 * MINUTE)
#define FORGET_US (30 * MINUTE)

/* An office behind one address has more people who mistype than one account has. */
static const unsigned free_failures[] = { [THROTTLE_ACCOUNT] = 4, [THROTTLE_KNOWN] = 4, [THROTTLE_ADDRESS] = 15 };

static void key_name(char to[THROTTLE_KEY], enum throttle_kind kind, const char *name)
{
	snprintf(to, THROTTLE_KEY, "%c:%s", "uka"[kind], name);
}

static struct throttle_key *find(const struct throttle *t, const char *name)
{
	for (size_t i = 0; i < THROTTLE_KEYS; i++)
		if (str_equal(t->keys[i].name, name))
			return (struct throttle_key *)&t->keys[i];
	return NULL;
}

int64_t throttle_wait_us(const struct throttle *t, enum throttle_kind kind, const char *name, int64_t now_us)
{
	char key[THROTTLE_KEY];
	const struct throttle_key *k;

	key_name(key, kind, name);
	k = find(t, key);
	return k && k->until_us > now_us ? k->until_us - now_us : 0;
}

/* A free one, else that which failed the longest ago. */
static struct throttle_key *take(struct throttle *t)
{
	struct throttle_key *oldest = &t->keys[0];

	for (size_t i = 0; i < THROTTLE_KEYS; i++) {
		if (!t->keys[i].name[0])
			return &t->keys[i];
		if (t->keys[i].last_us < oldest->last_us)
			oldest = &t->keys[i];
	}
	return oldest;
}

void throttle_failed(struct throttle *t, enum throttle_kind kind, const char *name, int64_t now_us)
{
	int64_t wait_us = FIRST_US;
	char key[THROTTLE_KEY];
	struct throttle_key *k;

	key_name(key, kind, name);
	k = find(t, key);
	if (!k || now_us - k->last_us > FORGET_US) {
		k = k ? k : take(t);
		*k = (struct throttle_key){ 0 };
		memcpy(k->name, key, sizeof(key));
	}
	k->last_us = now_us;
	if (++k->failures <= free_failures[kind])
		return;
	for (unsigned i = free_failures[kind] + 1; i < k->failures && wait_us < MOST_US; i++)
		wait_us *= 2;
	k->until_us = now_us + MIN(wait_us, (int64_t)MOST_US);
}

void throttle_forgive(struct throttle *t, enum throttle_kind kind, const char *name)
{
	char key[THROTTLE_KEY];
	struct throttle_key *k;

	key_name(key, kind, name);
	k = find(t, key);
	if (k)
		*k = (struct throttle_key){ 0 };
}
