/* smtp.h: one mail to one address by a mail server, within the plugin's loop. libcurl does the protocol. Main thread.
 *
 *   start --the server has taken it, or not--> done (once, from the loop) */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "sdk/sdk_curl.h"

#define SMTP_WHY_MAX 512

struct smtp;

enum smtp_tls {
	SMTP_STARTTLS, /* smtp:// must offer it; smtps:// has TLS from the first byte */
	SMTP_PLAIN,
};

struct smtp_server {     /* lent during the call */
	const char *url; /* smtp://host[:port], smtps://host[:port] */
	enum smtp_tls tls;
	const struct sdk_tls_paths *paths;
	const char *username, *password; /* NULL: none */
	int64_t timeout_us;
};

struct smtp_result {
	bool taken;
	bool server_works; /* it was not taken for this address or this mail only */
	enum sdk_curl_result result;
	char why[SMTP_WHY_MAX];
};

struct smtp_mail {
	const char *from, *to;
	char *data; /* taken over; NULL: no mail, only whether the server lets us in */
	size_t len;
	void (*done)(void *user, const struct smtp_result *result);
	void *user;
};

/* For the option table: NULL or what was expected. */
const char *smtp_check_url(const char *url);
/* Whether the server is this machine itself: nothing of it goes over a network. */
bool smtp_is_here(const char *url);

struct smtp *smtp_new(struct sdk_loop *loop);
void smtp_free(struct smtp *s); /* what is under way ends without done */
void smtp_start(struct smtp *s, const struct smtp_server *server, const struct smtp_mail *mail);
