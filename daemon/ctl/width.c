#include "ctl/width.h"

#include <stdint.h>

struct range {
	uint32_t first, last;
};

/* Wide: Hangul, kana, CJK and its punctuation, fullwidth forms, emoji (Unicode's East Asian Width, W and F). */
static const struct range wide[] = {
	{ 0x1100, 0x115f },   { 0x231a, 0x231b },   { 0x2329, 0x232a },   { 0x23e9, 0x23ec },   { 0x25fd, 0x25fe },
	{ 0x2614, 0x2615 },   { 0x267f, 0x267f },   { 0x26a1, 0x26a1 },   { 0x2705, 0x2705 },   { 0x274c, 0x274c },
	{ 0x2e80, 0x303e },   { 0x3041, 0x33ff },   { 0x3400, 0x4dbf },   { 0x4e00, 0x9fff },   { 0xa000, 0xa4cf },
	{ 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe10, 0xfe19 },   { 0xfe30, 0xfe6f },
	{ 0xff01, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
	{ 0x20000, 0x2fffd }, { 0x30000, 0x3fffd },
};

static const struct range zero[] = {
	{ 0x0300, 0x036f }, { 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x2064 },
	{ 0x20d0, 0x20f0 }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }, { 0xfeff, 0xfeff },
};

static bool within(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* The character at text and its length in bytes; length 0: broken UTF-8. */
static size_t decode(const char *text, uint32_t *ret_character)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	uint32_t c = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	*ret_character = c;
	return str_is_utf8(text, len) ? len : 0;
}

size_t width_add(struct str_buf *to, const char *text)
{
	size_t width = 0;

	for (size_t len; *text; text += len) {
		uint32_t c = 0;

		len = decode(text, &c);
		if (len == 0 || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e)) {
			len = MAX(len, (size_t)1);
			str_buf_add(to, "?");
			width++;
			continue;
		}
		str_buf_add_len(to, text, len);
		if (within(wide, ARRAY_SIZE(wide), c))
			width += 2;
		else if (!within(zero, ARRAY_SIZE(zero), c))
			width++;
	}
	return width;
}

size_t width_of(const char *text)
{
	struct str_buf shown _cleanup_str_buf_ = { 0 };

	return width_add(&shown, text);
}

void width_pad(struct str_buf *to, const char *text, size_t width)
{
	size_t shown = width_add(to, text);

	str_buf_printf(to, "%*s", width > shown ? (int)(width - shown) : 0, "");
}
