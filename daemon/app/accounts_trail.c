/* accounts_trail.c: who was refused a login, and to whom something about people was given or refused: into the audit. */
#include "app/accounts_inside.h"
#include "app/live.h"
#include "base/log.h"
#include "base/str.h"

void accounts_trail_login(struct accounts *a, const struct accounts_hash *h)
{
	/* A name that nobody has may be a password that was typed in the wrong field: it is written down nowhere. */
	const char *who = accounts_find(a, h->user) ? h->user : NULL, *from = *h->address ? h->address : "this box";

	trail_record(a->live, &(struct trail_entry){
				      .kind = "login",
				      .who = who ? who : "unknown",
				      .what = "refused",
				      .detail = json_pack("{s:s, s:b}", "address", h->address, "wall", h->wall) });
	if (who)
		log_info("login as '%s' from %s refused", who, from);
	else
		log_info("login from %s refused: no user has that name", from);
}

void accounts_trail_release(void *context, const struct api_release *r)
{
	struct live *l = context;

	/* What was given is always recorded: each of it. */
	if (!r->granted && !refusals_count(&l->accounts->refusals, r->who, clock_mono_us()))
		return;
	trail_record(l, &(struct trail_entry){ .kind = "release",
					       .who = r->who,
					       .what = r->what,
					       .detail = json_pack("{s:s, s:b}", "role", api_role_name(r->role),
								   "granted", r->granted) });
}

void accounts_trail_tick(struct accounts *a, int64_t now_mono_us)
{
	struct refusals_of over;

	while (refusals_over(&a->refusals, now_mono_us, &over))
		trail_record(a->live, &(struct trail_entry){ .kind = "release",
							     .who = over.who,
							     .what = "more within a minute",
							     .detail = json_pack("{s:b, s:i}", "granted", false,
										 "times", (int)over.count) });
}
