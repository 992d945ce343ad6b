/* fuzz_answered.c: plugins/http-uplink/answered.c and sdk/sdk_mqtt_url.c: what a web server answers to a POST, and where a
 * broker is:
 *
 * - only a 2xx is "taken", only a 4xx may set a message aside, and each status has a text;
 * - a seq that is read stands in the body, is of this lane, and is not negative; what is refused leaves it alone;
 * - a URL that is accepted has a host without what ends one, and a port.
 *
 * Input: a line "STATUS WORD", WORD the lane, or the URL; then the body. */
#include "fuzz.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "http-uplink/answered.h"
#include "sdk/sdk_mqtt_url.h"

static void check_status(int status)
{
	enum answered meaning = answered_status(status);

	FUZZ_CLAIM((meaning == ANSWERED_TAKEN) == (status >= 200 && status < 300));
	FUZZ_CLAIM(meaning != ANSWERED_WRONG || (status >= 400 && status < 500));
	FUZZ_CLAIM(answered_text(status) && answered_text(status)[0]);
}

static void check_seq(struct fuzz_bytes body, const char *lane)
{
	char *text = fuzz_text(body);
	int64_t seq = -7;
	int r = answered_seq(text, body.left, lane, &seq);

	FUZZ_CLAIM(r == 0 ? seq >= 0 : r == -EINVAL && seq == -7);
	if (r == 0) {
		json_t *root = json_loadb(text, body.left, 0, NULL);

		FUZZ_CLAIM(json_is_object(root) || json_is_array(root));
		json_decref(root);
	}
	free(text);
}

static void check_url(const char *url)
{
	struct sdk_mqtt_url parts = { .port = -7 };

	if (!sdk_mqtt_url_split(url, &parts)) {
		FUZZ_CLAIM(parts.port == -7 && sdk_mqtt_url_check(url));
		return;
	}
	FUZZ_CLAIM(!sdk_mqtt_url_check(url) && parts.host[0] && !strpbrk(parts.host, "@/]"));
	FUZZ_CLAIM(parts.port >= 1 && parts.port <= 65535);
	FUZZ_CLAIM(parts.tls == (strncmp(url, "mqtts://", 8) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *line = fuzz_text(fuzz_line(&in)), *word = strchr(line, ' ');

	check_status(atoi(line));
	if (word) {
		check_url(word + 1);
		check_seq(in, word + 1);
	}
	free(line);
	return 0;
}
