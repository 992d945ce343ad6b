#include "api/allow.h"

#include <errno.h>
#include <event2/http.h>
#include <stdio.h>
#include <string.h>

#include "api/rows.h"
#include "base/str.h"
#include "care/buildings.h"
#include "care/care.h"
#include "care/lift_need.h"
#include "care/lone_door.h"
#include "upstream/alarm_json.h"

static const char *header(const struct call *x, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(x->http), name);
}

const char *allow_token(const struct call *x)
{
	return header(x, ALLOW_SESSION);
}

const char *allow_client(const struct call *x)
{
	return header(x, ALLOW_CLIENT);
}

bool allow_session(const struct call *x, const char *token, struct api_session *ret_session)
{
	const struct api_source *source = x->api->source;

	if (!source->session)
		return false;
	return header(x, ALLOW_IDLE) && source->session_look ? source->session_look(source->context, token, ret_session)
							     : source->session(source->context, token, ret_session);
}

static bool is_session(struct call *x, const char *token)
{
	struct api_session s;

	if (!allow_session(x, token, &s))
		return false;
	x->by = (struct party){ .role = s.role, .scope = s.scope, .session = s.id, .looks_only = s.wall };
	snprintf(x->by.who, sizeof(x->by.who), "%s", s.user);
	return true;
}

bool allow_identify(struct call *x)
{
	const struct peer *peer = &x->conn->peer;
	const char *token = allow_token(x);

	x->by = (struct party){ .role = peer->role, .scope = { .whole = true } };
	snprintf(x->by.who, sizeof(x->by.who), "%s", peer->who);
	if (!token && !allow_client(x) && !peer->gate)
		return true;
	if (!peer->gate && peer->role != API_ADMIN) {
		call_error(x, (struct call_problem){ 403, NULL },
			   "%s may not speak for others: only estated-web and root bring sessions", peer->who);
		return false;
	}
	x->by.role = API_NOBODY;
	x->by.scope.whole = false;
	if (token && !is_session(x, token)) {
		call_error(x, (struct call_problem){ 401, NULL }, "this session is over: log in again");
		return false;
	}
	return true;
}

static void refuse_local(struct call *x, unsigned roles)
{
	if (roles == API_FOR_ADMIN || x->by.role != API_NOBODY)
		call_error(x, (struct call_problem){ 403, NULL }, "%s may not do this, only root may: use sudo",
			   x->by.who);
	else
		call_error(x, (struct call_problem){ 403, NULL },
			   "%s may not do this; members of group 'estated' and root may: usermod -aG estated %s",
			   x->by.who, x->by.who);
}

static void refuse_role(struct call *x, unsigned roles)
{
	_cleanup_str_buf_ struct str_buf able = { 0 };

	for (int i = API_VIEWER; i < API_ROLES; i++)
		if (api_role_in((enum api_role)i, roles))
			str_buf_printf(&able, "%s%s", able.len ? ", " : "", api_role_name((enum api_role)i));
	call_error(x, (struct call_problem){ 403, NULL }, "%s is %s: this is for: %s", x->by.who,
		   x->by.looks_only ? "a display, which only looks and shows nothing personal"
				    : api_role_name(x->by.role),
		   str_buf_text(&able));
}

/* A change that a session makes says that the page knows it: no other site can. */
static bool is_own_change(struct call *x, const struct route *route)
{
	const struct api_source *source = x->api->source;
	const char *said = header(x, ALLOW_CSRF);

	if (!x->by.session || route->method == EVHTTP_REQ_GET)
		return true;
	if (said && source->csrf_good && source->csrf_good(source->context, allow_token(x), said))
		return true;
	call_error(x, (struct call_problem){ 403, ALLOW_CSRF },
		   ALLOW_CSRF ": expected what the login said: load the page again");
	return false;
}

bool allow_route(struct call *x, const struct route *route)
{
	unsigned roles = route ? route->roles : API_FOR_ALL;
	bool able = roles & API_FOR_ANYBODY || api_role_in(x->by.role, roles);

	if (x->by.looks_only && route && (route->seated || route->method != EVHTTP_REQ_GET) &&
	    !(roles & API_FOR_ANYBODY))
		able = false;
	if (!able && !x->by.session && (allow_client(x) || x->conn->peer.gate))
		call_error(x, (struct call_problem){ 401, NULL }, "nobody has logged in");
	else if (!able && x->by.session)
		refuse_role(x, roles);
	else if (!able)
		refuse_local(x, roles);
	else if (route && route->reach == ESTATE && !(roles & API_FOR_ANYBODY) && !x->by.scope.whole)
		call_error(x, (struct call_problem){ 403, NULL }, "%s sees a part of the estate: this is of all of it",
			   x->by.who);
	else
		return !route || is_own_change(x, route);
	if (route && route->personal)
		allow_note(x, route->pattern, false);
	return false;
}

/* ---- what is of people ---- */

void allow_note(struct call *x, const char *what, bool granted)
{
	const struct api_source *source = x->api->source;

	if (source->release)
		source->release(source->context,
				&(struct api_release){
					.who = x->by.who, .role = x->by.role, .what = what, .granted = granted });
}

bool allow_is_private(const struct point *p)
{
	return device_is_home(p->device) || point_says_who(p->spec);
}

bool allow_hides_point(const struct party *by, const struct point *p)
{
	return allow_is_private(p) && !party_reads_homes(by);
}

