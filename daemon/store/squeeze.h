/* squeeze.h: bytes made small by zstd where that helps, kept as they are where it does not. Pure: the only user of libzstd.
 * Any thread. */
#pragma once

#include "base/str.h"

#define SQUEEZE_MAX ((size_t)16 * 1024 * 1024) /* bytes that may come out */

/* Both append to what is there. */
void squeeze_pack(const void *bytes, size_t len, struct str_buf *to);
/* -EBADMSG: it was not made by squeeze_pack, or is cut. */
int squeeze_expand(const void *bytes, size_t len, struct str_buf *to);
