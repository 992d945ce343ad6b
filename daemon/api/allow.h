/* allow.h: who asks, and whether he may. Main thread.
 *
 * A request with a session is judged by that session alone, whoever brings it; one that names a client's address and bears
 * no session is nobody's; only the gate, root and the daemon's own user may bring either. All others are judged by the
 * kernel's word on the socket (peer.h). What is outside of a scope is not there: 404, as for a name that nobody has. */
#pragma once

#include "api/inside.h"
#include "api/routes.h"

#define ALLOW_SESSION "X-Estate-Session" /* a session's token */
#define ALLOW_CLIENT  "X-Estate-Client"  /* the address that speaks to the gate */
#define ALLOW_CSRF    "X-CSRF-Token"     /* with every change of a session */

#define ALLOW_IDLE "X-Estate-Idle" /* the gate asks by itself: the session is not used by it */

/* Who a token speaks for; used by it, unless the gate says otherwise. */
bool allow_session(const struct call *x, const char *token, struct api_session *ret_session);
/* Finds out who asks (x->by). False: it cannot be, and is answered. */
bool allow_identify(struct call *x);
/* False: he may not, and it is answered. NULL: no such route, and only somebody may learn that. */
bool allow_route(struct call *x, const struct route *route);
/* The session's token, or NULL; the address that the gate names, or NULL. Lent. */
const char *allow_token(const struct call *x);
const char *allow_client(const struct call *x);

/* Whether it says something of people: it is of a home, or says who it was. */
bool allow_is_private(const struct point *p);
/* The same, and he is not to read it. */
bool allow_hides_point(const struct party *by, const struct point *p);
/* Samples of such a point: false: not for him, and it is answered. Either way it is in the audit. */
bool allow_samples(struct call *x, const struct point *p);
/* Something about people was given out, or was not: into the audit. */
void allow_note(struct call *x, const char *what, bool granted);

/* Whether somebody lives there, or in the home of that device: floors say so, the register, and what the device is. */
bool allow_is_home(const struct api *a, const char *subject);
/* Whether that place is a dwelling, or has one dwelling in it and no other: what is said of it all is said of that one. */
bool allow_is_one_home(const struct api *a, const char *place);
/* Of an alarm, for who is not to read about homes. */
bool allow_is_of_home(const struct api *a, const struct alarm *alarm);
void allow_veil_alarm(json_t *row);
void allow_veil_point(json_t *row);
/* An alarm's row as it is for him; NULL: not at all. */
json_t *allow_alarm(const struct api *a, const struct party *by, const struct alarm *alarm);
/* Who is told of it next, and when; null: nobody. Names are for those who may read contacts. */
json_t *allow_next(const struct api *a, const char *alarm);
void allow_veil_next(json_t *next);
/* A point's row likewise. */
json_t *allow_point(const struct party *by, const struct point *point);
/* Whether he may know of the alarm of that id, open or long gone. */
bool allow_knows_alarm(const struct call *x, const char *id);
/* The place of what a mode, an order, … is about: a device's, or itself. Lent. */
const char *allow_place_of(const struct api *a, const char *subject);
