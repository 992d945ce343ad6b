#include "http-source/isapi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "http-source/isapi_event.h"
#include "http-source/multipart.h"
#include "sdk/sdk_clock.h"
#include "sdk/sdk_http.h"
#include "sdk/sdk_log.h"

#define STREAM_PATH    "/ISAPI/Event/notification/alertStream"
#define STATUS_PATH    "/ISAPI/AccessControl/AcsWorkStatus?format=json"
#define PROBE_PATH     "/ISAPI/System/deviceInfo"
#define ASK_LIMIT_US   (10 * SDK_CLOCK_S)
#define PROBE_LIMIT_US (6 * SDK_CLOCK_S)
#define DENIED_WAIT_US (300 * SDK_CLOCK_S)
#define STEADY_US      (60 * SDK_CLOCK_S) /* a stream that lived so long was a good one */
#define DURESS_US      (60 * SDK_CLOCK_S) /* the controller says when it begins, and never that it is over */
#define LET_IN_US      (9 * SDK_CLOCK_S)  /* a rule asks for one in the ten seconds before a door opens */
#define SERIALS_MAX    256
#define URL_MAX        1024
#define TEXT_MAX       600

/* Why we ended a stream ourselves. */
enum verdict { VERDICT_NONE, VERDICT_NO_STREAM, VERDICT_FLOOD };

/* Of one door. */
struct door {
	unsigned tampers;  /* bit n: enum isapi_event_tamper n */
	int64_t let_in_us; /* when somebody was, or asked to be let out; 0: never */
	struct sdk_timer duress;
	bool in_duress;
	struct isapi *isapi;
};

struct isapi {
	struct isapi_setup setup;
	struct sdk_http *http;
	struct sdk_http_exchange *stream, *asked;
	struct multipart *parts;
	struct sdk_timer retry, silence, begun;
	enum verdict verdict;
	char *shown;
	char url[URL_MAX];
	int64_t backoff_us, since_us;                 /* since_us: of listening; 0: it does not */
	struct door doors[ISAPI_EVENT_DOORS_MAX + 1]; /* by number */
	int64_t serials[SERIALS_MAX];
	unsigned serial_at;
	char prefix[20];
	uint64_t sequence;
	bool garbage_told, nowhere_told;
	uint64_t samples, events, heartbeats, bad_documents, repeats, nowhere, connects;
};

/* ---- to the daemon ---- */

static void send_sample(struct isapi *i, const json_t *device, json_t *fields, int64_t at_us)
{
	char id[64];
	json_t *sample;

	snprintf(id, sizeof(id), "%s-%llu", i->prefix, (unsigned long long)++i->sequence);
	sample = json_pack("{s:s, s:O, s:O, s:s}", "type", "sample", "device", device, "fields", fields, "id", id);
	if (at_us > 0)
		json_object_set_new(sample, "at", json_real((double)at_us / 1e6));
	if (sdk_host_send(i->setup.host, sample) == 0)
		i->samples++;
}

static void send_to_all(struct isapi *i, const json_t *ids, json_t *fields, int64_t at_us)
{
	json_t *id;
	size_t n;

	json_array_foreach((json_t *)ids, n, id)
	{
		send_sample(i, id, fields, at_us);
	}
}

static const json_t *find_door(const struct isapi *i, int number)
{
	char address[16];

	snprintf(address, sizeof(address), "%d", number);
	return addresses_find(i->setup.addresses, address);
}

static void discover_door(struct isapi *i, int number, json_t *fields)
{
	char address[16];

	snprintf(address, sizeof(address), "%d", number);
	if (addresses_discover(i->setup.addresses, address))
		sdk_host_send(i->setup.host,
			      json_pack("{s:s, s:s, s:O}", "type", "discovered", "address", address, "fields", fields));
}

/* ---- events ---- */

static void duress_over(struct sdk_timer *t)
{
	struct door *door = t->user;
	struct isapi *i = door->isapi;
	json_t *fields = json_pack("{s:b}", "duress", 0);

	door->in_duress = false;
	send_to_all(i, find_door(i, (int)(door - i->doors)), fields, 0);
	json_decref(fields);
}

