#include "http-source/hook_desk.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_log.h"
#include "sdk/sdk_serve.h"

#define LIFE_US         (10 * SDK_CLOCK_S) /* of a connection */
#define STORED_LIMIT_US (5 * SDK_CLOCK_S)
#define OPEN_LAST_US    (60 * SDK_CLOCK_S)
#define SAY_AGAIN_US    (60 * SDK_CLOCK_S)
#define REPEATS_MAX     512
#define BURST           5
#define REPLY_MAX       512
#define NAME_LEN        32
#define PATH_LEN        512

enum trouble { TROUBLE_TOKEN, TROUBLE_BODY, TROUBLE_RATE, TROUBLE_FULL, TROUBLES };

struct family {
	char name[NAME_LEN]; /* "": the only one */
	double tokens;       /* of its rate */
	int64_t filled_us;
};

/* A call whose samples are on their way to the disk: those numbered first … first + count - 1. */
struct waiting {
	struct waiting *next;
	struct sdk_serve_call *call;
	int64_t until_us;
	uint64_t first;
	unsigned count, left, duplicates, unknown;
	uint64_t repeats[HOOK_RECORDS_MAX]; /* what each is remembered by; 0: nothing */
};

struct hook_desk {
	struct hook_desk_setup setup;
	struct sdk_serve *serve;
	struct sdk_timer open, overdue;
	int64_t open_backoff_us;
	struct family families[HOOK_DESK_FAMILIES_MAX];
	unsigned family_count;
	struct waiting *waiting; /* the oldest first */
	char prefix[20];         /* differs from run to run, so that no id is ever used twice */
	uint64_t sequence;
	unsigned char key[crypto_shorthash_KEYBYTES];
	uint64_t repeats[REPEATS_MAX];
	unsigned repeat_at;
	int64_t said_us[TROUBLES];
	uint64_t samples, denied, bad_bodies, throttled, duplicates, unknown, unsaved;
};

/* ---- words ---- */

/* At most one line a minute of each kind: what a stranger does must not fill the log. */
static void __attribute__((format(printf, 3, 4))) say(struct hook_desk *d, enum trouble trouble, const char *fmt, ...)
{
	int64_t now_us = sdk_clock_now_us();
	char text[400];
	va_list ap;

	if (d->said_us[trouble] && now_us - d->said_us[trouble] < SAY_AGAIN_US)
		return;
	d->said_us[trouble] = now_us;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sdk_log_warning("%s; more are only counted for a minute", text);
}

static void answer(struct sdk_serve_call *call, int status, const char *text)
{
	json_t *reply = json_pack("{s:{s:i, s:s}}", "error", "status", status, "text", text);
	char *body = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
	const char *header = status == 401 ? "WWW-Authenticate" : status == 429 || status == 503 ? "Retry-After" : NULL;

	sdk_serve_answer(call, &(struct sdk_serve_reply){ status, body ? body : "{\"error\":{}}", header,
							  status == 401 ? "Bearer" : "5" });
	free(body);
	json_decref(reply);
}

static void answer_done(const struct waiting *w)
{
	char body[REPLY_MAX];

	snprintf(body, sizeof(body), "{\"stored\":%u,\"duplicates\":%u,\"unknown\":%u}", w->count, w->duplicates,
		 w->unknown);
	sdk_serve_answer(w->call, &(struct sdk_serve_reply){ .status = 200, .body = body });
}

/* ---- families and their tokens ---- */

