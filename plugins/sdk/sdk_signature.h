/* sdk_signature.h: how a receiver knows that a POST comes from this estate and is not an old one: HMAC-SHA256 over the time
 * and the body. Pure.
 *
 *   Estate-Timestamp: 1718000000
 *   Estate-Signature: v1=HEX of HMAC-SHA256(secret, "1718000000" "." body) */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SDK_SIGNATURE_TEXT_MAX 96

struct sdk_signature_key {
	const char *bytes;
	size_t len;
};

/* The two headers as libcurl wants them. */
struct sdk_signature {
	char timestamp[SDK_SIGNATURE_TEXT_MAX], signature[SDK_SIGNATURE_TEXT_MAX];
};
void sdk_signature_make(const struct sdk_signature_key *key, int64_t wall_us, const char *body,
			struct sdk_signature *ret_signature);
