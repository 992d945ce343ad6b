/* routes.h: what can be asked of the API, and who may: one table. Main thread.
 *
 * Deny by default: a row names the set of roles that it is open to, and how far it reaches. A row of the whole estate is refused
 * to whoever's scope is a part of it; the handler of a row of places looks at each thing's place itself (allow.h). */
#pragma once

#include "api/inside.h"

/* How long an answer may take: a stream lasts, a command waits for the disk. */
enum lasting { ANSWERS, STREAMS };
enum reach { ESTATE, PLACES };

struct route {
	int method; /* enum evhttp_cmd_type */
	const char *pattern;
	unsigned roles; /* set: 1 << enum api_role */
	enum reach reach;
	const char *query; /* the parameters it takes, separated by blanks, or NULL */
	void (*handle)(struct call *x);
	enum lasting lasting;
	bool personal; /* about people: who is refused it is in the audit */
	bool seated;   /* not for a display on the wall, whatever its role: whoever passes by reads it */
};

/* The route of a path and method, its parameters in x->match; *ret_fits: the first whose path fits, whatever its method. */
const struct route *routes_find(struct call *x, const char *path, const struct route **ret_fits);
/* Nothing is there, or not with this method. */
void routes_answer_none(struct call *x, const char *path, const struct route *fits);
/* Reads the query; false: something in it is wrong, and answered. */
bool routes_query_good(struct call *x, const struct route *route, const char *query);
