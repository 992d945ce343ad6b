/* signature.h: how a receiver knows that a POST comes from this estate and is not an old one: HMAC-SHA256 over the time and
 * the body. Pure.
 *
 *   Estate-Timestamp: 1718000000
 *   Estate-Signature: v1=HEX of HMAC-SHA256(secret, "1718000000" "." body) */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SIGNATURE_TEXT_MAX 96

struct signature_key {
	const char *bytes;
	size_t len;
};

/* The two headers as libcurl wants them. */
struct signature {
	char timestamp[SIGNATURE_TEXT_MAX], signature[SIGNATURE_TEXT_MAX];
};
void signature_make(const struct signature_key *key, int64_t wall_us, const char *body,
		    struct signature *ret_signature);
