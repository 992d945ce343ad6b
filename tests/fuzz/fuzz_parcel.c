/* fuzz_parcel.c: ctl/parcel.c, parcel_list.c: whatever a file holds that somebody takes for a backup, only files that its list
 * names come out of it, below state/ and config/, as long as the list says and with its hash; and whoever gets all of them gets
 * no more. An input that begins with '{' is a list alone: what is read of it is written and read back the same. */
#include "fuzz.h"

#include <sodium.h>

#include "base/str.h"
#include "ctl/parcel.h"

struct taken {
	const struct parcel_file *file; /* NULL: between two */
	crypto_hash_sha256_state hash;
	int64_t bytes;
	size_t listed, files;
};

static void claim_name(const char *name)
{
	char within[1024];

	FUZZ_CLAIM(strlen(name) < sizeof(within) - 2);
	snprintf(within, sizeof(within), "/%s/", name);
	FUZZ_CLAIM(str_starts(name, "state/") || str_starts(name, "config/"));
	FUZZ_CLAIM(!strstr(within, "/../") && !strstr(within, "/./") && !strstr(within, "//"));
}

static int take_list(void *context, const struct parcel_list *list)
{
	struct taken *t = context;

	t->listed = list->count;
	for (size_t i = 0; i < list->count; i++)
		claim_name(list->files[i].name);
	FUZZ_CLAIM(!strchr(list->config, '/'));
	return 0;
}

static int take_begin(void *context, const struct parcel_file *f)
{
	struct taken *t = context;

	FUZZ_CLAIM(!t->file);
	t->file = f;
	t->bytes = 0;
	crypto_hash_sha256_init(&t->hash);
	return 0;
}

static int take_bytes(void *context, const void *bytes, size_t len)
{
	struct taken *t = context;

	FUZZ_CLAIM(t->file && len > 0);
	t->bytes += (int64_t)len;
	FUZZ_CLAIM(t->bytes <= t->file->bytes);
	crypto_hash_sha256_update(&t->hash, bytes, len);
	return 0;
}

static int take_end(void *context)
{
	struct taken *t = context;
	unsigned char hash[crypto_hash_sha256_BYTES];
	char hex[PARCEL_LIST_HEX];

	crypto_hash_sha256_final(&t->hash, hash);
	sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	FUZZ_CLAIM(t->file && t->bytes == t->file->bytes && str_equal(hex, t->file->hash));
	t->file = NULL;
	t->files++;
	return 0;
}

static void take_text(const uint8_t *data, size_t size)
{
	struct parcel_list list = { 0 }, again = { 0 };
	struct str_buf why = { 0 }, text = { 0 }, same = { 0 };
	int r = parcel_list_read((const char *)data, size, &list, &why);

	FUZZ_CLAIM((r == 0) == (why.len == 0));
	if (r == 0) {
		parcel_list_write(&list, &text);
		FUZZ_CLAIM(parcel_list_read(text.text, text.len, &again, &why) == 0);
		parcel_list_write(&again, &same);
		FUZZ_CLAIM(str_equal(text.text, same.text) && parcel_list_bytes(&again) == parcel_list_bytes(&list));
	}
	parcel_list_fini(&list);
	parcel_list_fini(&again);
	str_buf_fini(&why);
	str_buf_fini(&text);
	str_buf_fini(&same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct taken taken = { 0 };
	struct parcel_sink sink = {
		.context = &taken, .list = take_list, .begin = take_begin, .bytes = take_bytes, .end = take_end
	};
	struct str_buf why = { 0 };
	int r;

	if (size && data[0] == '{') {
		take_text(data, size);
		return 0;
	}
	r = parcel_unpack(&(struct parcel_source){ .fd = -1, .bytes = data, .len = size }, &sink, &why);
	FUZZ_CLAIM(r == 0 ? taken.files == taken.listed && !taken.file : why.len > 0);
	str_buf_fini(&why);
	return 0;
}
