/* accounts_inside.h: what accounts.c and accounts_hash.c share. Nobody else includes it. */
#pragma once

#include <sodium.h>

#include "app/accounts.h"
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
	struct accounts_known known[ACCOUNTS_KNOWN]; /* the newest first */
	size_t hashing;                              /* under way */
};

struct account *accounts_find(struct accounts *a, const char *name);

/* A password on its way to the reader thread and back. */
struct accounts_hash {
	struct accounts *accounts;
	void (*done)(struct accounts_hash *h); /* main thread; then it is freed */
	char *user, *password, *address, *who;
	char hash[crypto_pwhash_STRBYTES]; /* to compare with; "": make it */
	bool ran, good;                    /* it was done; it is the password */
	bool wall;
	enum api_user_act act;
	enum api_role role;
	struct scope scope;
	bool scoped;
	struct api_pending *pending;
};

/* Copies the texts that it gets. -EBUSY: too many are under way. */
int accounts_hash_submit(struct accounts *a, const struct accounts_hash *like);
