/* rogue.h: a Modbus slave for tests that misbehaves on request, on TCP, RTU over TCP, or a pseudo terminal.
 *
 * Its own thread; faults are set and counters read from the test's. Every unit 1..15 is there; the value of a register
 * says which one it is, so that a wrong one is seen. Frames are composed by hand: it shares no code with the daemon's
 * receiver. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

enum rogue_wire { ROGUE_TCP, ROGUE_RTU, ROGUE_RTU_OVER_TCP };

enum rogue_fault {
	ROGUE_WELL,
	ROGUE_MUTE,
	ROGUE_LATE,           /* by argument in ms after the request */
	ROGUE_LATE_SOMETIMES, /* one in sixteen answers, at random */
	ROGUE_DRIP,           /* a byte every argument ms */
	ROGUE_WRONG_UNIT,
	ROGUE_WRONG_TRANSACTION,
	ROGUE_WRONG_PROTOCOL,
	ROGUE_BAD_CRC,
	ROGUE_WRONG_LENGTH, /* one register less than asked */
	ROGUE_HALF,
	ROGUE_FLOOD,
	ROGUE_GARBAGE,
	ROGUE_EXCEPTION, /* code in argument */
	ROGUE_CLOSE,     /* closes the connection instead of answering */
	ROGUE_FAULTS
};

struct rogue;

struct rogue *rogue_start(enum rogue_wire wire);
/* The same without a thread: whoever made it calls rogue_turn (leap.h). */
struct rogue *rogue_new(enum rogue_wire wire);
void rogue_stop(struct rogue *r);
UTIL_DEFINE_CLEANUP(struct rogue *, rogue_stop);
uint16_t rogue_port(const struct rogue *r);    /* TCP, of 127.0.0.1 */
const char *rogue_path(const struct rogue *r); /* pseudo terminal */
void rogue_set(struct rogue *r, unsigned unit, enum rogue_fault fault, unsigned argument);
void rogue_illegal(struct rogue *r, int address); /* exception 2 where a request covers it; -1: none */
void rogue_echo(struct rogue *r);                 /* gives requests back, as a two-wire adapter does */
unsigned rogue_polls(const struct rogue *r, unsigned unit);
unsigned rogue_connections(const struct rogue *r);
/* Without a thread: takes in what has come, says what is due by clock_mono_us(); returns when something is due next. */
int64_t rogue_turn(struct rogue *r);
void rogue_fds(const struct rogue *r, int ret_fds[2]); /* readable when something has come: a connection, a request */
bool rogue_has_line(const struct rogue *r);            /* false: there is no connection, or it has closed it */
uint64_t rogue_said(const struct rogue *r);            /* bytes, on this connection; of a pseudo terminal all of them */
uint64_t rogue_taken(const struct rogue *r);
uint16_t rogue_value(unsigned unit, unsigned address);
bool rogue_bit(unsigned unit, unsigned address);
