#include "app/sessions.h"

#include <sodium.h>
#include <string.h>

#include "base/str.h"
#include "base/util.h"

#define IDLE_US      (15 * MINUTE)
#define WHOLE_US     (12 * HOUR)
#define WALL_IDLE_US (30 * DAY)
#define WALL_US      (366 * DAY)
#define BYTES        32

_Static_assert(SESSIONS_TOKEN == 2 * BYTES + 1, "a token is 256 bits");

static int64_t idle_of(const struct session *s)
{
	return s->wall ? WALL_IDLE_US : IDLE_US;
}

static int64_t whole_of(const struct session *s)
{
	return s->wall ? WALL_US : WHOLE_US;
}

/* Of a text that everybody may know the hash of, but nobody the text. */
static void hash_of(const char *text, const char *key, char ret_hash[SESSIONS_TOKEN])
{
	unsigned char hash[BYTES];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), (const unsigned char *)key,
			   strlen(key));
	sodium_bin2hex(ret_hash, SESSIONS_TOKEN, hash, sizeof(hash));
}

struct session *sessions_oldest(struct sessions *t)
{
	struct session *oldest = &t->all[0];

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		if (!t->all[i].id)
			return &t->all[i];
		if (t->all[i].idle_us - idle_of(&t->all[i]) < oldest->idle_us - idle_of(oldest))
			oldest = &t->all[i];
	}
	return oldest;
}

struct session *sessions_making_room(struct sessions *t, const char *user)
{
	struct session *oldest = NULL;
	size_t count = 0;

	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *s = &t->all[i];

		if (!s->id || !str_equal(s->user, user))
			continue;
		count++;
		if (!oldest || s->idle_us - idle_of(s) < oldest->idle_us - idle_of(oldest))
			oldest = s;
	}
	return count >= SESSIONS_OF_ONE ? oldest : sessions_oldest(t);
}

static struct session *fill(struct sessions *t, const struct session *like, int64_t now_mono_us)
{
	struct session *s = sessions_oldest(t);

	*s = *like;
	s->id = ++t->last_id;
	s->idle_us = now_mono_us + idle_of(s);
	s->ends_us = now_mono_us + whole_of(s);
	return s;
}

struct session *sessions_begin(struct sessions *t, const struct session *like, struct clock_now now,
			       char ret_token[SESSIONS_TOKEN])
{
	struct session *s = fill(t, like, now.mono_us);
	unsigned char random[BYTES];

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(ret_token, SESSIONS_TOKEN, random, sizeof(random));
	sodium_memzero(random, sizeof(random));
	hash_of(ret_token, "estated session", s->hash);
	s->made_us = now.wall_us;
	return s;
}

bool sessions_add(struct sessions *t, const struct session *kept, struct clock_now now)
{
	int64_t age_us = now.wall_us - kept->made_us;

	if (age_us > whole_of(kept) || sessions_oldest(t)->id)
		return false;
	fill(t, kept, now.mono_us)->ends_us -= MAX(age_us, (int64_t)0);
	return true;
}

struct session *sessions_look(struct sessions *t, const char *token, int64_t now_mono_us)
{
	char hash[SESSIONS_TOKEN];

	if (strlen(token) != SESSIONS_TOKEN - 1)
		return NULL;
	hash_of(token, "estated session", hash);
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *s = &t->all[i];

		if (!s->id || sodium_memcmp(s->hash, hash, sizeof(hash)) != 0)
			continue;
		if (MIN(s->idle_us, s->ends_us) <= now_mono_us)
			return NULL;
		return s;
	}
	return NULL;
}

struct session *sessions_use(struct sessions *t, const char *token, int64_t now_mono_us)
{
	struct session *s = sessions_look(t, token, now_mono_us);

	if (s)
		s->idle_us = now_mono_us + idle_of(s);
	return s;
}

struct session *sessions_find(struct sessions *t, uint64_t id)
{
	for (size_t i = 0; id && i < SESSIONS_MAX; i++)
		if (t->all[i].id == id)
			return &t->all[i];
	return NULL;
}

struct session *sessions_over(struct sessions *t, int64_t now_mono_us)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (t->all[i].id && MIN(t->all[i].idle_us, t->all[i].ends_us) <= now_mono_us)
			return &t->all[i];
	return NULL;
}

void sessions_csrf(const char *token, char ret_csrf[SESSIONS_TOKEN])
{
	hash_of(token, "estated change of a session", ret_csrf);
}

bool sessions_csrf_good(const char *token, const char *said)
{
	char csrf[SESSIONS_TOKEN];

	sessions_csrf(token, csrf);
	return strlen(said) == sizeof(csrf) - 1 && sodium_memcmp(csrf, said, sizeof(csrf)) == 0;
}
