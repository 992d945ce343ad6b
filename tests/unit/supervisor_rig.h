/* supervisor_rig.h: real plugin processes under a supervisor in the test's own loop. What the supervisor calls is written
 * down as lines of text; a test runs the loop until it has happened, with a limit. One thread. */
#pragma once

#include <event2/event.h>
#include <jansson.h>

#include "plugin/supervisor.h"

#define RIG_LIMIT (20 * S)

struct rig {
	struct event_base *base;
	struct plugin plugin;
	struct device *devices;
	char (*ids)[16];
	struct supervisor *supervisor;
	struct supervisor_calls calls;
	char *told[20000]; /* "up", "down <why>", "sample sos-1 action=emergency …", "fault <text>", … */
	size_t told_count;
	uint64_t samples; /* all of them, also those not written down */
	char program[512], id[32];
	bool quiet;          /* samples are counted only */
	const char *stop_at; /* a call that begins so makes the supervisor stop from within */
};

/* All rigs share a loop and the log; begun and ended by setup and teardown, which also compares the open descriptors. */
int rig_setup(void **state);
int rig_teardown(void **state);
struct event_base *rig_base(void);

/* Its devices are sos-1 and env-1 (points temperature, action, an event of the field "action"). program: a file of
 * tests/it/plugins, or a path. */
struct rig *rig_new(const char *program, const char *options_json, int64_t max_age_us);
void rig_start(struct rig *r, size_t device_count);
void rig_free(struct rig *r);

/* The n-th (from 1) call that begins with these words; runs the loop until it is there. Fails after RIG_LIMIT. */
const char *rig_wait(struct rig *r, const char *words, size_t n);
size_t rig_count(const struct rig *r, const char *words); /* so far */
/* Runs the loop until done says so, or for that long. False: not in that time. */
bool rig_until(bool (*done)(void *context), void *context, int64_t limit_us);
void rig_run(int64_t for_us);
/* The puppet's echo of the n-th message of that type, as JSON; freed by the caller. */
json_t *rig_echo(struct rig *r, const char *type, size_t n);
struct status_plugin rig_status(const struct rig *r);

/* The log since setup. */
size_t rig_log_count(const char *words);
/* Of this process: resident bytes (0 under a sanitizer, which keeps what was freed), open descriptors. */
size_t rig_memory(void);
size_t rig_descriptors(void);
bool rig_plugins_are_us(void);
bool rig_alive(int pid); /* and no zombie */
