/* accounts_own.c: who knows his password gives himself another. A wrong one is a try like a login's: the next one waits. */
#include <errno.h>
#include <string.h>

#include "app/accounts_inside.h"
#include "app/live.h"

static void refuse(const struct accounts_hash *h, int status, const char *field, const char *text)
{
	api_finish_json(h->pending, status,
			json_pack("{s:{s:i, s:s*, s:s}}", "error", "status", status, "field", field, "text", text));
}

static void hashed(struct accounts_hash *h)
{
	struct accounts *a = h->accounts;
	const struct account *u = accounts_find(a, h->user);
	struct api_user_request r = { .act = API_USER_OWN_PASSWORD,
				      .name = h->user,
				      .who = h->who,
				      .session = h->session,
				      .pending = h->pending };

	/* It may have become another meanwhile. */
	if (h->ran && (!h->good || !u || strcmp(u->hash, h->hash) != 0)) {
		accounts_wrong_try(a, h->user, h->address);
		trail_record(a->live, &(struct trail_entry){ .kind = "login",
							     .who = h->who,
							     .what = "refused",
							     .why = "old password",
							     .detail = json_pack("{s:s}", "address", h->address) });
		refuse(h, 403, "old", "old: it is not the password of this user");
	} else if (!h->ran || !h->made[0]) {
		refuse(h, 503, NULL, "the password cannot be changed just now: try again");
	} else {
		accounts_change(a, &r, h->made);
	}
}

int accounts_own_password(struct accounts *a, const struct api_user_request *r)
{
	const struct account *u = accounts_find(a, r->name);
	struct accounts_hash h = { .done = hashed,
				   .user = (char *)r->name,
				   .password = (char *)r->old,
				   .next = (char *)r->password,
				   .address = (char *)r->address,
				   .who = (char *)r->who,
				   .act = r->act,
				   .stranger = !r->session,
				   .session = r->session,
				   .pending = r->pending };

	/* Of somebody who is not known it is made, which takes as long as comparing. */
	if (u)
		memcpy(h.hash, u->hash, sizeof(h.hash));
	return accounts_hash_submit(a, &h);
}
