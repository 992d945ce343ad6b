/* fuzz_str.c: base/str.c: every conversion of one and the same text: what is accepted prints and reads back the same, what
 * is refused leaves its output alone, and JSON strings are such that jansson reads the same text out of them. */
#include "fuzz.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "base/str.h"

#define UNTOUCHED 0x5555555555555555

static void check_integers(const char *text)
{
	int64_t value = UNTOUCHED, again;
	uint16_t small = 0x5555;
	uint32_t middle = 0x55555555;
	int r = str_to_i64(text, &value), r16 = str_to_u16(text, &small), r32 = str_to_u32(text, &middle);
	char printed[32];

	if (r < 0) {
		FUZZ_CLAIM((r == -EINVAL || r == -ERANGE) && value == UNTOUCHED && r16 == r && r32 == r);
		return;
	}
	FUZZ_CLAIM(r16 == (value >= 0 && value <= UINT16_MAX ? 0 : -ERANGE));
	FUZZ_CLAIM(r32 == (value >= 0 && value <= UINT32_MAX ? 0 : -ERANGE));
	FUZZ_CLAIM(small == (r16 == 0 ? value : 0x5555) && middle == (r32 == 0 ? value : 0x55555555));
	snprintf(printed, sizeof(printed), "%lld", (long long)value);
	FUZZ_CLAIM(str_to_i64(printed, &again) == 0 && again == value);
}

static void check_double(const char *text)
{
	double value = 0x1p-1000, again;
	char buf[STR_DOUBLE_MAX];
	int r = str_to_double(text, &value);

	if (r < 0) {
		FUZZ_CLAIM((r == -EINVAL || r == -ERANGE) && value == 0x1p-1000);
		return;
	}
	FUZZ_CLAIM(isfinite(value));
	FUZZ_CLAIM(str_from_double(value, buf) == buf && strlen(buf) < sizeof(buf) && !strchr(buf, ','));
	FUZZ_CLAIM(str_to_double(buf, &again) == 0 && again == value);
}

/* Any double at all, not only such as a text can name. */
static void check_any_double(struct fuzz_bytes in)
{
	double value = fuzz_double(&in), again;
	char buf[STR_DOUBLE_MAX];

	str_from_double(value, buf);
	FUZZ_CLAIM(strnlen(buf, sizeof(buf)) < sizeof(buf));
	FUZZ_CLAIM((str_to_double(buf, &again) == 0 && again == value) == (isfinite(value) != 0));
}

static void check_units(const char *text)
{
	int64_t us = UNTOUCHED, bytes = UNTOUCHED, again;
	char buf[STR_DURATION_MAX];

	if (str_to_duration(text, &us) == 0) {
		FUZZ_CLAIM(us >= 0 && strlen(str_from_duration(us, buf)) < sizeof(buf));
		FUZZ_CLAIM(str_to_duration(buf, &again) == 0 && again == us);
		FUZZ_CLAIM(strlen(str_from_age(us, buf)) < sizeof(buf));
	} else {
		FUZZ_CLAIM(us == UNTOUCHED);
	}
	if (str_to_size(text, &bytes) == 0)
		FUZZ_CLAIM(bytes >= 0);
	else
		FUZZ_CLAIM(bytes == UNTOUCHED);
}

/* UTF-8 by the definition: decode, then ask whether that character would be written so. */
static bool is_utf8(const unsigned char *s, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	for (size_t i = 0; i < len;) {
		size_t n = s[i] < 0x80 ? 1 : s[i] >> 5 == 6 ? 2 : s[i] >> 4 == 14 ? 3 : s[i] >> 3 == 30 ? 4 : 0;
		uint32_t c = n == 1 ? s[i] : s[i] & (0x7fu >> n);

		if (n == 0 || n > len - i)
			return false;
		for (size_t k = 1; k < n; k++) {
			if (s[i + k] >> 6 != 2)
				return false;
			c = c << 6 | (s[i + k] & 0x3f);
		}
		if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
		i += n;
	}
	return true;
}

static void check_json(const char *text, bool valid)
{
	_cleanup_str_buf_ struct str_buf quoted = { 0 };
	json_t *json;

	str_buf_add_json(&quoted, text);
	json = json_loads(str_buf_text(&quoted), JSON_DECODE_ANY, NULL);
	FUZZ_CLAIM(json_is_string(json));
	if (valid)
		FUZZ_CLAIM(strcmp(json_string_value(json), text) == 0);
	json_decref(json);
}

static void check_utf8(const char *text)
{
	size_t len = strlen(text);
	bool valid = is_utf8((const unsigned char *)text, len);

	FUZZ_CLAIM(str_is_utf8(text, len) == valid);
	for (size_t max = 0; max < 8; max++) {
		size_t cut = str_utf8_cut(text, max);

		FUZZ_CLAIM(cut <= max && cut <= len && (len > max || cut == len));
		if (valid)
			FUZZ_CLAIM(str_is_utf8(text, cut) && (len <= max || cut + 4 > max));
	}
	check_json(text, valid);
}

static void check_names(const char *text)
{
	struct str_nearest nearest = { .word = text };

	if (str_is_id(text)) {
		FUZZ_CLAIM(strlen(text) >= 1 && strlen(text) <= 63 && text[0] != '-' && text[0] != '_');
		FUZZ_CLAIM(text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0');
	}
	FUZZ_CLAIM(str_starts(text, "") && str_starts(text, text) && str_match(NULL, text) && str_match("*", text));
	str_nearest_try(&nearest, "hysteresis");
	str_nearest_try(&nearest, text);
	FUZZ_CLAIM(strlen(text) > 64 || nearest.best);
}

/* A growing buffer, put together in pieces of the text's own choosing. */
static void check_buffer(const char *text)
{
	_cleanup_str_buf_ struct str_buf b = { 0 };
	size_t len = strlen(text);

	for (size_t i = 0; i < len;) {
		size_t piece = MIN((size_t)1 + (text[i] & 7), len - i);

		if (text[i] & 8)
			str_buf_add_len(&b, text + i, piece);
		else
			str_buf_printf(&b, "%.*s", (int)piece, text + i);
		i += piece;
	}
	FUZZ_CLAIM(strcmp(str_buf_text(&b), text) == 0 && b.len == len);
	str_buf_consume(&b, len / 2);
	FUZZ_CLAIM(strcmp(str_buf_text(&b), text + len / 2) == 0);
	str_buf_clear(&b);
	FUZZ_CLAIM(b.len == 0 && str_buf_text(&b)[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *text = fuzz_rest(&in);

	check_integers(text);
	check_double(text);
	check_any_double((struct fuzz_bytes){ data, size });
	check_units(text);
	check_utf8(text);
	check_names(text);
	check_buffer(text);
	free(text);
	return 0;
}
