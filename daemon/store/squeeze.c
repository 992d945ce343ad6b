#include "store/squeeze.h"

#include <errno.h>
#include <zstd.h>

#include "base/mem.h"
#include "store/varint.h"

#define LEVEL 6 /* small pieces: higher ones cost time and give nothing */

enum { AS_IT_IS, ZSTD };

void squeeze_pack(const void *bytes, size_t len, struct str_buf *to)
{
	size_t room = ZSTD_compressBound(len), packed;
	_cleanup_(freep) char *buf = mem_alloc(room + 1);

	packed = ZSTD_compress(buf, room, bytes, len, LEVEL);
	if (ZSTD_isError(packed) || packed + varint_len(len) >= len) {
		str_buf_add_len(to, (char[]){ AS_IT_IS }, 1);
		str_buf_add_len(to, bytes, len);
		return;
	}
	str_buf_add_len(to, (char[]){ ZSTD }, 1);
	varint_put(to, len);
	str_buf_add_len(to, buf, packed);
}

static int expand(struct varint_bytes from, struct str_buf *to)
{
	uint64_t len;
	_cleanup_(freep) char *buf = NULL;

	if (varint_get(&from, &len) < 0 || len > SQUEEZE_MAX)
		return -EBADMSG;
	buf = mem_alloc(len + 1);
	if (ZSTD_decompress(buf, len, from.at, (size_t)(from.end - from.at)) != len)
		return -EBADMSG;
	str_buf_add_len(to, buf, len);
	return 0;
}

int squeeze_expand(const void *bytes, size_t len, struct str_buf *to)
{
	const uint8_t *at = bytes;

	if (len == 0 || *at > ZSTD)
		return -EBADMSG;
	if (*at == ZSTD)
		return expand((struct varint_bytes){ at + 1, at + len }, to);
	str_buf_add_len(to, (const char *)at + 1, len - 1);
	return 0;
}
