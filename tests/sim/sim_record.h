/* sim_record.h: a recording of a bus, as `estatectl bus record` writes it, read back. Pure.
 *
 *   # estated recording 1: bus gw type tcp framing tcp at 2026-11-22T09:40:00.120+08:00
 *   09:40:00    0.000000 > 0001 0000 0006 05 03 0000000d  # unit 5: read holding 0 … 12 (13)
 *   09:40:00    0.001200 < 0001 …                         # …
 *
 * or one JSON object a line: {"recording":1,"framing":"tcp",…}, then {"us":0,"way":"sent","hex":"0001…"}. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "sim_frame.h"

#define SIM_RECORD_BYTES_MAX (64 << 20)
#define SIM_RECORD_CHUNK_MAX 512 /* bytes of one line */

enum sim_record_way { SIM_RECORD_SENT, SIM_RECORD_RECEIVED, SIM_RECORD_OPENED, SIM_RECORD_CLOSED };

struct sim_record_chunk {
	int64_t at_us; /* since the first; never falls */
	enum sim_record_way way;
	size_t first, len; /* of bytes */
};

struct sim_record {
	enum sim_framing framing;
	bool serial; /* taken from a serial line */
	struct sim_record_chunk *chunks;
	size_t count;
	uint8_t *bytes;
	size_t len;
};

/* 0, or -EINVAL with *ret_problem appended: the line and what was expected. */
int sim_record_parse(const char *text, size_t len, struct sim_record *ret_record, struct str_buf *ret_problem);
/* The same of a file; -errno. */
int sim_record_read(const char *path, struct sim_record *ret_record, struct str_buf *ret_problem);
void sim_record_fini(struct sim_record *r);
