/* accounts_inside.h: what accounts.c and accounts_hash.c share. Nobody else includes it. */
#pragma once

#include <sodium.h>

#include "app/accounts.h"
#include "app/refusals.h"
#include "app/sessions.h"
#include "app/throttle.h"

#define ACCOUNTS_USERS 200

struct account {
	char name[SESSIONS_USER]; /* "": free */
	enum api_role role;
	struct scope scope;
	char hash[crypto_pwhash_STRBYTES];
	int64_t changed_us; /* wall: the password */
};

/* Where a user has logged in before: what others guess of his name elsewhere does not keep him out there. */
#define ACCOUNTS_KNOWN 128
struct accounts_known {
	char user[SESSIONS_USER], address[SESSIONS_ADDRESS];
};

struct accounts {
	struct live *live;
	struct account users[ACCOUNTS_USERS];
	struct sessions sessions;
	struct throttle throttle;
	struct refusals refusals;
	struct accounts_known known[ACCOUNTS_KNOWN]; /* the newest first */
	size_t hashing;                              /* under way */
};

struct account *accounts_find(struct accounts *a, const char *name);

/* A password on its way to the reader thread and back. */
struct accounts_hash {
	struct accounts *accounts;
	void (*done)(struct accounts_hash *h); /* main thread; then it is freed */
	char *user, *password, *address, *who;
	char *next;                        /* where it is the password, it is to be this one; NULL: it stays */
	char hash[crypto_pwhash_STRBYTES]; /* to compare with; "": make it */
	char made[crypto_pwhash_STRBYTES]; /* of next */
	bool ran, good;                    /* it was done; it is the password */
	bool wall;
	bool stranger; /* nobody has logged in by that name from there */
	enum api_user_act act;
	enum api_role role;
	struct scope scope;
	bool scoped;
	uint64_t session; /* of whoever changes his own password */
	struct api_pending *pending;
};

/* Does it to the user who is named, with that hash as his password (NULL: it stays), and answers. */
void accounts_change(struct accounts *a, const struct api_user_request *r, const char *hash);
/* A try from there was wrong: the next one waits. */
void accounts_wrong_try(struct accounts *a, const char *user, const char *address);
/* As struct api_source.user, of API_USER_OWN_PASSWORD. */
int accounts_own_password(struct accounts *a, const struct api_user_request *r);

/* accounts_trail.c: a login that was wrong; something about people, given or refused (context: live); and what of that was only
 * counted. */
void accounts_trail_login(struct accounts *a, const struct accounts_hash *h);
void accounts_trail_release(void *context, const struct api_release *r);
void accounts_trail_tick(struct accounts *a, int64_t now_mono_us);

/* Copies the texts that it gets. -EBUSY: too many are under way. */
int accounts_hash_submit(struct accounts *a, const struct accounts_hash *like);
