/* pending.h: a request that is answered later, when what it asked for is done. Main thread.
 *
 * The client may be gone by then, or have been told 504 because it took too long; whoever does the work still ends it. */
#pragma once

#include <jansson.h>

#include "api/inside.h"

/* Keeps the request of x; subject (an alarm's id) is copied. */
struct api_pending *pending_new(struct call *x, const char *subject);
/* It waits so long for its end, and is answered 504 with that text (static) then. */
void pending_patience(struct api_pending *p, int64_t wait_us, const char *overdue);
/* What makes the answer when it is done, where it is not about an alarm; pending_made: that answer, or NULL. */
void pending_set_maker(struct api_pending *p, json_t *(*make)(struct api *a, const char *subject));
json_t *pending_made(const struct api_pending *p);
const char *pending_subject(const struct api_pending *p);
enum api_role pending_role(const struct api_pending *p); /* of who asked */
/* NULL: the API has ended meanwhile. */
struct api *pending_api(const struct api_pending *p);
/* Answers if somebody still listens, and frees p. Takes body (NULL: the API has ended). */
void pending_answer(struct api_pending *p, int status, json_t *body);
/* The API ends: every pending request is forgotten (evhttp frees the requests). */
void pending_stop(struct api *a);
