/* accounts.h: users, and the sessions of those who have logged in: kept in state.db, owned here. Main thread; passwords are hashed
 * on the reader thread (Argon2id), one at a time.
 *
 *   login ─ throttle ─► reader thread: Argon2id ─► session ─► COMMIT ─► the token, once
 *
 * There is no first user and no first password: root makes one (estatectl users add). Of a password and of a session only hashes
 * are known, here and on the disk. What is done to a user ends his sessions where it must. */
#pragma once

#include "api/api.h"
#include "store/store.h"

struct accounts;
struct live;

struct accounts *accounts_new(struct live *l);
/* After the reader thread has ended. */
void accounts_free(struct accounts *a);
/* A row that was kept; context: live. */
void accounts_restore(void *context, const struct store_account *row);
void accounts_tick(struct accounts *a, int64_t now_mono_us);
/* What the API asks of it. */
void accounts_serve(struct api_source *source);
