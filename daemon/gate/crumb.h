/* crumb.h: what a browser says of itself: its cookie, the page that it comes from, the name it called us by. Pure; never logs.
 *
 * A token goes on in a header of a request of ours, so only what a token can be is taken. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CRUMB_TOKEN_MIN 16
#define CRUMB_TOKEN_MAX 129 /* with its end */

/* With TLS the browser itself sees to it that only we can have set it, for this host and over TLS. */
#define CRUMB_SECURE "__Host-estate"
#define CRUMB_PLAIN  "estate"

/* The token of that cookie out of a Cookie header (NULL: there is none). The first that is well formed counts; false: none. */
bool crumb_token(const char *header, const char *name, char ret_token[static CRUMB_TOKEN_MAX]);
/* [A-Za-z0-9_-], neither too short nor too long. */
bool crumb_is_token(const char *text);
/* Is an Origin that page which we serve as host (as of the header Host, with its port)? "null" and what is none are not. */
bool crumb_is_ours(const char *origin, const char *scheme, const char *host);
/* Host, without its port and without regard to capitals, is that name. */
bool crumb_is_name(const char *host, const char *name);
/* What may stand in the first line of a request of ours: a path that begins with '/', printable ASCII without blanks. */
bool crumb_is_path(const char *path);
