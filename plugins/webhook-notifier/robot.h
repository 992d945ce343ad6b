/* robot.h: how group robots want to be spoken to: where, in what shape, signed how, how often. One row of a table for each
 * maker. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of ROBOT_WORDS. */
enum robot_dialect { ROBOT_WECOM, ROBOT_DINGTALK, ROBOT_FEISHU, ROBOT_JSON };
#define ROBOT_WORDS "wecom dingtalk feishu json"

enum robot_format { ROBOT_TEXT, ROBOT_MARKDOWN };
#define ROBOT_FORMAT_WORDS "text markdown"

struct robot_limits {
	int per_minute, per_second; /* 0: none */
	size_t text_max;            /* bytes of a text; 0: as long as it is */
	bool merges;                /* several texts may be one message */
	int64_t shut_us;            /* for how long it takes nothing more, once it has refused one for its limit */
};
struct robot_limits robot_limits(enum robot_dialect dialect, enum robot_format format);
const char *robot_name(enum robot_dialect dialect); /* for people */
/* Where its robots are, without the key; NULL: it has no place of its own. */
const char *robot_base(enum robot_dialect dialect);

struct robot_secret {      /* lent */
	const char *hook;  /* what the maker shows: a whole URL, or its key alone; NULL: none */
	const char *bytes; /* of the signature; NULL: it is not signed */
	int64_t wall_us;   /* now */
};
/* Where to POST: 0 with the URL, which the caller wipes and frees; -EINVAL: hook is neither a URL nor a key. base may be NULL. */
int robot_url(enum robot_dialect dialect, const char *base, const struct robot_secret *secret, char **ret_url);

struct robot_message { /* lent */
	const char *text;
	int priority;
	enum robot_format format;
	const json_t
		*mention;     /* who is called by name: a text or a list: "all", a mobile number, an id; NULL: nobody */
	const json_t *notify; /* all that the daemon said, for plain JSON */
};
/* One JSON object, which the caller frees. */
char *robot_body(enum robot_dialect dialect, const struct robot_message *message, const struct robot_secret *secret);
