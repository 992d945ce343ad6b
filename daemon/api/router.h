/* router.h: does a path fit a pattern, and what stands where the pattern has a name. Pure; by value; never logs.
 *
 *   "/v1/points/{point}"           one segment
 *   "/v1/alarms/{alarm+}/ack"      one segment or more ("welfare/b3/u1/1204"), as many as the rest leaves
 *
 * Segments are compared and handed out decoded (%2F is a slash inside a value, never a border). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define ROUTER_PARAMS_MAX 2
#define ROUTER_VALUE_MAX  256

struct router_match {
	struct {
		char name[16];
		char value[ROUTER_VALUE_MAX];
	} params[ROUTER_PARAMS_MAX];
	size_t count;
};

/* False when it does not fit, when a value is empty, too long or wrongly encoded (%zz, %00). */
bool router_match(const char *pattern, const char *path, struct router_match *ret_match);
/* The value of that name; the pattern has it (asserted). */
const char *router_value(const struct router_match *m, const char *name);
