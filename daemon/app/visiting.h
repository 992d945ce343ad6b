/* visiting.h: contacts with people who live here: recorded (store, audit, care), listed, summed up; and how fast people
 * answered alarms. What is read comes from state.db on the reader thread, after all that was handed over before. Main thread. */
#pragma once

#include "api/api.h"
#include "store/store.h"

struct live;
struct visiting;

struct visiting *visiting_new(struct live *l);
void visiting_free(struct visiting *v); /* after offload_free */
/* At start, from what was kept: the last contact in person with those of that dwelling. */
void visiting_was(struct visiting *v, const char *place, int64_t wall_us);
/* Care has its dwellings (at start, after a change of the register): it is told of the contacts that are known. */
void visiting_tell(struct visiting *v);

/* 0: api_finish_json comes later; -EBUSY: too many ask. */
int visiting_ask(struct visiting *v, const struct api_visits *ask);
/* 0: the pending request is ended when it is durable; -ENOENT: the place is none of the estate's. */
int visiting_record(struct visiting *v, const struct api_visit *visit);
/* A staff card was shown at that door: a visit, where it is a dwelling's own. */
void visiting_card(struct visiting *v, const char *place, const char *worker);
/* One row a watched dwelling; the caller owns the list. */
json_t *visiting_due(const struct visiting *v);
/* A STORE_STAGED completion. */
void visiting_staged(struct visiting *v, uint64_t token);
