/* fuzz_gate.c: what estated-web reads itself: gate/crumb.c (cookies, origins, names, paths) and gate/cutter.c (the daemon's
 * stream). A token that is taken out of any header is one, and is in it; frames are the stream's own bytes, in order, however they
 * are cut.
 *
 * Input: a byte that says where to cut, then a header or a stream. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "gate/crumb.h"
#include "gate/cutter.h"

static void try_header(const char *text)
{
	char token[CRUMB_TOKEN_MAX] = "untouched", pair[CRUMB_TOKEN_MAX + 8];

	if (crumb_token(text, CRUMB_PLAIN, token)) {
		FUZZ_CLAIM(crumb_is_token(token) && strlen(token) >= CRUMB_TOKEN_MIN);
		snprintf(pair, sizeof(pair), "%s=%s", CRUMB_PLAIN, token);
		FUZZ_CLAIM(strstr(text, pair));
		FUZZ_CLAIM(crumb_is_path("/") && !strpbrk(token, "\r\n;, \""));
	} else {
		FUZZ_CLAIM(strcmp(token, "untouched") == 0);
	}
	FUZZ_CLAIM(!crumb_is_ours("null", "https", text) || strcmp(text, "null") == 0);
	if (crumb_is_ours(text, "https", "desk.example:8443"))
		FUZZ_CLAIM(strlen(text) == strlen("https://desk.example:8443"));
	if (crumb_is_name(text, "desk.example"))
		FUZZ_CLAIM(strlen(text) >= strlen("desk.example"));
	if (crumb_is_path(text))
		FUZZ_CLAIM(text[0] == '/' && !strpbrk(text, "\r\n \t"));
}

struct told {
	struct str_buf text;
	uint64_t marks;
};

static void take(void *context, const struct cutter_frame *f)
{
	struct told *t = context;

	FUZZ_CLAIM(f->len >= 2 && memcmp(f->text + f->len - 2, "\n\n", 2) == 0);
	FUZZ_CLAIM(f->kind != CUTTER_MARK || f->id);
	FUZZ_CLAIM(f->kind != CUTTER_COMMENT || !f->id);
	t->marks += f->kind == CUTTER_MARK;
	str_buf_add_len(&t->text, f->text, f->len);
}

static void feed(struct fuzz_bytes in, size_t piece, struct told *ret_told)
{
	struct cutter c = { 0 };

	while (in.left) {
		struct fuzz_bytes part = fuzz_part(&in, piece);
		char *bytes = malloc(part.left); /* to the byte: it may not read behind them */

		if (!bytes)
			abort();
		memcpy(bytes, part.at, part.left);
		FUZZ_CLAIM(cutter_feed(&c, bytes, part.left, &(struct cutter_handler){ take, ret_told }) == 0);
		free(bytes);
	}
	cutter_fini(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct told whole = { 0 }, cut = { 0 };
	size_t piece = 1 + fuzz_u8(&in) % 16;
	char *text;

	if (size > CUTTER_FRAME_MAX)
		return 0;
	text = strndup((const char *)in.at, in.left);
	if (!text)
		abort();
	try_header(text);
	free(text);
	feed(in, SIZE_MAX, &whole);
	feed(in, piece, &cut);
	FUZZ_CLAIM(whole.marks == cut.marks && whole.text.len == cut.text.len);
	FUZZ_CLAIM(whole.text.len <= in.left &&
		   (!whole.text.len || memcmp(whole.text.text, in.at, whole.text.len) == 0));
	FUZZ_CLAIM(!whole.text.len || memcmp(whole.text.text, cut.text.text, whole.text.len) == 0);
	str_buf_fini(&whole.text);
	str_buf_fini(&cut.text);
	return 0;
}
