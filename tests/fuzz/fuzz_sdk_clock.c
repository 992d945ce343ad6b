/* fuzz_sdk_clock.c: the plugins' reader of times (last_seen of a device): it agrees with the daemon's, which takes more. */
#include "fuzz.h"

#include "base/clock.h"
#include "sdk/sdk_clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *text = fuzz_rest(&in), buf[SDK_CLOCK_TEXT_MAX];
	int64_t us = 0x5555555555555555, daemon_us, again;

	if (sdk_clock_parse(text, &us) < 0) {
		FUZZ_CLAIM(us == 0x5555555555555555);
	} else {
		FUZZ_CLAIM(clock_parse(text, &daemon_us) == 0 && daemon_us == us);
		if (us >= 0) {
			sdk_clock_format(us, buf);
			FUZZ_CLAIM(sdk_clock_parse(buf, &again) == 0 && again <= us && us - again < SDK_CLOCK_MS);
		}
	}
	free(text);
	return 0;
}
