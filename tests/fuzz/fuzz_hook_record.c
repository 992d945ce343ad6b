/* fuzz_hook_record.c: plugins/http-source/hook_record.c and addresses.c: the body of a web hook, of any form, under any rules:
 *
 * - records have an address and fields, are bounded in number, and an id and a time only as they should be;
 * - a time is never one of the future; what is refused says why and gives nothing;
 * - each record can be written as JSON; an address is found whatever its capitals, and discovered once.
 *
 * Input: a line "F ADDRESS LIST TIME ID DEVICE" or "J …": the form, the dotted names and the device of the request, each - for
 * none; then the body. */
#include "fuzz.h"

#include <errno.h>

#include "http-source/addresses.h"
#include "http-source/hook_record.h"

#define NOW_US INT64_C(1700000000000000)

static const char *next_word(char **at)
{
	char *word = strsep(at, " ");

	return word && word[0] && strcmp(word, "-") != 0 ? word : NULL;
}

static void check_address(const char *address)
{
	json_t *devices = json_pack("[{s:s, s:s}]", "id", "d", "address", address);
	struct addresses *a = addresses_new(devices);
	size_t len = strlen(address);
	char *loud = strdup(address);

	if (!loud)
		abort();
	for (size_t i = 0; i < len; i++)
		if (loud[i] >= 'a' && loud[i] <= 'z')
			loud[i] = (char)(loud[i] - 0x20);
	FUZZ_CLAIM((addresses_find(a, loud) != NULL) == (len > 0 && len <= ADDRESSES_MAX_LEN));
	FUZZ_CLAIM(addresses_discover(a, loud) == (len > 0 && len <= ADDRESSES_MAX_LEN));
	FUZZ_CLAIM(!addresses_discover(a, address));
	addresses_free(a);
	json_decref(devices);
	free(loud);
}

static void check_record(const json_t *record)
{
	const char *address = json_string_value(json_object_get(record, "address"));
	const json_t *at = json_object_get(record, "at"), *id = json_object_get(record, "id");
	char *text = json_dumps(record, JSON_COMPACT);

	FUZZ_CLAIM(text && address && json_is_object(json_object_get(record, "fields")));
	FUZZ_CLAIM(!at || (json_real_value(at) > 0 && json_real_value(at) <= NOW_US / 1e6));
	FUZZ_CLAIM(!id || json_string_length(id) > 0);
	free(text);
	check_address(address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *line = fuzz_text(fuzz_line(&in)), *at = line;
	const char *form = next_word(&at);
	struct hook_rules rules = {
		.address = next_word(&at), .list = next_word(&at), .time = next_word(&at), .id = next_word(&at)
	};
	struct hook_body body = { .form = form && form[0] == 'F' ? HOOK_FORM : HOOK_JSON,
				  .address = next_word(&at),
				  .len = in.left,
				  .now_us = NOW_US };
	char *copy = malloc(in.left ? in.left : 1), why[HOOK_WHY_MAX] = "";
	json_t *records = NULL, *record;
	size_t i;
	int r;

	if (!copy)
		abort();
	if (in.left)
		memcpy(copy, in.at, in.left);
	body.text = copy;
	r = hook_record_read(&rules, &body, &records, why);
	FUZZ_CLAIM(r == 0 ? records != NULL : (r == -EINVAL || r == -E2BIG) && !records && why[0]);
	FUZZ_CLAIM(json_array_size(records) <= HOOK_RECORDS_MAX);
	json_array_foreach(records, i, record)
	{
		check_record(record);
	}
	json_decref(records);
	free(copy);
	free(line);
	return 0;
}
