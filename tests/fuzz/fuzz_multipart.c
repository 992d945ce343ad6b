/* fuzz_multipart.c: plugins/http-source/multipart.c, whole.c, isapi_event.c, xml_flat.c: a stream of parts, as an access controller
 * or anybody else sends it:
 *
 * - however it is cut, the same documents come in the same order;
 * - a document begins with { or <, is bounded, and is counted; what came before garbage was told;
 * - an event that is read has a code and fields of its kinds, a door that there may be, and what stands for danger only where it
 *   is of the past; the answer about the doors has no more than there are.
 *
 * Input: a byte that says how it is cut, then the stream. */
#include "fuzz.h"

#include "http-source/isapi_event.h"
#include "http-source/multipart.h"

struct told {
	uint64_t documents, bytes, sum;
	bool read;
};

static void check_fields(const struct isapi_event *e)
{
	const char *key;
	json_t *value;

	FUZZ_CLAIM(json_is_object(e->fields) && json_is_string(json_object_get(e->fields, "code")));
	json_object_foreach(e->fields, key, value)
	{
		FUZZ_CLAIM(json_is_boolean(value) || json_string_length(value) > 0);
	}
	FUZZ_CLAIM(e->door >= 0 && e->door <= ISAPI_EVENT_DOORS_MAX && e->serial >= INT64_MIN);
	FUZZ_CLAIM(!e->duress || json_is_true(json_object_get(e->fields, "duress")));
}

static void check_status(const char *text, size_t len)
{
	json_t *doors = NULL;

	if (isapi_event_status(text, len, &doors) < 0) {
		FUZZ_CLAIM(!doors);
		return;
	}
	FUZZ_CLAIM(json_array_size(doors) == ISAPI_EVENT_DOORS_MAX);
	json_decref(doors);
}

static void check_document(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);
	struct isapi_event e = { .kind = ISAPI_EVENT_LIFE };
	const char *why = NULL;

	if (!copy)
		abort();
	memcpy(copy, text, len);
	if (isapi_event_read(copy, len, &e, &why) < 0)
		FUZZ_CLAIM(why && !e.fields);
	else if (e.kind == ISAPI_EVENT_ACCESS)
		check_fields(&e);
	else
		FUZZ_CLAIM(!e.fields);
	json_decref(e.fields);
	check_status(copy, len);
	free(copy);
}

static void take(void *user, const char *text, size_t len)
{
	struct told *t = user;

	FUZZ_CLAIM(len >= 2 && len <= MULTIPART_DOCUMENT_MAX && (text[0] == '{' || text[0] == '<') &&
		   text[len] == '\0');
	t->documents++;
	t->bytes += len;
	for (size_t i = 0; i < len; i++)
		t->sum = t->sum * 31 + (uint8_t)text[i];
	if (t->read)
		check_document(text, len);
}

static struct told feed(struct fuzz_bytes in, size_t piece)
{
	struct told t = { .read = piece == 0 };
	struct multipart *m = multipart_new(take, &t);
	bool good = true;

	while (in.left && good) {
		struct fuzz_bytes part = fuzz_part(&in, piece ? piece : in.left);

		good = multipart_feed(m, (const char *)part.at, part.left);
	}
	FUZZ_CLAIM(multipart_counts(m)->documents == t.documents);
	FUZZ_CLAIM(good || !multipart_feed(m, "{}", 2));
	multipart_free(m);
	return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	size_t piece = 1 + fuzz_u8(&in) % 32;
	struct told whole = feed(in, 0), cut = feed(in, piece);

	FUZZ_CLAIM(whole.documents == cut.documents && whole.bytes == cut.bytes && whole.sum == cut.sum);
	check_document((const char *)in.at, in.left);
	return 0;
}