/* What lasts beyond one event: several tamper contacts are one point, and a duress that nobody ends. */
static json_t *fields_of(struct isapi *i, int number, const struct isapi_event *e)
{
	struct door *door = &i->doors[number];
	json_t *fields = json_deep_copy(e->fields);
	unsigned bit = 1u << e->tamper;

	if (e->tamper != ISAPI_EVENT_TAMPER_NONE) {
		door->tampers = e->tampered ? door->tampers | bit : door->tampers & ~bit;
		json_object_set_new(fields, "tamper", json_boolean(door->tampers != 0));
	}
	if (e->duress) {
		door->in_duress = true;
		sdk_loop_arm(sdk_host_loop(i->setup.host), &door->duress, DURESS_US);
	}
	return fields;
}

/* A door that is open all day, a key, a way to be let in that is newer than our table: the controller calls the opening
 * normal, and knows better than a rule that has seen nobody. */
static void tell_normal_opening(struct isapi *i, int number, const json_t *ids, const json_t *said)
{
	struct door *door = &i->doors[number];
	int64_t now_us = sdk_clock_now_us();
	json_t *fields;

	if (json_object_get(said, "granted") || json_object_get(said, "egress"))
		door->let_in_us = now_us;
	if (!json_is_true(json_object_get(said, "open")) || !json_is_false(json_object_get(said, "forced")) ||
	    (door->let_in_us && now_us - door->let_in_us < LET_IN_US))
		return;
	fields = json_pack("{s:s}", "granted", "normal opening");
	send_to_all(i, ids, fields, 0);
	json_decref(fields);
}

static void tell_door(struct isapi *i, int number, const struct isapi_event *e)
{
	const json_t *ids = find_door(i, number);
	int64_t now_us = sdk_clock_wall_us();
	json_t *fields;

	if (!ids) {
		discover_door(i, number, e->fields);
		return;
	}
	fields = fields_of(i, number, e);
	tell_normal_opening(i, number, ids, fields);
	send_to_all(i, ids, fields, e->at_us <= now_us ? e->at_us : 0);
	json_decref(fields);
}

/* The only door's number; 0: there are several, or none. */
static int only_door(const struct isapi *i)
{
	int number = 0;

	for (int n = 1; n <= ISAPI_EVENT_DOORS_MAX; n++)
		if (find_door(i, n)) {
			if (number)
				return 0;
			number = n;
		}
	return number;
}

static void tell_access(struct isapi *i, const struct isapi_event *e)
{
	int door = e->door ? e->door : e->everywhere ? 0 : only_door(i);

	i->events++;
	if (door) {
		tell_door(i, door, e);
	} else if (e->everywhere) {
		for (int n = 1; n <= ISAPI_EVENT_DOORS_MAX; n++)
			if (find_door(i, n))
				tell_door(i, n, e);
	} else {
		i->nowhere++;
		if (!i->nowhere_told)
			sdk_log_warning("%s: an event that names no door is left out; more are only counted", i->shown);
		i->nowhere_told = true;
	}
}

/* A controller that was cut off sends some again. */
static bool is_repeat(struct isapi *i, int64_t serial)
{
	if (serial <= 0)
		return false;
	for (unsigned n = 0; n < SERIALS_MAX; n++)
		if (i->serials[n] == serial)
			return true;
	i->serials[i->serial_at] = serial;
	i->serial_at = (i->serial_at + 1) % SERIALS_MAX;
	return false;
}

static void take_document(void *user, const char *text, size_t len)
{
	struct isapi *i = user;
	struct isapi_event e;
	const char *why;

	if (isapi_event_read(text, len, &e, &why) < 0) {
		i->bad_documents++;
		if (!i->garbage_told)
			sdk_log_warning("%s: an event is left out: %s; more are only counted", i->shown, why);
		i->garbage_told = true;
		return;
	}
	if (e.kind == ISAPI_EVENT_LIFE)
		i->heartbeats++;
	else if (is_repeat(i, e.serial))
		i->repeats++;
	else
		tell_access(i, &e);
	json_decref(e.fields);
}

