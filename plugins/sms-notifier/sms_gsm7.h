/* sms_gsm7.h: the default alphabet of short messages, seven bits a character (3GPP TS 23.038, 6.2.1). Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SMS_GSM7_ESCAPE 0x1b /* the next septet is of the extension table */

/* The septets of one character: 1 or 2 (an escape and what it stands for); 0: the alphabet does not have it. */
unsigned sms_gsm7_septets(uint32_t character, uint8_t ret_septets[static 2]);
/* Packs septets into octets, least significant bit first, after so many bits that are left empty (fewer than 8). The
 * octets written; room must be (empty + 7 × count + 7) / 8. */
size_t sms_gsm7_pack(const uint8_t *septets, size_t count, unsigned empty, uint8_t *ret_octets);