const char *hook_desk_check_families(const char *families)
{
	static const char expected[] = "at most 16 names of small letters, digits, - and _, separated by blanks";
	unsigned count = 0;

	for (const char *at = families + strspn(families, " "); *at; at += strspn(at, " "), count++) {
		size_t len = strcspn(at, " ");

		if (len >= NAME_LEN || strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-_") < len)
			return expected;
		at += len;
	}
	return count >= 1 && count <= HOOK_DESK_FAMILIES_MAX ? NULL : expected;
}

static void read_families(struct hook_desk *d)
{
	const char *at = d->setup.families;

	if (!at) {
		d->family_count = 1;
		return;
	}
	for (at += strspn(at, " "); *at && d->family_count < HOOK_DESK_FAMILIES_MAX; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		snprintf(d->families[d->family_count++].name, NAME_LEN, "%.*s", (int)len, at);
		at += len;
	}
}

/* As sdk_secret_read. */
static int read_token(const struct hook_desk *d, const struct family *f, char buf[static SDK_SECRET_MAX],
		      char why[static SDK_SECRET_WHY_MAX])
{
	char name[SDK_SECRET_PATH_MAX];
	struct sdk_secret token = d->setup.token;
	const char *base = token.file ? token.file : token.credential;

	if (f->name[0]) {
		if (snprintf(name, sizeof(name), "%s-%s", base, f->name) >= (int)sizeof(name))
			return -ENAMETOOLONG;
		*(token.file ? &token.file : &token.credential) = name;
	}
	return sdk_secret_read(&token, buf, why);
}

static int check_tokens(const struct hook_desk *d, char why[static SDK_SECRET_WHY_MAX])
{
	char buf[SDK_SECRET_MAX];
	int r = 0;

	if (!sdk_secret_given(&d->setup.token)) {
		snprintf(why, SDK_SECRET_WHY_MAX,
			 "option 'token_file' or 'token_credential': missing: who calls must show a token");
		return -EINVAL;
	}
	for (unsigned i = 0; i < d->family_count && r >= 0; i++)
		r = read_token(d, &d->families[i], buf, why);
	explicit_bzero(buf, sizeof(buf));
	return r < 0 ? r : 0;
}

static const char *shown_token(const struct sdk_serve_call *call)
{
	const char *header = sdk_serve_header(call, "Authorization");

	if (header && strncasecmp(header, "Bearer ", 7) == 0)
		return header + 7;
	header = sdk_serve_header(call, "Estate-Token");
	return header ? header : sdk_serve_query(call, "token");
}

/* In constant time, whatever the lengths: what is compared are hashes under a key that nobody knows. */
static bool is_token(const struct hook_desk *d, const char *shown, const char *token, size_t len)
{
	unsigned char a[crypto_generichash_BYTES], b[crypto_generichash_BYTES];

	crypto_generichash(a, sizeof(a), (const unsigned char *)shown, strlen(shown), d->key, sizeof(d->key));
	crypto_generichash(b, sizeof(b), (const unsigned char *)token, len, d->key, sizeof(d->key));
	return sodium_memcmp(a, b, sizeof(a)) == 0;
}

/* "/hook/INSTANCE" or "/hook/INSTANCE/FAMILY"; NULL: it is neither. */
static struct family *find_family(struct hook_desk *d, const char *path)
{
	char expected[PATH_LEN];

	for (unsigned i = 0; i < d->family_count; i++) {
		struct family *f = &d->families[i];

		snprintf(expected, sizeof(expected), "/hook/%s%s%s", sdk_host_instance(d->setup.host),
			 f->name[0] ? "/" : "", f->name);
		if (strcmp(path, expected) == 0)
			return f;
	}
	return NULL;
}

/* 0: go on; else the status of the refusal. */
static int check_caller(struct hook_desk *d, const struct family *f, const struct sdk_serve_call *call)
{
	char token[SDK_SECRET_MAX], why[SDK_SECRET_WHY_MAX];
	const char *shown = shown_token(call);
	int len = read_token(d, f, token, why);
	bool right = len > 0 && shown && is_token(d, shown, token, (size_t)len);

	explicit_bzero(token, sizeof(token));
	if (len <= 0) {
		say(d, TROUBLE_TOKEN, "%s", why);
		return 503;
	}
	if (right)
		return 0;
	d->denied++;
	say(d, TROUBLE_TOKEN, "a web hook %s was refused",
	    shown ? "with a wrong token" : "without a token (Authorization: Bearer …, Estate-Token: … or ?token=…)");
	return 401;
}

static bool within_rate(const struct hook_desk *d, struct family *f)
{
	int64_t now_us = sdk_clock_now_us();
	double most = (double)d->setup.rate * BURST;

	f->tokens = f->filled_us ? f->tokens + (double)(now_us - f->filled_us) / 1e6 * (double)d->setup.rate : most;
	f->tokens = f->tokens > most ? most : f->tokens;
	f->filled_us = now_us;
	if (f->tokens < 1)
		return false;
	f->tokens -= 1;
	return true;
}

/* ---- repeats: a caller that heard no 200 says the same again ---- */

static uint64_t mark_of(const struct hook_desk *d, const char *address, const char *id)
{
	char text[ADDRESSES_MAX_LEN + 256];
	unsigned char hash[crypto_shorthash_BYTES];
	uint64_t mark;
	int len;

	if (!id)
		return 0;
	len = snprintf(text, sizeof(text), "%s\n%s", address, id);
	crypto_shorthash(hash, (const unsigned char *)text, (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1,
			 d->key);
	memcpy(&mark, hash, sizeof(mark));
	return mark ? mark : 1;
}

static bool is_repeat(const struct hook_desk *d, uint64_t mark)
{
	for (unsigned i = 0; mark && i < REPEATS_MAX; i++)
		if (d->repeats[i] == mark)
			return true;
	return false;
}

static void remember(struct hook_desk *d, uint64_t mark)
{
	if (!mark || is_repeat(d, mark))
		return;
	d->repeats[d->repeat_at] = mark;
	d->repeat_at = (d->repeat_at + 1) % REPEATS_MAX;
}

/* ---- samples ---- */

static int send_sample(struct hook_desk *d, const json_t *device, const json_t *record)
{
	char id[64];
	json_t *sample;
	int r;

	snprintf(id, sizeof(id), "%s-%llu", d->prefix, (unsigned long long)d->sequence);
	sample = json_pack("{s:s, s:O, s:O, s:s}", "type", "sample", "device", device, "fields",
			   json_object_get(record, "fields"), "id", id);
	if (json_object_get(record, "at"))
		json_object_set(sample, "at", json_object_get(record, "at"));
	r = sdk_host_send(d->setup.host, sample);
	if (r == 0) {
		d->sequence++;
		d->samples++;
	}
	return r;
}

static void tell_unknown(struct hook_desk *d, const char *address, const json_t *record)
{
	d->unknown++;
	if (addresses_discover(d->setup.addresses, address))
		sdk_host_send(d->setup.host, json_pack("{s:s, s:s, s:O}", "type", "discovered", "address", address,
						       "fields", json_object_get(record, "fields")));
}

/* Numbers as many samples as there are devices of this address; -errno: the daemon takes no more, or it is too long for a line. */
static int tell_record(struct hook_desk *d, const struct family *f, const json_t *record, struct waiting *w)
{
	const char *named = json_string_value(json_object_get(record, "address"));
	char address[ADDRESSES_MAX_LEN + NAME_LEN + 2];
	const json_t *ids;
	json_t *id;
	uint64_t mark;
	size_t i;
	int r = 0;

	snprintf(address, sizeof(address), "%s%s%.*s", f->name, f->name[0] ? "/" : "", ADDRESSES_MAX_LEN, named);
	ids = addresses_find(d->setup.addresses, address);
	if (!ids) {
		w->unknown++;
		tell_unknown(d, address, record);
		return 0;
	}
	mark = mark_of(d, address, json_string_value(json_object_get(record, "id")));
	if (is_repeat(d, mark)) {
		w->duplicates++;
		d->duplicates++;
		return 0;
	}
	json_array_foreach((json_t *)ids, i, id)
	{
		if (w->count == HOOK_RECORDS_MAX)
			return -E2BIG;
		r = send_sample(d, id, record);
		if (r < 0)
			return r;
		w->repeats[w->count++] = i + 1 == json_array_size(ids) ? mark : 0;
	}
	return 0;
}

static void arm_overdue(struct hook_desk *d)
{
	struct sdk_loop *loop = sdk_host_loop(d->setup.host);

	if (d->waiting)
		sdk_loop_arm(loop, &d->overdue, d->waiting->until_us - sdk_clock_now_us());
	else
		sdk_loop_disarm(loop, &d->overdue);
}

static void end_waiting(struct hook_desk *d, struct waiting *w)
{
	struct waiting **at = &d->waiting;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	free(w);
	arm_overdue(d);
}

static void keep_waiting(struct hook_desk *d, struct waiting *w)
{
	struct waiting **at = &d->waiting;

	while (*at)
		at = &(*at)->next;
	*at = w;
	w->left = w->count;
	w->until_us = sdk_clock_now_us() + STORED_LIMIT_US;
	arm_overdue(d);
}

static void overdue_due(struct sdk_timer *t)
{
	struct hook_desk *d = t->user;

	d->unsaved++;
	say(d, TROUBLE_FULL, "a web hook was answered 503: nothing was written to disk for 5 s");
	answer(d->waiting->call, 503, "it is not on disk yet: send it again");
	end_waiting(d, d->waiting);
}

void hook_desk_stored(struct hook_desk *d, const char *id)
{
	size_t len = strlen(d->prefix);
	uint64_t number = 0;

	if (strncmp(id, d->prefix, len) != 0 || id[len] != '-')
		return;
	for (const char *c = id + len + 1; *c >= '0' && *c <= '9'; c++)
		number = number * 10 + (uint64_t)(*c - '0');
	for (struct waiting *w = d->waiting; w; w = w->next) {
		if (number < w->first || number >= w->first + w->count)
			continue;
		remember(d, w->repeats[number - w->first]);
		if (w->left > 0 && --w->left == 0) {
			answer_done(w);
			end_waiting(d, w);
		}
		return;
	}
}

/* ---- calls ---- */

/* 0 and the form; else the status. */
static int form_of(const struct sdk_serve_call *call, enum hook_form *ret_form)
{
	const char *type = sdk_serve_header(call, "Content-Type");
	size_t len = type ? strcspn(type, "; ") : 0;

	if (type && len == 33 && strncasecmp(type, "application/x-www-form-urlencoded", len) == 0)
		*ret_form = HOOK_FORM;
	else if (!type || (len == 16 && strncasecmp(type, "application/json", len) == 0) ||
		 (len == 9 && strncasecmp(type, "text/json", len) == 0))
		*ret_form = HOOK_JSON;
	else
		return 415;
	return 0;
}

static void tell_records(struct hook_desk *d, const struct family *f, struct sdk_serve_call *call,
			 const json_t *records)
{
	struct waiting *w = calloc(1, sizeof(*w));
	json_t *record;
	size_t i;
	int r = 0;

	if (!w)
		abort();
	w->call = call;
	w->first = d->sequence;
	json_array_foreach((json_t *)records, i, record)
	{
		r = tell_record(d, f, record, w);
		if (r < 0)
			break;
	}
	if (r == 0 && w->count > 0) {
		keep_waiting(d, w);
		return;
	}
	if (r == 0)
		answer_done(w);
	else if (r == -ENOBUFS)
		answer(call, 503, "the daemon does not keep up: send it again");
	else
		answer(call, 413, "a record is too long, or there are too many");
	free(w);
}

static void take_body(struct hook_desk *d, const struct family *f, struct sdk_serve_call *call)
{
	struct hook_body body = { .address = sdk_serve_query(call, "device"), .now_us = sdk_clock_wall_us() };
	char why[HOOK_WHY_MAX];
	json_t *records;
	int r;

	if (form_of(call, &body.form) != 0) {
		answer(call, 415, "expected application/json or application/x-www-form-urlencoded");
		return;
	}
	body.text = sdk_serve_body(call, &body.len);
	r = hook_record_read(&d->setup.rules, &body, &records, why);
	if (r < 0) {
		d->bad_bodies++;
		say(d, TROUBLE_BODY, "a web hook was refused: %s", why);
		answer(call, r == -E2BIG ? 413 : 400, why);
		return;
	}
	tell_records(d, f, call, records);
	json_decref(records);
}

static void take(void *user, struct sdk_serve_call *call)
{
	struct hook_desk *d = user;
	struct family *f = find_family(d, sdk_serve_path(call));
	int status = f ? check_caller(d, f, call) : 404;

	if (status == 404)
		answer(call, 404, "expected /hook/INSTANCE, or /hook/INSTANCE/FAMILY where there are families");
	else if (status == 401)
		answer(call, 401, "no token, or not the one of this path");
	else if (status == 503)
		answer(call, 503, "the token of this path is not set up");
	else if (!within_rate(d, f)) {
		d->throttled++;
		say(d, TROUBLE_RATE, "a web hook was answered 429: more than %lld requests a second",
		    (long long)d->setup.rate);
		answer(call, 429, "too many requests");
	} else if (!sdk_host_has_room(d->setup.host))
		answer(call, 503, "the daemon does not keep up: send it again");
	else
		take_body(d, f, call);
}

/* ---- life ---- */

static void open_due(struct sdk_timer *t)
{
	struct hook_desk *d = t->user;
	struct sdk_serve_setup setup = { .loop = sdk_host_loop(d->setup.host),
					 .listen = d->setup.listen,
					 .body_max = HOOK_BODY_MAX,
					 .life_us = LIFE_US,
					 .take = take,
					 .user = d };
	char why[SDK_SERVE_WHY_MAX];

	if (sdk_serve_new(&setup, &d->serve, why) == 0) {
		sdk_log_info("listening on port %u", sdk_serve_port(d->serve));
		sdk_host_fault(d->setup.host, NULL);
		return;
	}
	d->open_backoff_us = d->open_backoff_us ? d->open_backoff_us * 2 : SDK_CLOCK_S;
	if (d->open_backoff_us > OPEN_LAST_US)
		d->open_backoff_us = OPEN_LAST_US;
	sdk_host_fault(d->setup.host, why);
	sdk_loop_arm(sdk_host_loop(d->setup.host), &d->open, sdk_loop_jitter(d->open_backoff_us));
}

int hook_desk_new(const struct hook_desk_setup *setup, struct hook_desk **ret_desk,
		  char ret_why[static SDK_SECRET_WHY_MAX])
{
	struct hook_desk *d = calloc(1, sizeof(*d));
	int r;

	if (!d || sodium_init() < 0)
		abort();
	d->setup = *setup;
	d->open = (struct sdk_timer){ .due = open_due, .user = d };
	d->overdue = (struct sdk_timer){ .due = overdue_due, .user = d };
	crypto_shorthash_keygen(d->key);
	snprintf(d->prefix, sizeof(d->prefix), "%08x%08x", randombytes_random(), randombytes_random());
	read_families(d);
	r = check_tokens(d, ret_why);
	if (r < 0) {
		free(d);
		return r;
	}
	sdk_loop_arm(sdk_host_loop(setup->host), &d->open, 0);
	*ret_desk = d;
	return 0;
}

void hook_desk_close(struct hook_desk *d)
{
	while (d->waiting)
		end_waiting(d, d->waiting);
	sdk_loop_disarm(sdk_host_loop(d->setup.host), &d->open);
	sdk_serve_free(d->serve);
	d->serve = NULL;
}

void hook_desk_free(struct hook_desk *d)
{
	if (!d)
		return;
	hook_desk_close(d);
	free(d);
}

void hook_desk_counters(const struct hook_desk *d, json_t *counters)
{
	struct sdk_serve_counts serve = d->serve ? sdk_serve_counts(d->serve) : (struct sdk_serve_counts){ 0 };
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = { { "requests", serve.requests },
		     { "connections_refused", serve.refused },
		     { "connections_expired", serve.expired },
		     { "samples", d->samples },
		     { "denied", d->denied },
		     { "bad_bodies", d->bad_bodies },
		     { "throttled", d->throttled },
		     { "duplicates", d->duplicates },
		     { "unknown", d->unknown },
		     { "unsaved", d->unsaved } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		json_object_set_new(counters, rows[i].name, json_integer((json_int_t)rows[i].value));
}