/* ---- requests ---- */

struct ask {
	const char *path;
	int64_t timeout_us;
	bool (*take)(void *user, const char *data, size_t len);
	void (*done)(void *user, const struct sdk_http_answer *answer);
};

/* NULL with why: a password or a file of TLS cannot be read. */
static struct sdk_http_exchange *ask(struct isapi *i, const struct ask *a, char why[static SDK_SECRET_WHY_MAX])
{
	char password[SDK_SECRET_MAX];
	struct sdk_tls_paths tls;
	struct sdk_http_exchange *x = NULL;

	if (sdk_tls_find(i->setup.tls, &tls, why) == 0 && sdk_secret_read(&i->setup.password, password, why) >= 0) {
		snprintf(i->url, sizeof(i->url), "%s%s", i->shown, a->path);
		x = sdk_http_start(
			i->http,
			&(struct sdk_http_request){
				.method = "GET",
				.url = i->url,
				.headers = (const char *const[]){ "Accept: multipart/mixed, application/json", NULL },
				.tls = &tls,
				.username = i->setup.username,
				.password = password,
				.auth = SDK_HTTP_DIGEST,
				.timeout_us = a->timeout_us,
				.take = a->take,
				.done = a->done,
				.user = i,
			});
	}
	explicit_bzero(password, sizeof(password));
	return x;
}

/* ---- how the doors stand ---- */

static void status_answered(void *user, const struct sdk_http_answer *a)
{
	struct isapi *i = user;
	json_t *doors, *fields;
	size_t n;

	i->asked = NULL;
	/* Not every model knows the question; the next event of each door tells then. */
	if (a->result != SDK_HTTP_ANSWERED || a->status != 200 || isapi_event_status(a->body, a->len, &doors) < 0)
		return;
	json_array_foreach(doors, n, fields)
	{
		const json_t *ids = json_object_size(fields) ? find_door(i, (int)n + 1) : NULL;

		if (!ids)
			continue;
		/* One that was told before this program began anew would never end, and the next would be none. */
		if (!i->doors[n + 1].in_duress)
			json_object_set_new(fields, "duress", json_false());
		send_to_all(i, ids, fields, 0);
	}
	json_decref(doors);
}

/* Not from within the library, where the first bytes of the stream are seen. */
static void begun_due(struct sdk_timer *t)
{
	struct isapi *i = t->user;
	char why[SDK_SECRET_WHY_MAX];

	if (!i->asked)
		i->asked = ask(
			i, &(struct ask){ .path = STATUS_PATH, .timeout_us = ASK_LIMIT_US, .done = status_answered },
			why);
}

/* ---- the stream ---- */

static void end_stream(struct isapi *i)
{
	sdk_loop_disarm(sdk_host_loop(i->setup.host), &i->silence);
	sdk_loop_disarm(sdk_host_loop(i->setup.host), &i->begun);
	sdk_http_cancel(i->stream);
	sdk_http_cancel(i->asked);
	i->stream = i->asked = NULL;
}

static void later(struct isapi *i, const char *text, int64_t wait_us)
{
	int64_t lived_us = i->since_us ? sdk_clock_now_us() - i->since_us : 0;

	end_stream(i);
	i->since_us = 0;
	if (lived_us >= STEADY_US)
		i->backoff_us = 0;
	i->backoff_us = i->backoff_us ? i->backoff_us * 2 : i->setup.retry_first_us;
	if (i->backoff_us > i->setup.retry_last_us)
		i->backoff_us = i->setup.retry_last_us;
	sdk_host_fault(i->setup.host, text);
	sdk_loop_arm(sdk_host_loop(i->setup.host), &i->retry, sdk_loop_jitter(wait_us ? wait_us : i->backoff_us));
}

