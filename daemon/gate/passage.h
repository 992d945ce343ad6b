/* passage.h: requests that are passed on to the daemon (/v1/…, /metrics) or to http-source (/hook/…), and their answers. Main
 * thread.
 *
 *   refused here: no cookie (401), another page's (403)       a small answer leaves as one, with its length
 *   login: the token stays in the cookie                      a long one in chunks, as fast as the client reads
 *
 * Only headers that are named here go on, in both directions; what says who somebody is, is set by us. */
#pragma once

#include "gate/web_inside.h"

/* Each answers, at once or later; the request may be gone after it. */
void passage_api(struct web_call *c);
void passage_hook(struct web_call *c);
/* The session's token out of the cookie; false: none. */
bool passage_token(const struct web *w, struct evhttp_request *request, char *ret_token);
