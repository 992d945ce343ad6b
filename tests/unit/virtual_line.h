/* virtual_line.h: a bus in virtual time: the real poller with all that it calls, on a wire that only reckons. An hour of a
 * line takes a second or less, the same again for the same seed, and nothing that the machine does can change a figure.
 *
 * It stands in for field/link.c and field/waiter.c: a test that is linked with it gets no other link, and one bus at a time.
 * A serial line is as slow as its speed says, in both directions; what two say at once is told, and spoils both. */
#pragma once

#include "field/poller.h"

/* A request as it left. */
struct virtual_line_ask {
	int64_t at_us, heard_us; /* when it began; when its last bit had come */
	struct frame_request request;
	uint16_t transaction;
};

struct virtual_line_setup {
	const struct bus *bus;
	struct device_list devices;
	void (*asked)(void *context, const struct virtual_line_ask *ask); /* the slaves: answer by virtual_line_say */
	void (*told)(void *context, const struct worker_message *message);
	void *context;
};

#define VIRTUAL_LINE_CALL_US 40 /* what a system call takes */

void virtual_line_begin(const struct virtual_line_setup *setup);
void virtual_line_end(void);
int64_t virtual_line_now_us(void);
/* Goes on for so long; an exchange that is under way is ended first. */
void virtual_line_run(int64_t for_us);
/* A slave begins to send these bytes then: on a serial line one after the other, else all at once. */
void virtual_line_say(int64_t at_us, const uint8_t *bytes, size_t len);
/* What slaves have begun to say, or would, does not come. */
void virtual_line_hush(void);
/* The link breaks (-errno) when it is next looked at; it can be opened again. */
void virtual_line_break(int error);
const struct poller *virtual_line_poller(void);
int64_t virtual_line_busy_us(void); /* so long was something on the wire */
int64_t virtual_line_longest_us(
	void); /* that it was waited for an answer, from its request on, and for the silence behind it */
unsigned virtual_line_clashes(void); /* two spoke at once */
unsigned virtual_line_links(void);   /* were opened */
/* How long a frame of so many bytes takes on it; 0 on TCP. */
int64_t virtual_line_wire_us(size_t len);