/* From within the library: nothing may be cancelled here. */
static bool take_bytes(void *user, const char *data, size_t len)
{
	struct isapi *i = user;

	sdk_loop_arm(sdk_host_loop(i->setup.host), &i->silence, i->setup.silence_us);
	if (!multipart_feed(i->parts, data, len))
		i->verdict = VERDICT_NO_STREAM;
	else if (!sdk_host_has_room(i->setup.host))
		i->verdict = VERDICT_FLOOD;
	if (i->verdict != VERDICT_NONE)
		return false;
	if (i->since_us || (multipart_counts(i->parts)->documents == 0 && multipart_counts(i->parts)->pictures == 0))
		return true;
	/* The first document: it is such a stream. */
	i->since_us = sdk_clock_now_us();
	sdk_host_fault(i->setup.host, NULL);
	sdk_log_info("listening to the events of %s", i->shown);
	sdk_loop_arm(sdk_host_loop(i->setup.host), &i->begun, 0);
	return true;
}

static void silence_due(struct sdk_timer *t)
{
	struct isapi *i = t->user;
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%.300s: no event and no heartbeat for %lld s", i->shown,
		 (long long)(i->setup.silence_us / SDK_CLOCK_S));
	later(i, text, 0);
}

/* The stream was answered with something else, or was none. */
static void explain(const struct isapi *i, const struct sdk_http_answer *a, char text[static TEXT_MAX])
{
	static const char *const words[] = {
		[VERDICT_NO_STREAM] = "what it sends is no stream of events",
		[VERDICT_FLOOD] = "it sends more than the daemon takes",
	};

	if (i->verdict != VERDICT_NONE)
		snprintf(text, TEXT_MAX, "%.300s: %s", i->shown, words[i->verdict]);
	else if (a->result != SDK_HTTP_ANSWERED && !i->since_us)
		snprintf(text, TEXT_MAX, "no events from %.200s: %s", i->shown, a->why);
	else if (a->result != SDK_HTTP_ANSWERED || (a->status >= 200 && a->status < 300))
		snprintf(text, TEXT_MAX, "%.300s has ended its stream of events", i->shown);
	else if (a->status == 404)
		snprintf(text, TEXT_MAX, "%.200s has no " STREAM_PATH ": is it an access controller with ISAPI?",
			 i->shown);
	else
		snprintf(text, TEXT_MAX, "%.300s answers %d where its events are asked for", i->shown, a->status);
}

static void stream_ended(void *user, const struct sdk_http_answer *a)
{
	struct isapi *i = user;
	char text[TEXT_MAX];

	i->stream = NULL;
	if (a->result == SDK_HTTP_ANSWERED && (a->status == 401 || a->status == 403)) {
		snprintf(text, sizeof(text),
			 "%.300s does not let user '%.60s' in (%d): is the password right, may he see events, is he "
			 "locked out for a while? The next try is in 5 min",
			 i->shown, i->setup.username, a->status);
		later(i, text, DENIED_WAIT_US);
		return;
	}
	explain(i, a, text);
	later(i, text, 0);
}

static void connect_due(struct sdk_timer *t)
{
	struct isapi *i = t->user;
	char why[SDK_SECRET_WHY_MAX];

	multipart_free(i->parts);
	i->parts = multipart_new(take_document, i);
	i->connects++;
	i->verdict = VERDICT_NONE;
	i->stream = ask(i, &(struct ask){ .path = STREAM_PATH, .take = take_bytes, .done = stream_ended }, why);
	if (i->stream)
		sdk_loop_arm(sdk_host_loop(i->setup.host), &i->silence, i->setup.silence_us);
	else
		later(i, why, 0);
}

/* ---- --probe ---- */

