#include "api/bids.h"

#include <errno.h>

#include "api/inside.h"
#include "api/pending.h"

#define PATIENCE   (55 * S) /* less than estatectl waits */
#define VERB_LEN   64
#define REASON_LEN 500 /* bytes */
#define ARGS_LIMIT 16

/* NULL: it is as it should be; else which member is to blame. */
static const char *blame(const json_t *body)
{
	const json_t *args = json_object_get(body, "args"), *reason = json_object_get(body, "reason");
	size_t verb = json_string_length(json_object_get(body, "verb"));
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)body, key, value)
	{
		if (!str_equal(key, "verb") && !str_equal(key, "args") && !str_equal(key, "reason"))
			return key;
	}
	if (verb == 0 || verb > VERB_LEN)
		return "verb";
	if (args && (!json_is_object(args) || json_object_size(args) > ARGS_LIMIT))
		return "args";
	json_object_foreach((json_t *)args, key, value)
	{
		if (json_is_object(value) || json_is_array(value) || json_is_null(value))
			return "args";
	}
	if (reason && (json_string_length(reason) == 0 || json_string_length(reason) > REASON_LEN))
		return "reason";
	return NULL;
}

void bids_post(struct call *x)
{
	const struct api_source *source = x->api->source;
	const char *plugin = router_value(&x->match, "plugin");
	json_t *body = call_body(x);
	const char *wrong = body ? blame(body) : NULL;
	struct api_pending *p;

	if (wrong)
		call_error(x, (struct call_problem){ 400, wrong },
			   "expected verb (a text), args (an object of texts, numbers and booleans), and a reason");
	if (body && !wrong) {
		p = pending_new(x, plugin);
		pending_patience(p, PATIENCE,
				 "the plugin has not come to an end with it yet: what becomes of it will be in the "
				 "audit: estatectl audit show");
		if (source->bid)
			source->bid(source->context,
				    &(struct api_bid){
					    .plugin = plugin,
					    .verb = json_string_value(json_object_get(body, "verb")),
					    .args = json_object_get(body, "args"),
					    .who = x->by.who,
					    .reason = json_string_value(json_object_get(body, "reason")),
					    .pending = p,
				    });
		else
			api_finish(p, -ENOSYS, "this estated has no plugins to ask");
	}
	json_decref(body);
}
