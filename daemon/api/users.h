/* users.h: who may log in, with which role and for which places; and who has. Main thread. */
#pragma once

#include "api/inside.h"

void users_list(struct call *x);     /* GET  /v1/users */
void users_add(struct call *x);      /* POST /v1/users {"user","password","role","scope":["b3"]} */
void users_set(struct call *x);      /* POST /v1/users/{user} {"role","scope"} */
void users_password(struct call *x); /* POST /v1/users/{user}/password {"password"} */
void users_remove(struct call *x);   /* POST /v1/users/{user}/remove */
void users_log_out(struct call *x);  /* POST /v1/users/{user}/logout: all sessions of that user */
void users_sessions(struct call *x); /* GET  /v1/sessions */