bool allow_samples(struct call *x, const struct point *p)
{
	bool able = api_role_in(x->by.role, API_FOR_SAMPLES) && !x->by.looks_only;

	if (!allow_is_private(p))
		return true;
	allow_note(x, p->name, able);
	if (!able)
		refuse_role(x, API_FOR_SAMPLES);
	return able;
}

/* Not every dwelling is called by its floor. */
static bool is_dwelling(const struct api *a, const char *place)
{
	const struct care *care = a->source->care ? a->source->care(a->source->context) : NULL;

	return place_floor(place) > 0 || (care && care_find(care, place));
}

/* What is said of all dwellings of a building together names them. */
static bool is_of_many(const char *asset)
{
	return str_starts(asset, BUILDINGS_ASSET);
}

/* Of a building or a part of it, and its text names the homes that it is about. */
static bool names_homes(const struct alarm *alarm)
{
	return is_of_many(alarm->asset) || str_equal(alarm->rule, LIFT_NEED_RULE) ||
	       str_equal(alarm->rule, LONE_DOOR_RULE);
}

bool allow_is_home(const struct api *a, const char *subject)
{
	struct device_list all = a->source->devices(a->source->context);

	for (size_t i = 0; i < all.count; i++)
		if (str_equal(all.devices[i].id, subject))
			return device_is_home(&all.devices[i]) || is_dwelling(a, all.devices[i].place);
	return is_of_many(subject) || is_dwelling(a, subject);
}

/* Another one than the first, and not a part of it. */
static bool is_second(const char *outer, const char *dwelling, const char **one)
{
	if (!place_contains(outer, dwelling))
		return false;
	if (*one && !place_contains(dwelling, *one))
		return !place_contains(*one, dwelling);
	*one = dwelling;
	return false;
}

bool allow_is_one_home(const struct api *a, const char *place)
{
	const struct care *care = a->source->care ? a->source->care(a->source->context) : NULL;
	struct device_list all = a->source->devices(a->source->context);
	const char *one = NULL;

	for (size_t i = 0; i < all.count; i++) {
		const struct device *d = &all.devices[i];

		if ((device_is_home(d) || is_dwelling(a, d->place)) && is_second(place, d->place, &one))
			return false;
	}
	for (size_t i = 0; care && i < care_count(care); i++)
		if (is_second(place, care_home(care, i)->place, &one))
			return false;
	return one || is_dwelling(a, place);
}

bool allow_is_of_home(const struct api *a, const struct alarm *alarm)
{
	const struct point_table *points = a->source->points(a->source->context);

	if (names_homes(alarm) || (alarm->place && is_dwelling(a, alarm->place)))
		return true;
	for (size_t i = 0; i < alarm->reason.input_count; i++) {
		const struct point *p = point_find(points, alarm->reason.inputs[i].point);

		if (p && device_is_home(p->device))
			return true;
	}
	return false;
}

void allow_veil_alarm(json_t *row)
{
	static const char *const personal[] = { "text",   "reason",     "guidance", "note",       "who",
						"ack_by", "arrived_by", "outcome",  "shelved_by", "shelved_reason" };

	for (size_t i = 0; i < ARRAY_SIZE(personal); i++)
		if (json_object_get(row, personal[i]))
			json_object_set_new(row, personal[i], json_null());
	json_object_set_new(row, "veiled", json_true());
}

json_t *allow_alarm(const struct api *a, const struct party *by, const struct alarm *alarm)
{
	json_t *row, *next;

	if (!party_knows(by, alarm->place))
		return NULL;
	row = rows_alarm(alarm);
	if (!party_reads_homes(by) && allow_is_of_home(a, alarm))
		allow_veil_alarm(row);
	next = allow_next(a, alarm->id);
	if (!api_role_in(by->role, API_FOR_CONTACTS))
		allow_veil_next(next);
	json_object_set_new(row, "next", next);
	return row;
}

json_t *allow_next(const struct api *a, const char *alarm)
{
	json_t *next = a->source->next ? a->source->next(a->source->context, alarm) : NULL;

	return next ? next : json_null();
}

void allow_veil_next(json_t *next)
{
	json_object_del(next, "who");
}

void allow_veil_point(json_t *row)
{
	json_object_set_new(row, "value", json_null());
	json_object_set_new(row, "at", json_null());
	json_object_set_new(row, "veiled", json_true());
}

json_t *allow_point(const struct party *by, const struct point *point)
{
	json_t *row;

	if (!party_knows(by, point->device->place))
		return NULL;
	row = alarm_json_point(point);
	if (allow_hides_point(by, point))
		allow_veil_point(row);
	return row;
}

const char *allow_place_of(const struct api *a, const char *subject)
{
	struct device_list all = a->source->devices(a->source->context);

	for (size_t i = 0; i < all.count; i++)
		if (str_equal(all.devices[i].id, subject))
			return all.devices[i].place;
	return subject;
}

bool allow_knows_alarm(const struct call *x, const char *id)
{
	const struct alarm *alarm = evaluator_find(x->api->source->alarms(x->api->source->context), id);
	const char *slash = strchr(id, '/');

	if (x->by.scope.whole)
		return true;
	if (alarm)
		return party_knows(&x->by, alarm->place);
	return slash && party_knows(&x->by, allow_place_of(x->api, slash + 1));
}