static void probe_answered(void *user, const struct sdk_http_answer *a)
{
	struct isapi *i = user;
	struct sdk_host_verdict v = { "reached", i->shown, "" };
	char text[TEXT_MAX];

	i->asked = NULL;
	if (a->result != SDK_HTTP_ANSWERED) {
		v.result = sdk_curl_word((enum sdk_curl_result)a->result);
		v.text = a->why;
	} else if (a->status != 200) {
		bool denied = a->status == 401 || a->status == 403;

		snprintf(text, sizeof(text), "it answers %d%s", a->status,
			 denied ? ": it does not let this user in" : "");
		v.result = denied ? "denied" : "failed";
		v.text = text;
	}
	sdk_host_probed(i->setup.host, &v);
}

/* ---- life ---- */

static struct isapi *prepare(const struct isapi_setup *setup)
{
	struct isapi *i = calloc(1, sizeof(*i));
	uint64_t random = 0;
	size_t len;

	if (!i)
		abort();
	i->setup = *setup;
	i->shown = sdk_http_shown(setup->url);
	for (len = strlen(i->shown); len > 0 && i->shown[len - 1] == '/'; len--)
		i->shown[len - 1] = '\0';
	i->http = sdk_http_new(sdk_host_loop(setup->host));
	i->retry = (struct sdk_timer){ .due = connect_due, .user = i };
	i->silence = (struct sdk_timer){ .due = silence_due, .user = i };
	i->begun = (struct sdk_timer){ .due = begun_due, .user = i };
	for (int n = 0; n <= ISAPI_EVENT_DOORS_MAX; n++) {
		i->doors[n].isapi = i;
		i->doors[n].duress = (struct sdk_timer){ .due = duress_over, .user = &i->doors[n] };
	}
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		random = (uint64_t)sdk_clock_wall_us();
	snprintf(i->prefix, sizeof(i->prefix), "%016llx", (unsigned long long)random);
	return i;
}

static int check(const struct isapi_setup *setup, char why[static SDK_SECRET_WHY_MAX])
{
	int r = sdk_secret_probe(&setup->password, why);

	return r == 0 ? sdk_tls_check(setup->tls, why) : r;
}

int isapi_new(const struct isapi_setup *setup, struct isapi **ret_isapi, char ret_why[static SDK_SECRET_WHY_MAX])
{
	int r = check(setup, ret_why);

	if (r < 0)
		return r;
	*ret_isapi = prepare(setup);
	sdk_loop_arm(sdk_host_loop(setup->host), &(*ret_isapi)->retry, 0);
	return 0;
}

int isapi_probe(const struct isapi_setup *setup, struct isapi **ret_isapi, char ret_why[static SDK_SECRET_WHY_MAX])
{
	int r = check(setup, ret_why);
	struct isapi *i;

	if (r < 0)
		return r;
	*ret_isapi = i = prepare(setup);
	i->asked = ask(i, &(struct ask){ .path = PROBE_PATH, .timeout_us = PROBE_LIMIT_US, .done = probe_answered },
		       ret_why);
	return i->asked ? 0 : -1;
}

void isapi_free(struct isapi *i)
{
	struct sdk_loop *loop;

	if (!i)
		return;
	loop = sdk_host_loop(i->setup.host);
	end_stream(i);
	sdk_loop_disarm(loop, &i->retry);
	for (int n = 0; n <= ISAPI_EVENT_DOORS_MAX; n++)
		sdk_loop_disarm(loop, &i->doors[n].duress);
	sdk_http_free(i->http);
	multipart_free(i->parts);
	free(i->shown);
	free(i);
}

void isapi_counters(const struct isapi *i, json_t *counters)
{
	const struct multipart_counts *parts = i->parts ? multipart_counts(i->parts) : NULL;
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = { { "samples", i->samples },
		     { "events", i->events },
		     { "heartbeats", i->heartbeats },
		     { "bad_documents", i->bad_documents },
		     { "repeats", i->repeats },
		     { "no_door", i->nowhere },
		     { "connects", i->connects },
		     { "pictures", parts ? parts->pictures : 0 },
		     { "broken", parts ? parts->broken + parts->too_long : 0 } };

	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++)
		json_object_set_new(counters, rows[n].name, json_integer((json_int_t)rows[n].value));
}
