/* fuzz_judge.c: plugins/conformance/judge.c: whatever lines a plugin under test says:
 *
 * - each line is a message or a mistake; the first mistake stays; its reason is one word, its text one printable line;
 * - what was answered is answered once, and no more than was asked.
 *
 * Input: the lines. */
#include "fuzz.h"

#include <jansson.h>
#include <stdlib.h>

#include "conformance/judge.h"

static void tell(struct judge *j, json_t *message)
{
	judge_told(j, message);
	json_decref(message);
}

static void tell_all(struct judge *j)
{
	tell(j, json_pack("{s:s,s:[{s:s}]}", "type", "hello", "devices", "id", "test-1"));
	tell(j, json_pack("{s:s,s:i,s:s}", "type", "deliver", "batch", 1, "lane", "alarm"));
	tell(j, json_pack("{s:s,s:i,s:s}", "type", "deliver", "batch", 2, "lane", "alarm"));
	tell(j, json_pack("{s:s,s:i}", "type", "ping", "id", 3));
	tell(j, json_pack("{s:s,s:i}", "type", "notify", "id", 7));
	tell(j, json_pack("{s:s,s:i}", "type", "command", "id", 9));
}

static void check(const struct judge *j, const struct mistake *before)
{
	FUZZ_CLAIM(!mistake_is_there(before) || strcmp(before->reason, j->mistake.reason) == 0);
	FUZZ_CLAIM(strspn(j->mistake.reason, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(j->mistake.reason));
	for (const char *c = j->mistake.text; *c; c++)
		FUZZ_CLAIM((unsigned char)*c >= ' ');
	FUZZ_CLAIM(json_object_size(j->batches) + json_object_size(j->answered) == 2 &&
		   json_object_size(j->asked) <= 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct judge *j = judge_new();

	tell_all(j);
	while (in.left) {
		struct fuzz_bytes part = fuzz_line(&in);
		struct mistake before = j->mistake;
		char *line = fuzz_text(part);
		json_t *message = judge_line(j, line, part.left);

		FUZZ_CLAIM(message || mistake_is_there(&j->mistake));
		check(j, &before);
		json_decref(message);
		free(line);
	}
	judge_free(j);
	return 0;
}
