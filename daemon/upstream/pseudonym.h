/* pseudonym.h: who somebody is to one receiver: HMAC-SHA256 with that receiver's own key, so that two of them cannot compare what
 * they know, and none can ask by name. The key of a receiver comes from the box's own (a random file) and its name. Pure. */
#pragma once

#define PSEUDONYM_KEY 32 /* bytes */
#define PSEUDONYM_MAX 24 /* "r-" and 20 hex digits, with the end */

struct pseudonym_key {
	unsigned char bytes[PSEUDONYM_KEY];
};

/* Of the receiver (an uplink's id). */
void pseudonym_key_of(const struct pseudonym_key *box, const char *receiver, struct pseudonym_key *ret_key);

enum pseudonym_kind { PSEUDONYM_RESIDENT, PSEUDONYM_HOME, PSEUDONYM_DEVICE }; /* r-… h-… d-… */
/* Returns ret_text. */
const char *pseudonym_of(const struct pseudonym_key *key, enum pseudonym_kind kind, const char *id,
			 char ret_text[PSEUDONYM_MAX]);
