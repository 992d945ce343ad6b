#include "sdk/sdk_signature.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "sdk/sdk_clock.h"

void sdk_signature_make(const struct sdk_signature_key *key, int64_t wall_us, const char *body,
			struct sdk_signature *ret_signature)
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	char stamp[32], hex[2 * sizeof(mac) + 1];
	crypto_auth_hmacsha256_state state;
	int len = snprintf(stamp, sizeof(stamp), "%lld.", (long long)(wall_us / SDK_CLOCK_S));

	crypto_auth_hmacsha256_init(&state, (const unsigned char *)key->bytes, key->len);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)stamp, (unsigned long long)len);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)body, strlen(body));
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_memzero(&state, sizeof(state));
	sodium_bin2hex(hex, sizeof(hex), mac, sizeof(mac));
	snprintf(ret_signature->timestamp, SDK_SIGNATURE_TEXT_MAX, "Estate-Timestamp: %.*s", len - 1, stamp);
	snprintf(ret_signature->signature, SDK_SIGNATURE_TEXT_MAX, "Estate-Signature: v1=%s", hex);
}
