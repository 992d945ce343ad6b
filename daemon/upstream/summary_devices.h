/* summary_devices.h: the devices that a summary is of, as they are kept beside it: what leaves again because a sample came
 * late is of the devices of then, whatever the configuration says now. Pure.
 *
 *   lift-1<tab>b1/u1<tab>lift<newline>   a device a line: id, place, class
 *
 * Ids, places and classes have neither tabs nor line ends. */
#pragma once

#include "base/str.h"
#include "upstream/summary.h"

void summary_devices_add(struct str_buf *to, const struct summary_device *d);
/* Cuts text into pieces, which the rows lend. 0 (the caller frees the rows), or -EBADMSG: it was not made so. */
int summary_devices_split(char *text, struct summary_device **ret_devices, size_t *ret_count);
