#include "api/timeset.h"

#include <errno.h>

#include "api/rows.h"

struct wish {
	int64_t wall_us;
	bool client_sets; /* where the daemon may not: it is root on this box */
};

static json_t *clock_json(const struct status_clock *c)
{
	json_t *json = json_object();

	json_object_set_new(json, "time", rows_time(c->now.wall_us));
	json_object_set_new(json, "quality", json_string(clock_quality_name(c->quality)));
	json_object_set_new(json, "since", rows_time(c->since_us));
	json_object_set_new(json, "boot", json_string(c->boot));
	json_object_set_new(json, "booted", rows_time(c->now.wall_us - c->now.mono_us));
	json_object_set_new(json, "uptime_s", json_integer(c->now.mono_us / S));
	json_object_set_new(json, "max_error_s",
			    c->max_error_us ? json_real((double)c->max_error_us / (double)S) : json_null());
	json_object_set_new(json, "steps", json_integer((json_int_t)c->steps));
	json_object_set_new(json, "step_s", c->steps ? json_real((double)c->step_us / (double)S) : json_null());
	json_object_set_new(json, "stepped", rows_time(c->stepped_us));
	return json;
}

static void answer(struct call *x)
{
	const struct api_source *source = x->api->source;
	struct status_clock clock;

	source->clock(source->context, &clock);
	call_json(x, clock_json(&clock));
}

void timeset_get(struct call *x)
{
	answer(x);
}

/* What the body wants; false: answered. */
static bool read_wish(struct call *x, const json_t *body, struct wish *ret_wish)
{
	const json_t *able = json_object_get(body, "client_sets");
	const json_t *value = json_object_get(body, "time");
	const char *text = json_string_value(value), *key;
	struct call_problem problem = { 400, "time" };
	json_t *other;

	json_object_foreach((json_t *)body, key, other)
	{
		if (str_equal(key, "time") || str_equal(key, "client_sets"))
			continue;
		call_error(x, (struct call_problem){ 400, key }, "unknown key '%s': expected time, client_sets", key);
		return false;
	}
	if (able && !json_is_boolean(able)) {
		call_error(x, (struct call_problem){ 400, "client_sets" }, "client_sets: expected true or false");
		return false;
	}
	ret_wish->client_sets = json_is_true(able);
	if (text && clock_parse(text, &ret_wish->wall_us) == 0)
		return true;
	call_error(x, problem,
		   "time: expected a date and time like \"2026-11-22 03:00\" (the estate's own time) or "
		   "\"2026-11-22T03:00:00+08:00\"");
	return false;
}

static void set(struct call *x, const struct wish *w)
{
	const struct api_source *source = x->api->source;
	int r = source->set_clock(source->context, w->wall_us, x->by.who);
	char iso[CLOCK_ISO_MAX];

	clock_format_iso(w->wall_us, iso);
	if (r == -EPERM && w->client_sets && source->expect_clock(source->context, w->wall_us, x->by.who) == 0)
		call_answer(x->http, 202, json_pack("{s:s}", "set", iso));
	else if (r == 0)
		answer(x);
	else if (r == -ERANGE)
		call_error(x, (struct call_problem){ 400, "time" },
			   "time: %s was before this estated was built: expected a later one", iso);
	else if (r == -EPERM)
		call_error(x, (struct call_problem){ 409, NULL },
			   "estated itself may not set the clock of this system: as root run: date -s '%s'", iso);
	else
		call_error(x, (struct call_problem){ 500, NULL }, "the system does not take %s: %s", iso, strerror(-r));
}

void timeset_post(struct call *x)
{
	json_t *body = call_body(x);
	struct wish wish;

	if (!body)
		return;
	if (read_wish(x, body, &wish))
		set(x, &wish);
	json_decref(body);
}
