/* fuzz_chain.c: ctl/chain.c: whatever a file holds that somebody takes for exported audit records, reading it ends with what is
 * wrong with it, in words that a terminal shows; and the rows that prove themselves are counted as such. */
#include "fuzz.h"

#include "base/str.h"
#include "base/util.h"
#include "ctl/chain.h"

struct told {
	uint64_t wrong;
};

static void take_finding(void *context, const struct chain_finding *f)
{
	struct told *told = context;

	FUZZ_CLAIM(f->problem[0] && f->text[0] && f->from <= f->to);
	told->wrong += f->wrong;
}

static void take_line(struct chain *chain, const char *from, size_t len)
{
	char *line = malloc(len + 1); /* to the byte: reading behind it is seen */

	memcpy(line, from, len);
	line[len] = '\0';
	chain_take(chain, line);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct told told = { 0 };
	struct chain chain = { .context = &told, .found = take_finding };
	struct chain_head unknown = { .n = UINT64_MAX }, none = { 0 };
	const char *at = (const char *)data, *end = at + size;
	uint64_t rows = 0;

	chain_begin(&chain, &unknown);
	for (; at < end; rows++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline ? (size_t)(newline - at) : (size_t)(end - at);

		take_line(&chain, at, len);
		at += len + 1;
	}
	chain_end(&chain, &none);
	FUZZ_CLAIM(chain.rows == rows && chain.wrong == told.wrong);
	/* A whole chain has as many rows as its numbers say. */
	if (rows && chain.wrong == 0)
		FUZZ_CLAIM(chain.at.n - chain.first + 1 == rows);
	return 0;
}
