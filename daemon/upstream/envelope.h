/* envelope.h: the one form in which anything leaves the estate. Pure.
 *
 * {"v":1,"estate":"demo","lane":"alarm","seq":10293,"time":"…+08:00","kind":"alarm",…payload members…}: one line of UTF-8.
 * A time that no time service has confirmed is marked behind it: "clock":"unset" or "clock":"restored". */
#pragma once

#include <stdint.h>

#include "base/str.h"

enum envelope_lane { ENVELOPE_ALARM, ENVELOPE_DATA };
#define ENVELOPE_LANES 2

struct envelope {
	const char *estate;
	enum envelope_lane lane;
	uint64_t seq;
	const char *time;    /* ISO 8601 with offset */
	const char *clock;   /* unset, restored: how little that time is worth; NULL: it is good, or nobody knows */
	const char *kind;    /* alarm event summary health inventory gap */
	const char *payload; /* a JSON object as text; its members are joined in, after kind */
};

const char *envelope_lane_name(enum envelope_lane l); /* alarm, data */
int envelope_lane_parse(const char *name, enum envelope_lane *ret_lane);
/* 0 when the payload is a JSON object without any of the envelope's own members (v estate lane seq time clock kind), else
 * -EINVAL. */
int envelope_check(const char *payload);
/* Appends the envelope without a newline. 0, or -EINVAL (envelope_check) with nothing appended. */
int envelope_render(const struct envelope *e, struct str_buf *to);
