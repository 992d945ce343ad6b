/* plain.h: the dialect "json": programs and devices that publish their values in JSON and nothing more. BASE is "sensors":
 *
 *   BASE/ADDRESS                   {"temperature":21.5,…}          → sample, or discovered once per unknown address
 *   BASE/ADDRESS/FIELD             21.5, true, "on", {…}           → sample with this one field
 *   BASE/ADDRESS/availability      online, offline, true, 0 …      → sample with link; offline: then stale. Also status,
 *                                                                    LWT, online, connected: a last will fits
 *   BASE/…/set, get, command …     what others tell a device: ignored
 *
 * ADDRESS may have slashes in it where a device of it is configured, and may be a whole topic: all the same then, without
 * BASE. */
#pragma once

#include "mqtt-source/dialect.h"

extern const struct dialect plain_dialect;
