/* reply.h: how an answer leaves: with a tag of what it says, so that who has it already gets 304, and packed where it is long and
 * the client takes that. Main thread; the time that packing takes is bounded by the length of an answer (PACK_MOST). */
#pragma once

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdbool.h>

/* Sends buffer, which is empty after. */
void reply_send(struct evhttp_request *http, int status, const char *content_type, struct evbuffer *buffer);
/* A long answer that leaves in pieces is packed on the way: says so in the head. */
struct reply_packer;
enum reply_piece { REPLY_MORE, REPLY_LAST };
struct reply_packer *reply_packer_new(struct evhttp_request *http);
void reply_packer_free(struct reply_packer *p);
void reply_packer_pack(struct reply_packer *p, struct evbuffer *piece, enum reply_piece which); /* in place */
/* Whether the client takes gzip. */
bool reply_packs(struct evhttp_request *http);
