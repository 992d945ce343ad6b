/* cutter.h: cuts what the daemon's stream sends into whole frames, each with its id. Pure; the owner feeds it; never logs.
 *
 * A frame ends with an empty line. It is handed on as it came, byte for byte: it is read by the page. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define CUTTER_FRAME_MAX 131072

enum cutter_kind {
	CUTTER_EVENT,   /* has data */
	CUTTER_MARK,    /* an id without data: where the stream stands */
	CUTTER_COMMENT, /* neither: somebody is alive */
};

struct cutter_frame {
	enum cutter_kind kind;
	const char *text; /* with its empty line; lent for the call */
	size_t len;
	uint64_t id; /* 0: it says none */
};

struct cutter { /* zero-initialised is empty */
	struct str_buf waiting;
};

struct cutter_handler {
	void (*frame)(void *context, const struct cutter_frame *frame);
	void *context;
};

void cutter_fini(struct cutter *c);
void cutter_reset(struct cutter *c);
/* 0, or -EMSGSIZE: a frame that does not end; c is empty then. */
int cutter_feed(struct cutter *c, const char *bytes, size_t len, const struct cutter_handler *handler);
