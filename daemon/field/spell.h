/* spell.h: one frame in a line that a person can read. Pure. What makes no sense is said to make none. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "field/frame.h"
#include "field/tape.h"

/* "unit 5: read holding 0 … 12 (13)", "unit 5: 3 registers: 00ea 0001 ffff", "unit 5: illegal address (exception 2)";
 * appended. */
void spell_frame(enum frame_kind framing, const struct tape_frame *frame, struct str_buf *to);
/* Is it one whole frame, by its header or its CRC? Serial bytes come in pieces, as the adapter hands them over. */
bool spell_is_whole(enum frame_kind framing, const struct tape_frame *frame);
/* "0103 0000"; appended: bytes in hex, groups where a person looks for them (header, unit, function, data, CRC). */
void spell_hex(enum frame_kind framing, const struct tape_frame *frame, struct str_buf *to);
