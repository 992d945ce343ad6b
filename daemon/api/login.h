/* login.h: who logs in, who he is then, and how he leaves. Main thread. */
#pragma once

#include "api/inside.h"

void login_post(struct call *x); /* POST /v1/login {"user","password"[,"wall":true]} */
void login_finish(struct api_pending *p, const struct api_session *session, const char *token);
void login_own_password(struct call *x);
void login_leave(struct call *x); /* POST /v1/logout */
void login_shown(struct call *x); /* GET  /v1/session */
