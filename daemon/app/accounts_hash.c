#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/accounts_inside.h"
#include "app/live.h"
#include "base/mem.h"

#define UNDER_WAY 4 /* each takes a box's small processor a while, and its memory */
#define STRANGERS 2 /* of them: whoever guesses leaves room for those who work here */
#define MEMORY    (19 * 1024 * 1024)
#define PASSES    2

static void wipe(char *password)
{
	if (password)
		sodium_memzero(password, strlen(password));
	free(password);
}

static bool make(const char *password, char ret_hash[crypto_pwhash_STRBYTES])
{
	return crypto_pwhash_str_alg(ret_hash, password, strlen(password), PASSES, MEMORY,
				     crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static void work(void *context)
{
	struct accounts_hash *h = context;
	bool known = h->hash[0];

	h->ran = true;
	if (known)
		h->good = crypto_pwhash_str_verify(h->hash, h->password, strlen(h->password)) == 0;
	else
		h->good = make(h->password, h->hash);
	/* One for nobody would take as long again, and so say that there is nobody of that name. */
	if (known && h->good && h->next && !make(h->next, h->made))
		h->made[0] = '\0';
}

static void done(void *context)
{
	struct accounts_hash *h = context;

	h->accounts->hashing--;
	h->done(h);
	wipe(h->password);
	wipe(h->next);
	free(h->user);
	free(h->address);
	free(h->who);
	sodium_memzero(h, sizeof(*h));
	free(h);
}

int accounts_hash_submit(struct accounts *a, const struct accounts_hash *like)
{
	struct accounts_hash *h;
	int r;

	if (a->hashing >= (like->stranger ? STRANGERS : UNDER_WAY))
		return -EBUSY;
	h = mem_dup(like, sizeof(*like));
	h->accounts = a;
	h->user = mem_strdup(like->user);
	h->password = mem_strdup(like->password);
	h->next = mem_strdup(like->next);
	h->address = mem_strdup(like->address);
	h->who = mem_strdup(like->who);
	a->hashing++;
	r = offload_submit(a->live->offload, &(struct offload_job){ .work = work, .done = done, .context = h });
	if (r == 0)
		return 0;
	a->hashing--;
	wipe(h->password);
	wipe(h->next);
	free(h->user);
	free(h->address);
	free(h->who);
	free(h);
	return -EBUSY;
}
