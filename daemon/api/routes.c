#include "api/routes.h"

#include <event2/http.h>

#include "api/acts.h"
#include "api/audits.h"
#include "api/backups.h"
#include "api/bids.h"
#include "api/devices.h"
#include "api/dwellings.h"
#include "api/loglevel.h"
#include "api/login.h"
#include "api/look.h"
#include "api/measures.h"
#include "api/modes.h"
#include "api/people.h"
#include "api/places.h"
#include "api/recalls.h"
#include "api/recordings.h"
#include "api/register.h"
#include "api/rules.h"
#include "api/reloads.h"
#include "api/summaries.h"
#include "api/timeset.h"
#include "api/tools.h"
#include "api/visits.h"
#include "api/users.h"
#include "base/str.h"

/* clang-format off */
static const struct route routes[] = {
	/* method           pattern                            roles                reach   query                    handler            lasting */
	{ EVHTTP_REQ_GET,   "/v1/status",                      API_FOR_ALL,         PLACES, NULL,                    overview_get,      ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/buses",                       API_FOR_ALL,         ESTATE, NULL,                    lists_buses,       ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/buses/{bus}/frames",          API_FOR_TECHNICIANS, ESTATE, "since",                 look_frames,       ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/buses/{bus}/sheet",           API_FOR_DESK,        ESTATE, "from",                  look_sheet,        ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/places",                      API_FOR_ALL,         PLACES, NULL,                    places_get,        ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/devices",                     API_FOR_ALL,         PLACES, "match discovered battery limit after", devices_get,       ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/profiles",                    API_FOR_ALL,         PLACES, "match limit after",                 devices_profiles,  ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/points",                      API_FOR_ALL,         PLACES, "match limit after",                 lists_points,      ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/points/{point}",              API_FOR_ALL,         PLACES, NULL,                    lists_point,       ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/points/{point}/why",          API_FOR_ALL,         PLACES, NULL,                    look_why,          ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/points/{point}/history",      API_FOR_ALL,         PLACES, "since until every limit", recalls_get,       ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/summary",                     API_FOR_ALL,         PLACES, "day hour from to scopes", summaries_get,     ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/recording",                   API_FOR_TECHNICIANS, ESTATE, "since until after",     recordings_get,    ANSWERS, .seated = true },
	{ EVHTTP_REQ_GET,   "/v1/alarms",                      API_FOR_ALL,         PLACES, "all state priority place since limit after", acts_alarms,       ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/alarms/health",               API_FOR_ALL,         ESTATE, NULL,                    measures_get,      ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/alarms/{alarm+}/story",       API_FOR_ALL,         PLACES, NULL,                    acts_story,        ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/alarms/{alarm+}/people",      API_FOR_HOMES,       PLACES, "names reason",          register_of_alarm, ANSWERS, .personal = true },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/ack",         API_FOR_DESK,        PLACES, NULL,                    acts_ack,          ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/close",       API_FOR_DESK,        PLACES, NULL,                    acts_close,        ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/buses/{bus}/read",            API_FOR_TECHNICIANS, ESTATE, NULL,                    tools_read,        ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/buses/{bus}/probe",           API_FOR_TECHNICIANS, ESTATE, NULL,                    tools_probe,       ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/buses/{bus}/pause",           API_FOR_TECHNICIANS, ESTATE, NULL,                    tools_pause,       ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/buses/{bus}/resume",          API_FOR_TECHNICIANS, ESTATE, NULL,                    tools_resume,      ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/points/{point}/write",        API_FOR_TECHNICIANS, PLACES, NULL,                    tools_write,       ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/shelve",      API_FOR_DESK,        PLACES, NULL,                    acts_shelve,       ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/unshelve",    API_FOR_DESK,        PLACES, NULL,                    acts_unshelve,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/comment",     API_FOR_DESK,        PLACES, NULL,                    acts_comment,      ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/alarms/{alarm+}/arrive",      API_FOR_DESK,        PLACES, NULL,                    acts_arrive,       ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/contacts",                    API_FOR_DESK,        PLACES, NULL,                    people_contacts,   ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/ladders",                     API_FOR_DESK,        PLACES, NULL,                    people_ladders,    ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/duty",                        API_FOR_DESK,        PLACES, "place",                 people_on_duty,    ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/handover",                    API_FOR_DESK,        PLACES, NULL,                    people_handover,   ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/handover",                    API_FOR_DESK,        PLACES, NULL,                    people_hand_over,  ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/visits",                      API_FOR_CARE,        PLACES, "since until worker limit", visits_get,      ANSWERS, .personal = true, .seated = true },
	{ EVHTTP_REQ_POST,  "/v1/visits",                      API_FOR_CARE,        PLACES, NULL,                    visits_post,       ANSWERS, .personal = true },
	{ EVHTTP_REQ_GET,   "/v1/visits/due",                  API_FOR_HOMES,       PLACES, NULL,                    visits_due,        ANSWERS, .personal = true },
	{ EVHTTP_REQ_GET,   "/v1/visits/figures",              API_FOR_CARE,        PLACES, "month worker",          visits_figures,    ANSWERS, .seated = true },
	{ EVHTTP_REQ_GET,   "/v1/response",                    API_FOR_DESK,        PLACES, "month",                 visits_response,   ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/homes",                       API_FOR_HOMES,       PLACES, "match",                 dwellings_list,    ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/homes/{place+}/rhythm",       API_FOR_HOMES,       PLACES, NULL,                    dwellings_rhythm,  ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/homes/{place+}/activity",     API_FOR_CARE,        PLACES, "days",                  dwellings_activity, ANSWERS, .personal = true },
	{ EVHTTP_REQ_GET,   "/v1/homes/{place+}",              API_FOR_HOMES,       PLACES, NULL,                    dwellings_get,     ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/residents",                   API_FOR_CARE,        PLACES, "match place category names reason", register_list, ANSWERS, .personal = true },
	{ EVHTTP_REQ_POST,  "/v1/residents",                   API_FOR_ADMIN,       PLACES, NULL,                    register_add,      ANSWERS, .personal = true },
	{ EVHTTP_REQ_GET,   "/v1/residents/export",            API_FOR_ADMIN,       ESTATE, "reason",                register_export,   ANSWERS, .personal = true, .seated = true },
	{ EVHTTP_REQ_POST,  "/v1/residents/import",            API_FOR_ADMIN,       ESTATE, NULL,                    register_import,   ANSWERS, .personal = true },
	{ EVHTTP_REQ_GET,   "/v1/residents/{id}",              API_FOR_CARE,        PLACES, "names reason",          register_get,      ANSWERS, .personal = true },
	{ EVHTTP_REQ_POST,  "/v1/residents/{id}",              API_FOR_CARE,        PLACES, NULL,                    register_set,      ANSWERS, .personal = true },
	{ EVHTTP_REQ_GET,   "/v1/residents/{id}/sheet",        API_FOR_HOMES,       PLACES, "reason",                register_sheet,    ANSWERS, .personal = true },
	{ EVHTTP_REQ_GET,   "/v1/residents/{id}/history",      API_FOR_CARE,        PLACES, "reason",                register_versions, ANSWERS, .personal = true, .seated = true },
	{ EVHTTP_REQ_POST,  "/v1/residents/{id}/erase",        API_FOR_ADMIN,       PLACES, NULL,                    register_erase,    ANSWERS, .personal = true },
	{ EVHTTP_REQ_GET,   "/v1/modes",                       API_FOR_ALL,         PLACES, NULL,                    modes_get,         ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/out-of-service/{device}",     API_FOR_TECHNICIANS, PLACES, NULL,                    modes_service,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/test/{subject+}",             API_FOR_TECHNICIANS, PLACES, NULL,                    modes_test,        ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/rules",                       API_FOR_ALL,         PLACES, NULL,                    rules_list,        ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/rules/{rule}",                API_FOR_ALL,         PLACES, "asset",                 rules_explain,     ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/plugins",                     API_FOR_ALL,         ESTATE, NULL,                    lists_plugins,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/plugins/{plugin}/command",    API_FOR_DESK,        ESTATE, NULL,                    bids_post,         ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/outbox",                      API_FOR_ALL,         ESTATE, NULL,                    lists_outbox,      ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/audit",                       API_FOR_TECHNICIANS, ESTATE, "since kind who limit",  audits_show,       ANSWERS, .seated = true },
	{ EVHTTP_REQ_GET,   "/v1/audit/chain",                 API_FOR_TECHNICIANS, ESTATE, "after",                 audits_chain,      ANSWERS, .seated = true },
	{ EVHTTP_REQ_GET,   "/v1/backup",                      API_FOR_ADMIN,       ESTATE, NULL,                    backups_get,       ANSWERS, .seated = true },
	{ EVHTTP_REQ_POST,  "/v1/backup",                      API_FOR_ADMIN,       ESTATE, NULL,                    backups_begin,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/backup/end",                  API_FOR_ADMIN,       ESTATE, NULL,                    backups_end,       ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/config/diff",                 API_FOR_TECHNICIANS, ESTATE, NULL,                    reloads_diff,     ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/config/reload",               API_FOR_TECHNICIANS, ESTATE, NULL,                    reloads_reload,   ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/config/confirm",              API_FOR_TECHNICIANS, ESTATE, NULL,                    reloads_confirm,  ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/clock",                       API_FOR_ALL,         PLACES, NULL,                    timeset_get,       ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/clock",                       API_FOR_ADMIN,       ESTATE, NULL,                    timeset_post,      ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/log",                         API_FOR_ALL,         ESTATE, NULL,                    loglevel_get,      ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/log",                         API_FOR_TECHNICIANS, ESTATE, NULL,                    loglevel_post,     ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/stream",                      API_FOR_ALL,         PLACES, "match page",            stream_get,        STREAMS },
	{ EVHTTP_REQ_POST,  "/v1/login",                       API_FOR_ANYBODY,     PLACES, NULL,                    login_post,        ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/logout",                      API_FOR_ALL,         PLACES, NULL,                    login_leave,       ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/session",                     API_FOR_ALL,         PLACES, NULL,                    login_shown,       ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/password",                    API_FOR_ALL,         PLACES, NULL,                    login_own_password, ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/users",                       API_FOR_ADMIN,       ESTATE, NULL,                    users_list,        ANSWERS, .seated = true },
	{ EVHTTP_REQ_POST,  "/v1/users",                       API_FOR_ADMIN,       ESTATE, NULL,                    users_add,         ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/users/{user}",                API_FOR_ADMIN,       ESTATE, NULL,                    users_set,         ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/users/{user}/password",       API_FOR_ADMIN,       ESTATE, NULL,                    users_password,    ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/users/{user}/remove",         API_FOR_ADMIN,       ESTATE, NULL,                    users_remove,      ANSWERS },
	{ EVHTTP_REQ_POST,  "/v1/users/{user}/logout",         API_FOR_ADMIN,       ESTATE, NULL,                    users_log_out,     ANSWERS },
	{ EVHTTP_REQ_GET,   "/v1/sessions",                    API_FOR_ADMIN,       ESTATE, NULL,                    users_sessions,    ANSWERS, .seated = true },
	{ EVHTTP_REQ_GET,   "/metrics",                        API_FOR_ALL,         ESTATE, NULL,                    metrics_get,       ANSWERS },
};
/* clang-format on */

const struct route *routes_find(struct call *x, const char *path, const struct route **ret_fits)
{
	struct router_match match;

	*ret_fits = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!router_match(routes[i].pattern, path, &match))
			continue;
		if (!*ret_fits)
			*ret_fits = &routes[i];
		if (routes[i].method == (int)evhttp_request_get_command(x->http)) {
			x->match = match;
			return &routes[i];
		}
	}
	return NULL;
}

/* Of all routes of its path. */
static const char *methods_of(const struct route *route)
{
	bool get = false, post = false;

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (str_equal(routes[i].pattern, route->pattern)) {
			get = get || routes[i].method == EVHTTP_REQ_GET;
			post = post || routes[i].method == EVHTTP_REQ_POST;
		}
	return get && post ? "GET, POST" : post ? "POST" : "GET";
}

void routes_answer_none(struct call *x, const char *path, const struct route *fits)
{
	struct str_nearest nearest = { .word = path };

	if (fits) {
		const char *allowed = methods_of(fits);

		evhttp_add_header(evhttp_request_get_output_headers(x->http), "Allow", allowed);
		call_error(x, (struct call_problem){ 405, NULL }, "%s takes %s only", fits->pattern, allowed);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		str_nearest_try(&nearest, routes[i].pattern);
	call_error(x, (struct call_problem){ 404, NULL }, "nothing is at '%s'%s%s%s", path,
		   nearest.best ? "; did you mean '" : "; see openapi.yaml for what there is",
		   nearest.best ? nearest.best : "", nearest.best ? "'?" : "");
}

/* Is the parameter one of those that the route takes? */
static bool takes(const struct route *route, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = route->query; len && at && (at = strstr(at, key)); at += len)
		if ((at == route->query || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
			return true;
	return false;
}

static void answer_unknown(struct call *x, const struct route *route, const char *key)
{
	_cleanup_str_buf_ struct str_buf known = { 0 };

	for (const char *at = route->query; at && *at;) {
		size_t len = strcspn(at, " ");

		str_buf_printf(&known, "%s%.*s=…", known.len ? ", " : "", (int)len, at);
		at += len + (at[len] == ' ');
	}
	call_error(x, (struct call_problem){ 400, key }, "unknown parameter '%s': expected %s", key,
		   known.len ? str_buf_text(&known) : "none here");
}

bool routes_query_good(struct call *x, const struct route *route, const char *query)
{
	const struct evkeyval *pair;

	if (query && *query && evhttp_parse_query_str(query, &x->query) < 0) {
		call_error(x, (struct call_problem){ 400, NULL }, "query '%s': expected name=value, joined by &",
			   query);
		return false;
	}
	TAILQ_FOREACH(pair, &x->query, next)
	{
		bool known = takes(route, pair->key);

		if (known && str_is_utf8(pair->value, strlen(pair->value)))
			continue;
		if (known)
			call_error(x, (struct call_problem){ 400, pair->key }, "%s: expected a text in UTF-8",
				   pair->key);
		else
			answer_unknown(x, route, pair->key);
		return false;
	}
	return true;
}
