/* discretion.h: what each receiver gets of a message that is about people at home (upstream/discreet.h). Main thread.
 *
 * The box's own key is STATE/keys/pseudonyms: made once, of random bytes, for its user only. Without it (a new box, a lost
 * file) everybody gets another pseudonym. */
#pragma once

#include "base/str.h"
#include "store/store.h"

struct live;
struct uplink; /* app/uplinks.h */
struct discretion;

/* Reads the key, or makes it: before the loop. Never fails: where the disk does, the pseudonyms are of this run. */
struct discretion *discretion_new(struct live *l);
void discretion_free(struct discretion *d);

/* m is on its way to that uplink. AS_IS: it is not about people at home; CHANGED: *ret_payload is what leaves instead (the
 * caller's), m's time too; WITHHELD: nothing leaves. Where names leave, *ret_detail is what is to be recorded of it (the
 * caller's), else NULL. */
enum discretion_verdict { DISCRETION_AS_IS, DISCRETION_CHANGED, DISCRETION_WITHHELD };
enum discretion_verdict discretion_judge(struct discretion *d, const struct uplink *u, struct store_message *m,
					 char **ret_payload, char **ret_detail);
