/* hook_record.h: the body of a web hook as records: which device, when, which fields. Pure.
 *
 * JSON: an object, a list of objects, or an object in which `list` names one. Form: name=value&…, or one of its values is the
 * JSON (`list` names it). Names are dotted: "deviceInfo.devEui". */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define HOOK_BODY_MAX    ((size_t)60 * 1024) /* a sample must fit into a line */
#define HOOK_RECORDS_MAX 256
#define HOOK_WHY_MAX     200

struct hook_rules { /* where in a record it stands; NULL: nowhere */
	const char *address, *list, *time, *id;
};

enum hook_form { HOOK_JSON, HOOK_FORM };

struct hook_body {
	enum hook_form form;
	const char *text;
	size_t len;
	const char *address; /* of the request itself, for records that name none; NULL: none */
	int64_t now_us;      /* wall clock; a time of the future is not believed */
};

/* An array of {"address", "fields", "id"?, "at"?}; the caller's. 0; -EINVAL or -E2BIG with why. */
int hook_record_read(const struct hook_rules *rules, const struct hook_body *body, json_t **ret_records,
		     char ret_why[static HOOK_WHY_MAX]);
