#include "upstream/pseudonym.h"

#include <sodium.h>
#include <string.h>

#define SHOWN 10 /* bytes of it: nobody is to meet another by chance */

static const char *const prefixes[] = {
	[PSEUDONYM_RESIDENT] = "r-",
	[PSEUDONYM_HOME] = "h-",
	[PSEUDONYM_DEVICE] = "d-",
};

_Static_assert(PSEUDONYM_KEY == crypto_auth_hmacsha256_KEYBYTES, "the key of HMAC-SHA256");
_Static_assert(PSEUDONYM_KEY == crypto_auth_hmacsha256_BYTES, "a key is made by it too");

/* Two texts, and where the first one ends. */
static void authenticate(const struct pseudonym_key *key, const char *first, const char *second,
			 unsigned char ret_mac[crypto_auth_hmacsha256_BYTES])
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key->bytes, sizeof(key->bytes));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)first, strlen(first) + 1);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)second, strlen(second));
	crypto_auth_hmacsha256_final(&state, ret_mac);
}

void pseudonym_key_of(const struct pseudonym_key *box, const char *receiver, struct pseudonym_key *ret_key)
{
	authenticate(box, "receiver", receiver, ret_key->bytes);
}

const char *pseudonym_of(const struct pseudonym_key *key, enum pseudonym_kind kind, const char *id,
			 char ret_text[PSEUDONYM_MAX])
{
	unsigned char mac[crypto_auth_hmacsha256_BYTES];

	authenticate(key, prefixes[kind], id, mac);
	memcpy(ret_text, prefixes[kind], 2);
	sodium_bin2hex(ret_text + 2, 2 * SHOWN + 1, mac, SHOWN);
	return ret_text;
}
