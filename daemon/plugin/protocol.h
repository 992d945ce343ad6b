/* protocol.h: the lines of the plugin protocol (plugins/README.md): one JSON object a line. Pure: bytes in, message out. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/mapping.h"

#define PROTOCOL_VERSION    1
#define PROTOCOL_LINE_MAX   (64 * 1024) /* with its newline */
#define PROTOCOL_FIELDS_MAX 256         /* fields of one sample; further ones are ignored */
#define PROTOCOL_ID_MAX     256         /* bytes of a sample's id */

enum protocol_type {
	PROTOCOL_UNKNOWN, /* a type of a later version: counted, ignored */
	PROTOCOL_READY,
	PROTOCOL_SAMPLE,
	PROTOCOL_STALE,
	PROTOCOL_FAULT,
	PROTOCOL_HEALTHY,
	PROTOCOL_DISCOVERED,
	PROTOCOL_DELIVERED,
	PROTOCOL_REFUSED,
	PROTOCOL_NOTIFIED,
	PROTOCOL_RESULT,
	PROTOCOL_PONG,
};

/* A message from a plugin, checked. Texts are lent from json; NULL where not given. Freed with protocol_message_fini. */
struct protocol_message {
	enum protocol_type type;
	json_t *json;
	const char *name, *version, *device, *address, *vendor, *model, *text;
	double battery;  /* discovered: percent; NAN: not said */
	char *id_json;   /* sample: the id as JSON, to be echoed; owned */
	unsigned roles;  /* ready: set of enum supervisor_role */
	uint64_t number; /* batch, or id */
	uint64_t seq;    /* refused: the message that it is about; 0: not said */
	bool flag;       /* refused: retry; notified, result: ok */
	bool test, retained;
	bool has_at;
	int64_t at_us; /* sample: wall time */
	const json_t *fields;
};

/* What was wrong and what was expected. */
struct protocol_error {
	char text[200];
};

/* 0; -EBADMSG with *ret_error. */
int protocol_parse(const char *line, size_t len, struct protocol_message *ret_message,
		   struct protocol_error *ret_error);
void protocol_message_fini(struct protocol_message *m);

#define PROTOCOL_ROLES_MAX 48
void protocol_name_roles(unsigned set, char *buf); /* "source uplink"; buf of PROTOCOL_ROLES_MAX */

/* Where flattened fields go ("object.temperature"): nested names live in the arena, others are lent from the JSON. */
struct protocol_flat {
	struct arena *arena;
	struct mapping_field *fields;
	size_t max;
};
/* Returns how many; further ones are ignored. */
size_t protocol_fields(const json_t *fields, const struct protocol_flat *to);

/* What comes from outside may be cut, or be no UTF-8: in status and alarms it is text all the same. size: of to. */
void protocol_copy_text(char *to, size_t size, const char *from);
