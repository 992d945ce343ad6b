/* replay_line.h: one line of a recording: what happened, and when. Pure: reads no clock, no file; never logs.
 *
 * {"t":…,"device":…,"fields":{…}}      a message of the device, as its plugin brought it; "test":true where it said so
 * {"t":…,"device":…,"points":{…}}      values of its points by their names, as the daemon has them after decoding
 * {"t":…,"device":…,"quality":"lost"}  (or "bus", "plugin" in place of "device"): it is gone; "good": it is back.
 *                                      With "point" only that point of the device; stale, bad and suspect are qualities too
 * {"t":…,"clock_step":"-1h"}           somebody set the wall clock; t is by the clock of before
 * {"t":…,"restart":true}               the daemon was killed and started again
 * {"t":…,"command":{"verb":…,…}}       what a person did
 *
 * t: ISO 8601 with or without offset (then the estate's own time), or epoch seconds. Keys that nobody knows are passed over. */
#pragma once

#include "base/str.h"
#include "model/mapping.h"

#define REPLAY_LINE_MAX        (64 * 1024) /* bytes */
#define REPLAY_LINE_FIELDS_MAX 256

enum replay_line_kind {
	REPLAY_LINE_FIELDS,
	REPLAY_LINE_POINTS,
	REPLAY_LINE_QUALITY,
	REPLAY_LINE_CLOCK_STEP,
	REPLAY_LINE_RESTART,
	REPLAY_LINE_COMMAND,
};

enum replay_line_verb {
	REPLAY_LINE_ACK,
	REPLAY_LINE_ARRIVE,
	REPLAY_LINE_CLOSE,
	REPLAY_LINE_COMMENT,
	REPLAY_LINE_SHELVE,
	REPLAY_LINE_UNSHELVE,
	REPLAY_LINE_TEST,
	REPLAY_LINE_OUT_OF_SERVICE,
	REPLAY_LINE_IN_SERVICE,
};

struct replay_line_command {
	enum replay_line_verb verb;
	const char *alarm;      /* its id; NULL with TEST and the two of service, which have a subject */
	const char *subject;    /* a device's id; of TEST: or a place's path */
	const char *who, *note; /* who: "operator" where not said; note may be NULL; of SHELVE and modes: why */
	const char *outcome;    /* of CLOSE */
	int64_t for_us;         /* of SHELVE, TEST, OUT_OF_SERVICE; 0: it ends */
	int64_t until_us;       /* of SHELVE, instead: a moment of the wall clock */
};

struct replay_line {
	enum replay_line_kind kind;
	int64_t at_us;                     /* wall */
	const char *device, *bus, *plugin; /* FIELDS, POINTS: device; QUALITY: one of them */
	const char *point;                 /* QUALITY: of the device; NULL: all of them */
	const struct mapping_field *fields;
	size_t field_count;
	bool test;
	enum quality quality;
	int64_t step_us;
	struct replay_line_command command;
};

struct replay_line_parser;

struct replay_line_parser *replay_line_parser_new(void);
void replay_line_parser_free(struct replay_line_parser *p);
UTIL_DEFINE_CLEANUP(struct replay_line_parser *, replay_line_parser_free);

/* One line without its end; text[len] must be writable, text is used up. What *ret_line points to is lent until the next
 * call. 0, or -EBADMSG with what was expected appended to problem. */
int replay_line_parse(struct replay_line_parser *p, char *text, size_t len, struct replay_line *ret_line,
		      struct str_buf *problem);
