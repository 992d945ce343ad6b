/* replay_scan.h: the plain form of a reading, read without building JSON values: most of a recording looks like it, and
 * jansson alone would take longer than all the rest. Pure; private to replay_line.c.
 *
 *   {"t":"2011-06-15T01:03:39.149","device":"m-bed","fields":{"motion":true,"battery":97.5}}
 *
 * What is not exactly of that form (an escape, a nested object, another key, a byte beyond ASCII, a mistake) is none of
 * ours: jansson reads it, and says what is wrong. What is, means the same to both; a fuzz target compares them. */
#pragma once

#include <stdbool.h>

#include "model/mapping.h"

/* A piece of the line. */
struct replay_scan_text {
	char *at;
	size_t len;
};

#define REPLAY_SCAN_FIELDS_MAX 16
struct replay_scan {
	struct replay_scan_text t; /* a text, or len 0 and seconds */
	double seconds;
	struct replay_scan_text device;
	struct mapping_field fields[REPLAY_SCAN_FIELDS_MAX];
	size_t field_count;
};

/* True: all of the line is in *ret_scan, its texts ended within text, which is used up. False: text is as it was. */
bool replay_scan(char *text, size_t len, struct replay_scan *ret_scan);
