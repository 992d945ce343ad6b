/* status.h: what the rooms tell of themselves: rows that estatectl and the page show. By value, texts lent until the next call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/logid.h"

struct status_unit {
	uint8_t unit;
	bool up;
	const char *state; /* new, ok, suspect, down: how its bus treats it */
	uint64_t polls, answers, errors;
};

#define STATUS_CAUSES 24

/* Why requests fail. */
struct status_cause {
	const char *cause, *hint; /* "crc"; what it is and what to do */
	uint64_t count;
};

struct status_bus {
	const char *id, *type, *target; /* target: "192.168.1.20:502" or the port */
	const char *state;              /* up, connecting, down, paused */
	int64_t since_us;               /* wall time of that state; 0 unknown */
	uint64_t requests, answers, timeouts, crc_errors, mismatches, exceptions, connects, late;
	uint64_t cycle_requests; /* requests of one pass over all its points */
	uint64_t skipped;        /* turns that there was no time for */
	int64_t lag_us;          /* how late the most overdue request is */
	size_t units, units_up, points;
	struct status_cause causes[STATUS_CAUSES]; /* of failures; those that came at all */
	size_t cause_count;
	const char *hint; /* the last trouble in plain words, or "" */
	int64_t timeout_us;
	int64_t paused_until_us; /* wall time; 0: it is not paused */
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
	bool history_ok;        /* samples are kept */
	uint64_t set_aside;     /* damaged files, since the start */
	int64_t last_commit_us; /* duration of the last one */
	int64_t free_bytes;     /* of the disk, a minute ago at most; negative: not known */
	size_t queued;
	uint64_t audit_n;       /* the newest record of the audit */
	const char *audit_hash; /* lent until the next turn */
};

struct status_log_room {
	enum log_level level, configured; /* in force; without what was set by hand */
	int64_t until_us;                 /* wall time until which it is set by hand; 0: it is not */
	const char *who;                  /* set it; or NULL */
};

struct status_log {
	struct status_log_room rooms[LOG_ROOMS];
	uint64_t lost;       /* lines that nobody read fast enough */
	uint64_t suppressed; /* lines left out because they were said too often */
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

struct status_config {
	const char *
		state; /* files: what stands in the files counts; trial: it awaits confirmation; held: an older one is in force */
	int64_t since_us;  /* trial, held: wall time since when the confirmed one was in force; 0: not known */
	int64_t left_us;   /* trial: until it returns */
	const char *cause; /* held: why, else "" */
};
