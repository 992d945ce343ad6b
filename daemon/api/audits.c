#include "api/audits.h"

#include <errno.h>

#include "api/acts.h"
#include "api/pending.h"
#include "base/str.h"

#define SHOW_USUAL 100
#define SHOW_MAX   1000
#define CHAIN_MAX  200

/* A whole number in a range; what was there before where it is not said. False: answered. */
static bool read_number(struct call *x, const char *name, int64_t max, int64_t *number)
{
	const char *text = call_query(x, name);
	int64_t value;

	if (!text)
		return true;
	if (str_to_i64(text, &value) == 0 && value >= 0 && value <= max) {
		*number = value;
		return true;
	}
	call_error(x, (struct call_problem){ 400, name }, "%s '%s': expected 0..%lld", name, text, (long long)max);
	return false;
}

static void ask(struct call *x, struct api_audit *a)
{
	const struct api_source *source = x->api->source;
	int r;

	a->pending = pending_new(x, "audit");
	r = source->audit ? source->audit(source->context, a) : -ENOSYS;
	if (r < 0)
		pending_answer(a->pending, 503,
			       call_problem_new((struct call_problem){ 503, NULL },
						"the audit cannot be read just now: try again in a moment"));
}

/* False: answered. */
static bool kind_good(struct call *x, const char *kind)
{
	static const char *const kinds[] = { "alarm",    "mode",   "command",  "order",    "write", "config",
					     "delivery", "notify", "handover", "resident", "visit", "release",
					     "outbox",   "clock",  "login",    "daemon",   "audit" };
	struct str_nearest nearest = { .word = kind };

	for (size_t i = 0; kind && i < ARRAY_SIZE(kinds); i++) {
		if (str_equal(kind, kinds[i]))
			return true;
		str_nearest_try(&nearest, kinds[i]);
	}
	if (kind)
		call_error(x, (struct call_problem){ 400, "kind" }, "kind '%s': no records are of it%s%s%s", kind,
			   nearest.best ? "; did you mean '" : "", nearest.best ? nearest.best : "",
			   nearest.best ? "'?" : "; see estatectl audit show --help");
	return !kind;
}

void audits_show(struct call *x)
{
	struct api_audit a = { .view = API_AUDIT_SHOW, .kind = call_query(x, "kind"), .who = call_query(x, "who") };
	const char *since = call_query(x, "since");
	int64_t limit = SHOW_USUAL;

	if (!read_number(x, "limit", SHOW_MAX, &limit) || !kind_good(x, a.kind))
		return;
	if (since && !acts_read_since(since, &a.since_us)) {
		call_error(x, (struct call_problem){ 400, "since" },
			   "since '%s': expected a duration as \"2h\", or a time as 2026-11-22T03:00", since);
		return;
	}
	a.limit = (size_t)MAX(limit, (int64_t)1);
	ask(x, &a);
}

void audits_chain(struct call *x)
{
	struct api_audit a = { .view = API_AUDIT_CHAIN, .limit = CHAIN_MAX };
	int64_t after = 0;

	if (!read_number(x, "after", INT64_MAX / 2, &after))
		return;
	a.after = (uint64_t)after;
	ask(x, &a);
}
