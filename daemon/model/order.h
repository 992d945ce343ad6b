/* order.h: what somebody asks of a bus beside its plan: to read, to look who is there, to write, to leave the line alone.
 * By value to the bus's thread; what came of it goes back on the heap, owned by whoever has it.
 *
 * An order is done once. One that changes something is never repeated blindly: where no answer says what became of it, what
 * is read back does. */
#pragma once

#include "model/encode.h"

#define ORDER_REGISTERS 125
#define ORDER_BITS      2000
#define ORDER_NAME_MAX  96 /* of what a device says of itself */

enum order_kind { ORDER_READ, ORDER_PROBE, ORDER_WRITE, ORDER_PAUSE, ORDER_RESUME };

struct order {
	uint32_t id;
	enum order_kind kind;
	uint8_t unit;
	enum codec_table table; /* read */
	uint16_t address, count;
	bool mask_write;           /* write: the device knows function 22 */
	struct encode_image image; /* write */
	int64_t deadline_us;       /* monotonic: what has not begun by then is not done */
	int64_t until_us;          /* pause: monotonic */
};

enum order_end {
	ORDER_DONE,
	ORDER_REFUSED, /* exception */
	ORDER_SILENT,
	ORDER_CORRUPT,     /* wrong CRC */
	ORDER_NO_LINK,     /* error */
	ORDER_NO_CALL,     /* dial-in: the modem is not there */
	ORDER_BUSY,        /* its turn did not come in time */
	ORDER_PAUSED,      /* the line is somebody else's */
	ORDER_DIFFERS,     /* write: something else is read back */
	ORDER_UNCONFIRMED, /* write: it was sent, and nothing says what became of it */
};

struct order_result {
	uint32_t id;
	enum order_end end;
	uint8_t exception;
	int error;       /* -errno */
	int64_t took_us; /* from the request to its answer; of a write: of the writing itself */
	bool sent;       /* write: the request to write has left */
	bool unanswered; /* write: it was not answered as it should be; what was read back decided */
	bool known_old;  /* write: values and old are there */
	uint16_t count;
	uint16_t values[ORDER_BITS];    /* read, and read back; of bits 0 or 1 */
	uint16_t old[ENCODE_REGISTERS]; /* write: before */
	char vendor[ORDER_NAME_MAX], product[ORDER_NAME_MAX], revision[ORDER_NAME_MAX]; /* probe; "" where not said */
};
