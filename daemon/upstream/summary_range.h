/* summary_range.h: what some days came to, side by side: each figure of each thing is a list with one number a day, in their order;
 * null where the day has none, as where the thing was not there then. Pure; the caller owns it. */
#pragma once

#include <jansson.h>

#include "base/util.h"

struct summary_range;

struct summary_range *summary_range_new(void);
void summary_range_free(struct summary_range *r);
UTIL_DEFINE_CLEANUP(struct summary_range *, summary_range_free);

/* Whether it is one of those in the list ("estate,lift"; NULL: all are). */
bool summary_range_wants(const char *scopes, const char *scope);
/* The day behind the last one: rows as summary_rows makes them, of which those of such scopes are taken. */
void summary_range_add(struct summary_range *r, const char *day, const json_t *rows, const char *scopes);
size_t summary_range_numbers(const struct summary_range *r); /* how many it has so far */
/* To an object: "days", and "rows", each {"scope","of","figures"}, "part" where it was so on one of them, in order of scope and name.
 * The last call. */
void summary_range_show(struct summary_range *r, json_t *to);
