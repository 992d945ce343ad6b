#include "field/tape.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

void tape_note(struct tape *t, const struct tape_frame *frame)
{
	size_t len = MIN(frame->len, sizeof(frame->bytes));

	t->entries[t->count++ % TAPE_FRAMES] = (struct tape_entry){
		.at_us = frame->at_us, .from = t->written, .len = (uint16_t)len, .kind = (uint8_t)frame->kind
	};
	for (size_t i = 0; i < len; i++)
		t->bytes[t->written++ % TAPE_BYTES] = frame->bytes[i];
}

/* Whether its bytes were not written over. The difference is right also after the counter has gone round. */
static bool is_there(const struct tape *t, const struct tape_entry *e)
{
	return t->written - e->from <= TAPE_BYTES;
}

int tape_get(const struct tape *t, size_t number, struct tape_frame *ret_frame)
{
	size_t held = MIN(t->count, (uint32_t)TAPE_FRAMES), first = 0;
	const struct tape_entry *e;

	while (first < held && !is_there(t, &t->entries[(t->count - held + first) % TAPE_FRAMES]))
		first++;
	if (number >= held - first)
		return -ENOENT;
	e = &t->entries[(t->count - held + first + number) % TAPE_FRAMES];
	ret_frame->at_us = e->at_us;
	ret_frame->kind = (enum tape_kind)e->kind;
	ret_frame->len = e->len;
	for (size_t i = 0; i < e->len; i++)
		ret_frame->bytes[i] = t->bytes[(e->from + i) % TAPE_BYTES];
	return 0;
}
