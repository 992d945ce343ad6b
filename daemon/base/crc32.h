/* crc32.h: the CRC-32C (Castagnoli) that stands beside whatever must be known to be whole. Pure. Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of the bytes so far and these; begins with 0. */
uint32_t crc32_add(uint32_t crc, const void *data, size_t len);
