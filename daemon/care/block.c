#include "care/block.h"

#include <errno.h>
#include <string.h>

#include "base/crc32.h"

#define MAGIC 0x45524143u /* "CARE" */
#define HEAD  offsetof(struct block, state)

_Static_assert(sizeof(struct home_state) <= 6 * 1024, "a few kB for each dwelling");

void block_fill(struct block *b, const struct home_state *s)
{
	b->magic = MAGIC;
	b->version = BLOCK_VERSION;
	b->len = sizeof(*s);
	b->crc = crc32_add(0, s, sizeof(*s));
	memcpy(&b->state, s, sizeof(*s));
}

int block_check(const void *bytes, size_t len)
{
	struct block head;

	if (len < HEAD)
		return -EBADMSG;
	memcpy(&head, bytes, HEAD);
	if (head.magic != MAGIC)
		return -EBADMSG;
	if (head.version != BLOCK_VERSION || head.len != sizeof(struct home_state))
		return -EPROTO;
	if (len != HEAD + head.len || head.crc != crc32_add(0, (const char *)bytes + HEAD, head.len))
		return -EBADMSG;
	return 0;
}
