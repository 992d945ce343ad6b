#include "api/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/str.h"

#define PACK_LEAST 1400          /* below, it fits a packet anyway */
#define PACK_MOST  (1024 * 1024) /* some 40 ms of a small processor, at the fastest level */
#define GZIP       (15 + 16)

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 202, "Accepted" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 413, "Content Too Large" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Error";
}

static const char *asked(struct evhttp_request *http, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(http), name);
}

bool reply_packs(struct evhttp_request *http)
{
	const char *encodings = asked(http, "Accept-Encoding"), *at = encodings ? strstr(encodings, "gzip") : NULL;

	return at && strncmp(at, "gzip;q=0", 8) != 0;
}

/* What is in the buffer, packed; false: it stays as it is. */
static bool pack(struct evbuffer *buffer)
{
	size_t len = evbuffer_get_length(buffer), room = compressBound(len) + 32;
	z_stream z = { .next_in = evbuffer_pullup(buffer, -1), .avail_in = (uInt)len };
	_cleanup_(freep) void *packed = mem_alloc(room);
	int r;

	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	z.next_out = packed;
	z.avail_out = (uInt)room;
	r = deflate(&z, Z_FINISH);
	deflateEnd(&z);
	if (r != Z_STREAM_END || z.total_out >= len)
		return false;
	evbuffer_drain(buffer, len);
	evbuffer_add(buffer, packed, z.total_out);
	return true;
}

/* ---- piece by piece ---- */

struct reply_packer {
	z_stream z;
};

struct reply_packer *reply_packer_new(struct evhttp_request *http)
{
	struct reply_packer *p = MEM_NEW(struct reply_packer);
	struct evkeyvalq *headers = evhttp_request_get_output_headers(http);

	if (deflateInit2(&p->z, Z_BEST_SPEED, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	evhttp_add_header(headers, "Vary", "Accept-Encoding");
	evhttp_add_header(headers, "Content-Encoding", "gzip");
	return p;
}

void reply_packer_free(struct reply_packer *p)
{
	if (p)
		deflateEnd(&p->z);
	free(p);
}

void reply_packer_pack(struct reply_packer *p, struct evbuffer *piece, enum reply_piece which)
{
	size_t len = evbuffer_get_length(piece), room = deflateBound(&p->z, len) + 64;
	_cleanup_(freep) void *packed = mem_alloc(room);

	p->z.next_in = evbuffer_pullup(piece, -1);
	p->z.avail_in = (uInt)len;
	p->z.next_out = packed;
	p->z.avail_out = (uInt)room;
	deflate(&p->z, which == REPLY_LAST ? Z_FINISH : Z_SYNC_FLUSH);
	evbuffer_drain(piece, len);
	evbuffer_add(piece, packed, room - p->z.avail_out);
}

/* ---- whole ---- */

/* Of what is said, not of how it is packed: weak. Two sums of 32 bits and the length: nobody gains by making two answers alike. */
static void tag_of(struct evbuffer *buffer, char tag[64])
{
	size_t len = evbuffer_get_length(buffer);
	const unsigned char *bytes = evbuffer_pullup(buffer, -1);

	snprintf(tag, 64, "W/\"%08lx%08lx-%zx\"", crc32(0, bytes, (uInt)len), adler32(1, bytes, (uInt)len), len);
}

void reply_send(struct evhttp_request *http, int status, const char *content_type, struct evbuffer *buffer)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(http);
	enum evhttp_cmd_type method = evhttp_request_get_command(http);
	bool looks = method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD;
	const char *had = asked(http, "If-None-Match");
	size_t len = evbuffer_get_length(buffer);
	char tag[64];

	evhttp_add_header(headers, "Cache-Control", "no-store");
	if (looks && status == 200 && len) {
		tag_of(buffer, tag);
		evhttp_add_header(headers, "ETag", tag);
		if (had && strstr(had, tag)) {
			evbuffer_drain(buffer, len);
			evhttp_send_reply(http, 304, reason(304), NULL);
			return;
		}
	}
	evhttp_add_header(headers, "Content-Type", content_type);
	if (len >= PACK_LEAST && len <= PACK_MOST && reply_packs(http)) {
		evhttp_add_header(headers, "Vary", "Accept-Encoding");
		if (pack(buffer))
			evhttp_add_header(headers, "Content-Encoding", "gzip");
	}
	if (method == EVHTTP_REQ_HEAD)
		evbuffer_drain(buffer, evbuffer_get_length(buffer)); /* evhttp would send it behind the head */
	evhttp_send_reply(http, status, reason(status), buffer);
}
