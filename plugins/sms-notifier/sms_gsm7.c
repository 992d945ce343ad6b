#include "sms-notifier/sms_gsm7.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* 6.2.1, by row of sixteen. The place of the escape has no character. */
static const uint16_t alphabet[128] = {
	'@',    0x00a3, '$',    0x00a5, 0x00e8, 0x00e9, 0x00f9, 0x00ec, /* 00 */
	0x00f2, 0x00c7, '\n',   0x00d8, 0x00f8, '\r',   0x00c5, 0x00e5, /* 08 */
	0x0394, '_',    0x03a6, 0x0393, 0x039b, 0x03a9, 0x03a0, 0x03a8, /* 10 */
	0x03a3, 0x0398, 0x039e, 0,      0x00c6, 0x00e6, 0x00df, 0x00c9, /* 18 */
	' ',    '!',    '"',    '#',    0x00a4, '%',    '&',    '\'',   /* 20 */
	'(',    ')',    '*',    '+',    ',',    '-',    '.',    '/',    /* 28 */
	'0',    '1',    '2',    '3',    '4',    '5',    '6',    '7',    /* 30 */
	'8',    '9',    ':',    ';',    '<',    '=',    '>',    '?',    /* 38 */
	0x00a1, 'A',    'B',    'C',    'D',    'E',    'F',    'G',    /* 40 */
	'H',    'I',    'J',    'K',    'L',    'M',    'N',    'O',    /* 48 */
	'P',    'Q',    'R',    'S',    'T',    'U',    'V',    'W',    /* 50 */
	'X',    'Y',    'Z',    0x00c4, 0x00d6, 0x00d1, 0x00dc, 0x00a7, /* 58 */
	0x00bf, 'a',    'b',    'c',    'd',    'e',    'f',    'g',    /* 60 */
	'h',    'i',    'j',    'k',    'l',    'm',    'n',    'o',    /* 68 */
	'p',    'q',    'r',    's',    't',    'u',    'v',    'w',    /* 70 */
	'x',    'y',    'z',    0x00e4, 0x00f6, 0x00f1, 0x00fc, 0x00e0, /* 78 */
};

/* 6.2.1.1: behind an escape. */
static const struct {
	uint8_t septet;
	uint16_t character;
} extension[] = {
	{ 0x0a, '\f' }, { 0x14, '^' }, { 0x28, '{' }, { 0x29, '}' }, { 0x2f, '\\' },
	{ 0x3c, '[' },  { 0x3d, '~' }, { 0x3e, ']' }, { 0x40, '|' }, { 0x65, 0x20ac },
};

unsigned sms_gsm7_septets(uint32_t character, uint8_t ret_septets[static 2])
{
	if (character == 0)
		return 0;
	for (unsigned i = 0; i < COUNT(alphabet); i++)
		if (alphabet[i] == character) {
			ret_septets[0] = (uint8_t)i;
			return 1;
		}
	for (unsigned i = 0; i < COUNT(extension); i++)
		if (extension[i].character == character) {
			ret_septets[0] = SMS_GSM7_ESCAPE;
			ret_septets[1] = extension[i].septet;
			return 2;
		}
	return 0;
}

size_t sms_gsm7_pack(const uint8_t *septets, size_t count, unsigned empty, uint8_t *ret_octets)
{
	size_t octets = (empty + 7 * count + 7) / 8;

	memset(ret_octets, 0, octets);
	for (size_t i = 0; i < count; i++) {
		size_t bit = empty + 7 * i;
		unsigned shifted = (unsigned)(septets[i] & 0x7f) << (bit % 8);

		ret_octets[bit / 8] |= (uint8_t)shifted;
		if (bit % 8 > 1)
			ret_octets[bit / 8 + 1] |= (uint8_t)(shifted >> 8);
	}
	return octets;
}
