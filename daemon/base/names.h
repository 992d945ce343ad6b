/* names.h: asks libc for the addresses behind a name, without waiting. Pure but for libc's own thread; never logs.
 *
 * 0: gai_error(request) says when it is done and how it ended; request belongs to libc until then. Else no thread is to be had. */
#pragma once

#include <netdb.h>

static inline int names_ask(struct gaicb *request)
{
#ifdef __SANITIZE_THREAD__
	/* libc works in a thread that it makes without telling ThreadSanitizer, which ends in there: then it is looked up here. */
	request->__return =
		getaddrinfo(request->ar_name, request->ar_service, request->ar_request, &request->ar_result);
	return 0;
#else
	return getaddrinfo_a(GAI_NOWAIT, (struct gaicb *[]){ request }, 1, NULL);
#endif
}
