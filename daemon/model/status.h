/* status.h: what the rooms tell of themselves: rows that estatectl and the page show. By value, texts lent until the next call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct status_unit {
	uint8_t unit;
	bool up;
	uint64_t polls, answers, errors;
};

struct status_bus {
	const char *id, *type, *target; /* target: "192.168.1.20:502" or the port */
	const char *state;              /* up, connecting, down */
	int64_t since_us;               /* wall time of that state; 0 unknown */
	uint64_t requests, answers, timeouts, crc_errors, mismatches, exceptions, connects, late;
	uint64_t cycle_requests; /* requests of one pass over all its points */
	int64_t lag_us;          /* how late the most overdue request is */
	size_t units, units_up, points;
	const char *hint; /* the last trouble in plain words, or "" */
};

struct status_plugin {
	const char *id, *program, *state;  /* starting, up, fault, waiting (for its restart), stopped */
	const char *name, *version, *text; /* as it says; text: last fault or reason of its end */
	const char *roles;                 /* "source", "source uplink" */
	int pid;
	int64_t since_us;
	uint64_t restarts, messages_in, messages_out, bad_lines, unknown, throttled;
};

struct status_outbox {
	const char *uplink, *lane;
	uint64_t pending, bytes, delivered, refused;
	int64_t oldest_us; /* wall time of the oldest pending; 0: none */
	uint64_t last_seq;
};

struct status_store {
	bool ok;
	const char *fault; /* "" or what is wrong */
	uint64_t commits, failures, history_rows, history_dropped;
	int64_t last_commit_us; /* duration of the last one */
	size_t queued;
};

struct status_clock {
	struct clock_now now;
	enum clock_quality quality;
	int64_t since_us;     /* wall time since when it is so */
	const char *boot;     /* id of this boot */
	bool known;           /* the kernel tells whether a time service has it */
	int64_t max_error_us; /* of a synchronised clock */
	uint64_t steps;       /* since the daemon's start */
	int64_t step_us;      /* the last one */
	int64_t stepped_us;   /* wall time of it, by the clock of now; 0: none */
};
