/* webhook.h: one robot of one group: what waits for it, how often it may speak, what became of it. Main thread.
 *
 *   urgent:  taken --at once, alone; the minute is used up: one POST at a time, all that waits in it--> posted --> told │ failed
 *   others:  taken --when pace.h lets it, all that waits in one message--> posted --> told │ failed
 *                ^--------------------- too many, says the robot ------------'
 *
 * A robot that cannot be reached is troubled until it is: it is looked for after 2 s … 60 s, without a message. */
#pragma once

#include "sdk/sdk_http.h"
#include "sdk/sdk_notifier.h"
#include "sdk/sdk_secret.h"
#include "webhook-notifier/robot.h"

struct webhook;

struct webhook_setup { /* lent for the hooks' life */
	struct sdk_host *host;
	struct sdk_http *http;
	enum robot_dialect dialect;
	enum robot_format format;
	const char *base, *prefix; /* NULL: none */
	const struct sdk_tls_files *tls;
	int64_t timeout_us;
	int limit;                   /* messages a minute; 0: the maker's */
	void (*changed)(void *user); /* whether one is troubled */
	void *user;
};

/* What names it: two with the same names are one robot. NULL: not given. */
struct webhook_names {
	const char *hook_file, *hook_credential, *secret_file, *secret_credential;
};

struct webhook *webhook_new(const struct webhook_setup *setup,
			    const struct webhook_names *names); /* copies the names */
void webhook_free(struct webhook *h);                           /* after its http: drops what it holds */
bool webhook_is(const struct webhook *h, const struct webhook_names *names);

void webhook_take(struct webhook *h, struct sdk_notice *notice);
/* Looks for it, without a message: robots know no request that tells nobody anything. changed() tells what came of it. */
void webhook_check(struct webhook *h);
/* The same, for a probe. 0, or -errno with why, and done is not called. */
int webhook_look(const struct webhook *h, void (*done)(void *user, const struct sdk_http_answer *answer), void *user,
		 char ret_why[static SDK_SECRET_WHY_MAX]);
/* Drops what was not sent: the daemon has it still. */
void webhook_stop(struct webhook *h);
/* Why it cannot be reached; NULL: it can, as far as one knows. */
const char *webhook_trouble(const struct webhook *h);

/* What a request to it needs; wiped by webhook_forget. 0, or -errno with why. */
struct webhook_access {
	char hook[SDK_SECRET_MAX], secret[SDK_SECRET_MAX];
	struct robot_secret keys;
	struct sdk_tls_paths tls;
	char *url;
	char shown[128]; /* the URL for people: without anything that may be a key */
};
int webhook_read(const struct webhook *h, struct webhook_access *ret_access, char ret_why[static SDK_SECRET_WHY_MAX]);
void webhook_forget(struct webhook_access *access);
