/* store_unit.h: what the tests of the store share: a directory of their own, a store in it, completions with a limit. */
#pragma once

#include "store/store.h"
#include "unit.h"

#define STORE_UNIT_WAIT (20 * S)

/* setup and teardown of a case: *state is the directory's path. */
int store_unit_setup(void **state);
int store_unit_teardown(void **state);
#define STORE_UNIT_CASE(test) cmocka_unit_test_setup_teardown(test, store_unit_setup, store_unit_teardown)

char *store_unit_path(const char *dir, const char *name); /* the caller frees */
struct store *store_unit_open(const char *dir);           /* fails the case when it cannot */
/* The next completion of that kind; others before it are dropped. Fails the case after STORE_UNIT_WAIT. */
void store_unit_wait(struct store *s, enum store_done_kind kind, struct store_done *ret_done);
/* Submits, and waits until it is answered; returns its error. */
int store_unit_commit(struct store *s, struct store_commit c);
/* Alarms sos/sos-0 and so on, each in a commit of its own. */
void store_unit_raise(struct store *s, int count);
/* One message of {"n":n}. */
int store_unit_message(struct store *s, const char *uplink, enum envelope_lane lane, unsigned n);
/* Fetches; the caller frees with store_done_fini. */
void store_unit_fetch(struct store *s, const struct store_fetch *f, struct store_done *ret_batch);
/* The counters of a lane as store_outbox shows them; all 0 when it has no row. */
struct status_outbox store_unit_row(struct store *s, const char *uplink, enum envelope_lane lane);

/* A transition with every member set; id "rule/asset" is lent, the rest is made. Freed with alarm_transition_fini. */
void store_unit_transition(const char *rule, const char *asset, enum alarm_state to, struct alarm_transition *ret);
/* The rows that a statement gives, from a connection of its own: only while no store has the file open. Freed with
 * store_unit_selected. */
struct sqlite3_stmt;
struct sqlite3_stmt *store_unit_select(const char *dir, const char *file, const char *sql);
void store_unit_selected(struct sqlite3_stmt *rows);
/* The number that it gives; -1: no row. */
int64_t store_unit_ask(const char *dir, const char *file, const char *sql);
void store_unit_run(const char *dir, const char *file, const char *sql);
