/* fuzz_station_answer.c: plugins/intercom/station_answer.c and station_order.c: what an intercom's server answers, and what it is
 * asked:
 *
 * - done means a 2xx that says so, or a bare 200 or 204; everything else has a text, which steers no terminal;
 * - what else it says is bounded, plain, and never one of the protocol's own members;
 * - an order that is let through has each argument that it must have, and no other.
 *
 * Input: a line "STATUS VERB", then the answer, which is also tried as arguments. */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>

#include "intercom/station_answer.h"
#include "intercom/station_order.h"

static void check_answer(int status, struct fuzz_bytes body)
{
	char *copy = malloc(body.left ? body.left : 1);
	struct station_answer a;
	const char *key;
	json_t *value;

	if (!copy)
		abort();
	if (body.left)
		memcpy(copy, body.at, body.left);
	station_answer_read(status, copy, body.left, &a);
	FUZZ_CLAIM(a.ok ? status >= 200 && status < 300 && !a.text[0] : a.text[0] != '\0');
	FUZZ_CLAIM(json_object_size(a.members) <= STATION_ANSWER_MEMBERS_MAX);
	for (const char *c = a.text; *c; c++)
		FUZZ_CLAIM((unsigned char)*c >= 0x20 && *c != 0x7f);
	json_object_foreach(a.members, key, value)
	{
		FUZZ_CLAIM(strcmp(key, "ok") != 0 && strcmp(key, "id") != 0 && strcmp(key, "type") != 0 &&
			   strcmp(key, "text") != 0);
		FUZZ_CLAIM(!json_is_object(value) && !json_is_array(value));
	}
	json_decref(a.members);
	free(copy);
}

static void check_order(const char *name, struct fuzz_bytes text)
{
	const struct station_order_verb *verb = station_order_verb(name);
	json_t *args = text.left ? json_loadb((const char *)text.at, text.left, 0, NULL) : NULL;
	char why[STATION_ORDER_WHY_MAX] = "";
	int r;

	if (verb) {
		r = station_order_check(verb, args, why);
		FUZZ_CLAIM(r == 0 || (r == -EINVAL && why[0]));
		for (const struct station_order_arg *a = verb->args;
		     r == 0 && a < verb->args + STATION_ORDER_ARGS_MAX && a->name; a++)
			FUZZ_CLAIM(!a->required || json_string_length(json_object_get(args, a->name)) > 0);
		FUZZ_CLAIM(r < 0 || json_object_size(args) <= STATION_ORDER_ARGS_MAX);
	}
	json_decref(args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *line = fuzz_text(fuzz_line(&in)), *word = strchr(line, ' ');

	check_answer(atoi(line), in);
	if (word)
		check_order(word + 1, in);
	free(line);
	return 0;
}
