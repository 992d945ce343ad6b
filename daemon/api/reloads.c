#include "api/reloads.h"

#include <errno.h>

#include "api/pending.h"

#define CONFIRM_MIN (10 * S)
#define CONFIRM_MAX DAY

static void ask(struct call *x, enum api_config_act act, int64_t confirm_us)
{
	const struct api_source *source = x->api->source;
	struct api_config_request request = { .act = act, .who = x->by.who, .confirm_us = confirm_us };
	const char *text;
	int status, r;

	request.pending = pending_new(x, "configuration");
	r = source->config ? source->config(source->context, &request) : -ENOSYS;
	if (r == 0)
		return;
	status = r == -EALREADY || r == -EBUSY ? 409 : 503;
	text = r == -EALREADY ? "nothing waits to be confirmed"
	       : r == -EBUSY  ? "a reload is under way: try again in a moment"
	       : r == -EIO
		       ? "what is in force could not be kept in the state directory, so it could not return: check the "
			 "disk, or reload without confirm_within"
		       : "estated cannot read its configuration now: try again";
	pending_answer(request.pending, status, call_problem_new((struct call_problem){ status, NULL }, text));
}

void reloads_diff(struct call *x)
{
	ask(x, API_CONFIG_DIFF, 0);
}

void reloads_confirm(struct call *x)
{
	ask(x, API_CONFIG_CONFIRM, 0);
}

/* False: answered. */
static bool read_confirm(struct call *x, const json_t *body, int64_t *ret_us)
{
	const json_t *value = json_object_get(body, "confirm_within");
	struct call_problem problem = { 400, "confirm_within" };

	*ret_us = 0;
	if (!value)
		return true;
	if (json_is_string(value) && str_to_duration(json_string_value(value), ret_us) == 0 && *ret_us >= CONFIRM_MIN &&
	    *ret_us <= CONFIRM_MAX)
		return true;
	call_error(x, problem, "confirm_within: expected a duration like \"10m\", from 10s to 1d");
	return false;
}

void reloads_reload(struct call *x)
{
	json_t *body = call_body(x), *value;
	int64_t confirm_us;
	const char *key;

	if (!body)
		return;
	json_object_foreach(body, key, value)
	{
		if (str_equal(key, "confirm_within"))
			continue;
		call_error(x, (struct call_problem){ 400, key }, "unknown key '%s': expected confirm_within", key);
		json_decref(body);
		return;
	}
	if (read_confirm(x, body, &confirm_us))
		ask(x, API_CONFIG_RELOAD, confirm_us);
	json_decref(body);
}
