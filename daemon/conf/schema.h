/* schema.h: every key of the configuration in one table: a row is the check, the default, the help text, the man page
 * and the reload rule of a key. Immutable; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_type {
	SCHEMA_ID,    /* [a-z0-9][a-z0-9_-]* */
	SCHEMA_LABEL, /* an id in which capitals may stand: L1 */
	SCHEMA_PATH,  /* a place: ids joined by '/' */
	SCHEMA_TEXT,  /* a text that is not empty */
	SCHEMA_WORD,  /* one of range.words */
	SCHEMA_BOOL,
	SCHEMA_INT,      /* whole number in range; min == max: any */
	SCHEMA_NUMBER,   /* number in range; min == max: any */
	SCHEMA_DURATION, /* text with unit; range in microseconds */
	SCHEMA_SIZE,     /* text with unit; range in bytes, whole MB */
	SCHEMA_IDS,      /* list of ids */
	SCHEMA_GROUP,    /* { … } */
	SCHEMA_LIST,     /* ( { … }, … ) or a list whose entries its reader checks */
	SCHEMA_ANY,      /* its reader checks it: type and range depend on other keys */
};

/* What a reload does with a change of the key. */
enum schema_reload {
	SCHEMA_LIVE,     /* taken over as it runs */
	SCHEMA_RESTARTS, /* what it belongs to is started anew */
	SCHEMA_IDENTITY, /* another id is another thing */
};

struct schema_range {
	int64_t min, max;
	const char *unit;  /* or "" */
	const char *words; /* separated by blanks */
};

struct schema_key {
	const char *key;
	enum schema_type type;
	struct schema_range range;
	const char *fallback; /* default as text; NULL: none; schema_must: has to be said */
	enum schema_reload reload;
	const char *help;
};
extern const char schema_must[];

#define SCHEMA_MB       (1024 * 1024)
#define SCHEMA_KEYS_MAX 32 /* in one group */

/* A kind of group: "devices" is a list of them, "estate" is one, "profiles.points" stands in profiles. */
enum schema_shape { SCHEMA_ONE, SCHEMA_MANY };
struct schema_group {
	const char *name, *what; /* "devices", "device": for messages */
	enum schema_shape shape;
	bool open;                     /* other keys are let through, with a warning */
	const struct schema_key *keys; /* ends with a row without key */
	const char *help;
};

/* By its name ("profiles.points"); aborts on a name that is not there: a programmer's error. */
const struct schema_group *schema_group(const char *name);
const struct schema_key *schema_find_key(const struct schema_group *g, const char *key); /* or NULL */

/* Walks over all keys of all groups, in the order in which they are documented. */
struct schema_walk {
	const struct schema_group *group; /* of the key that was returned last */
	size_t group_index, key_index;
};
const struct schema_key *schema_next(struct schema_walk *w); /* NULL at the end */

const char *schema_type_name(enum schema_type t);     /* "id", "duration", … for people */
const char *schema_reload_name(enum schema_reload r); /* live, restarts, identity, later */
/* "1..247", "20ms..30s", "tcp, rtu or dial-in", "a text in quotes". buf of SCHEMA_EXPECTED_MAX; returns buf. */
#define SCHEMA_EXPECTED_MAX 256
const char *schema_expected(const struct schema_key *k, char *buf);
/* The range alone: "20ms..30s", "" where there is none. buf as above. */
const char *schema_range(const struct schema_key *k, char *buf);
/* The number of a word of k->range.words, from 0, or -1. */
int schema_word_index(const struct schema_key *k, const char *word);
