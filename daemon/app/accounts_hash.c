#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/accounts_inside.h"
#include "app/live.h"
#include "base/mem.h"

#define UNDER_WAY 4 /* each takes a box's small processor a while, and its memory */
#define MEMORY    (19 * 1024 * 1024)
#define PASSES    2

static void wipe(char *password)
{
	if (password)
		sodium_memzero(password, strlen(password));
	free(password);
}

static void work(void *context)
{
	struct accounts_hash *h = context;

	h->ran = true;
	if (h->hash[0])
		h->good = crypto_pwhash_str_verify(h->hash, h->password, strlen(h->password)) == 0;
	else
		h->good = crypto_pwhash_str_alg(h->hash, h->password, strlen(h->password), PASSES, MEMORY,
						crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static void done(void *context)
{
	struct accounts_hash *h = context;

	h->accounts->hashing--;
	h->done(h);
	wipe(h->password);
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

	if (a->hashing == UNDER_WAY)
		return -EBUSY;
	h = mem_dup(like, sizeof(*like));
	h->accounts = a;
	h->user = mem_strdup(like->user);
	h->password = mem_strdup(like->password);
	h->address = mem_strdup(like->address);
	h->who = mem_strdup(like->who);
	a->hashing++;
	r = offload_submit(a->live->offload, &(struct offload_job){ .work = work, .done = done, .context = h });
	if (r == 0)
		return 0;
	a->hashing--;
	wipe(h->password);
	free(h->user);
	free(h->address);
	free(h->who);
	free(h);
	return -EBUSY;
}
