/* link.h: the wire of one bus: a serial line, or a TCP connection. The only user of libmodbus. Bus's thread.
 *
 *   CLOSED --link_open, link_adopt--> OPEN --any error, link_close--> CLOSED
 *
 * libmodbus opens serial lines and sends RTU (also over TCP: its raw request adds the CRC); it never receives. On TCP the
 * socket is ours (reach.h). Of a dial-in bus it comes from the doorman. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "field/frame.h"
#include "field/waiter.h"
#include "model/bus.h"

struct link;

struct link *link_new(const struct bus *bus); /* bus is lent, and must outlive the link */
void link_free(struct link *l);
UTIL_DEFINE_CLEANUP(struct link *, link_free);

/* 0, -ECANCELED (the thread is to end), -errno; -EOPNOTSUPP: the port cannot do RS-485. Not of a dial-in bus. */
int link_open(struct link *l, struct waiter *w);
/* Dial-in: takes the connection. 0 or -errno; fd is gone in any case. */
int link_adopt(struct link *l, int fd);
void link_close(struct link *l);
bool link_is_open(const struct link *l);
int link_fd(const struct link *l); /* -1 when closed; lent */
enum frame_kind link_framing(const struct link *l);
/* Sends a request whole: 0 or -errno. transaction: TCP only. */
int link_send(struct link *l, const struct frame_request *r, uint16_t transaction);
/* Bytes that are there, at most len: their number, 0 when none are, -errno (-ECONNRESET: the other side closed). */
int link_receive(struct link *l, uint8_t *bytes, size_t len);
/* The silence that the line needs before a frame; 0 on TCP. */
int64_t link_silence_us(const struct link *l);
/* The next link_open goes to the standby, or to the first address again. False: there is no standby. */
bool link_use_standby(struct link *l, bool standby);
bool link_on_standby(const struct link *l);
