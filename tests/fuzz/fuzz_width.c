/* fuzz_width.c: ctl/width.c: whatever a device or plugin says, what is shown is UTF-8 without anything that steers the
 * terminal, as wide as was said, and shown again the same. */
#include "fuzz.h"

#include "base/str.h"
#include "ctl/width.h"

static bool steers(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct str_buf shown = { 0 }, again = { 0 };
	char *text = fuzz_rest(&in);
	size_t width = width_add(&shown, text);

	FUZZ_CLAIM(str_is_utf8(str_buf_text(&shown), shown.len) && !steers(str_buf_text(&shown)));
	FUZZ_CLAIM(width <= 2 * strlen(text) && width_of(text) == width);
	FUZZ_CLAIM(width_add(&again, str_buf_text(&shown)) == width);
	FUZZ_CLAIM(strcmp(str_buf_text(&again), str_buf_text(&shown)) == 0);
	str_buf_fini(&shown);
	str_buf_fini(&again);
	free(text);
	return 0;
}
