/* http_source.c: the plugin http-source: devices that speak HTTP. One thread.
 *
 *   dialect hook       they (or their maker's cloud) call us: hook_desk
 *   dialect hikvision  we pull the events of an access controller: isapi */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "http-source/hook_desk.h"
#include "http-source/isapi.h"
#include "sdk/sdk_clock.h"
#include "sdk/sdk_host.h"
#include "sdk/sdk_http.h"
#include "sdk/sdk_serve.h"

enum dialect { DIALECT_HOOK, DIALECT_HIKVISION };

struct settings {
	int dialect;
	/* hook */
	char *listen, *families, *token_file, *token_credential, *address, *list, *time, *id;
	int64_t rate;
	/* hikvision */
	char *url, *username, *password_file, *password_credential;
	struct sdk_tls_files tls;
	int64_t silence_us, retry_first_us, retry_last_us;
};

struct http_source {
	struct settings settings;
	struct sdk_host *host;
	struct addresses *addresses;
	struct hook_desk *desk;
	struct isapi *isapi;
	uint64_t stored;
};

static const struct sdk_option options[] = {
	{ "dialect", SDK_OPTION_WORD, .fallback = "hook", .offset = offsetof(struct settings, dialect),
	  .words = "hook hikvision",
	  .help = "web hooks that call us, or an access controller whose events are pulled" },
	{ "listen", SDK_OPTION_TEXT, .fallback = "127.0.0.1:8481", .offset = offsetof(struct settings, listen),
	  .check = sdk_serve_check_listen, .help = "hook: the loopback address and port for /hook/INSTANCE" },
	{ "token_file", SDK_OPTION_TEXT, .offset = offsetof(struct settings, token_file),
	  .check = sdk_secret_check_file,
	  .help = "hook: a file whose first line is the token that callers show; read at each call" },
	{ "token_credential", SDK_OPTION_TEXT, .offset = offsetof(struct settings, token_credential),
	  .check = sdk_secret_check_credential, .help = "hook: instead: the name of a credential" },
	{ "families", SDK_OPTION_TEXT, .offset = offsetof(struct settings, families), .check = hook_desk_check_families,
	  .help = "hook: makes of devices, each with a token of its own (that name with -FAMILY behind it)" },
	{ "address", SDK_OPTION_TEXT, .fallback = "device", .offset = offsetof(struct settings, address),
	  .help = "hook: where a record says which device it is of, dotted" },
	{ "list", SDK_OPTION_TEXT, .offset = offsetof(struct settings, list),
	  .help = "hook: where a body has its records, dotted; the body itself if not given" },
	{ "time", SDK_OPTION_TEXT, .offset = offsetof(struct settings, time),
	  .help = "hook: where a record says when it was made, dotted; now if not given" },
	{ "id", SDK_OPTION_TEXT, .offset = offsetof(struct settings, id),
	  .help = "hook: where a record has what tells it from others, dotted; a repeat is left out" },
	{ "rate", SDK_OPTION_INTEGER, .fallback = "20", .offset = offsetof(struct settings, rate), .min = 1,
	  .max = 1000, .help = "hook: most calls a second of a family; five times as many at once" },
	{ "url", SDK_OPTION_TEXT, .offset = offsetof(struct settings, url), .check = sdk_http_check_url,
	  .help = "hikvision: the controller, https://host[:port]" },
	{ "username", SDK_OPTION_TEXT, .offset = offsetof(struct settings, username),
	  .help = "hikvision: a user of the controller that may see events" },
	{ "password_file", SDK_OPTION_TEXT, .offset = offsetof(struct settings, password_file),
	  .check = sdk_secret_check_file,
	  .help = "hikvision: a file whose first line is his password; read at each connect" },
	{ "password_credential", SDK_OPTION_TEXT, .offset = offsetof(struct settings, password_credential),
	  .check = sdk_secret_check_credential, .help = "hikvision: instead: the name of a credential" },
	{ "silence", SDK_OPTION_DURATION, .fallback = "60s", .offset = offsetof(struct settings, silence_us),
	  .min = 1 * SDK_CLOCK_S, .max = 24 * 3600 * SDK_CLOCK_S,
	  .help = "hikvision: without an event or a heartbeat for so long it is lost; several of its heartbeats" },
	{ "retry_first", SDK_OPTION_DURATION, .fallback = "1s", .offset = offsetof(struct settings, retry_first_us),
	  .min = 10 * SDK_CLOCK_MS, .max = 600 * SDK_CLOCK_S,
	  .help = "hikvision: the wait after the first failure, then doubled" },
	{ "retry_last", SDK_OPTION_DURATION, .fallback = "60s", .offset = offsetof(struct settings, retry_last_us),
	  .min = 10 * SDK_CLOCK_MS, .max = 3600 * SDK_CLOCK_S, .help = "hikvision: the longest wait" },
	SDK_TLS_OPTIONS(struct settings, tls),
	{ 0 },
};

/* ---- from the daemon ---- */

static void take_stored(void *user, const json_t *message)
{
	struct http_source *s = user;
	const char *id = json_string_value(json_object_get(message, "id"));

	s->stored++;
	if (s->desk && id)
		hook_desk_stored(s->desk, id);
}

static const struct sdk_handler handlers[] = { { "stored", take_stored }, { 0 } };

static void add_counters(void *user, json_t *counters)
{
	const struct http_source *s = user;

	json_object_set_new(counters, "stored", json_integer((json_int_t)s->stored));
	if (s->desk)
		hook_desk_counters(s->desk, counters);
	if (s->isapi)
		isapi_counters(s->isapi, counters);
}

/* ---- life ---- */

static int start_hook(struct http_source *s, char *why)
{
	const struct settings *o = &s->settings;

	return hook_desk_new(
		&(struct hook_desk_setup){
			.host = s->host,
			.listen = o->listen,
			.families = o->families,
			.token = { .option = "token", .file = o->token_file, .credential = o->token_credential },
			.rules = { .address = o->address, .list = o->list, .time = o->time, .id = o->id },
			.addresses = s->addresses,
			.rate = o->rate,
		},
		&s->desk, why);
}

static struct isapi_setup isapi_setup_of(const struct http_source *s)
{
	const struct settings *o = &s->settings;

	return (struct isapi_setup){
		.host = s->host,
		.url = o->url,
		.username = o->username,
		.password = { .file = o->password_file, .credential = o->password_credential },
		.tls = &o->tls,
		.addresses = s->addresses,
		.silence_us = o->silence_us,
		.retry_first_us = o->retry_first_us,
		.retry_last_us = o->retry_last_us,
	};
}

/* What only this dialect needs. */
static const char *missing_of(const struct settings *o)
{
	if (o->dialect == DIALECT_HOOK)
		return NULL;
	if (!o->url)
		return "option 'url': missing: expected https://host[:port] of the controller";
	if (!o->username)
		return "option 'username': missing: a user of the controller that may see events";
	if (!o->password_file && !o->password_credential)
		return "option 'password_file' or 'password_credential': missing";
	return NULL;
}

static int prepare(struct http_source *s, struct sdk_host *host)
{
	const char *missing = missing_of(&s->settings);

	s->host = host;
	s->addresses = addresses_new(sdk_host_devices(host));
	if (!missing)
		return 0;
	sdk_host_fail(host, "%s", missing);
	return -EINVAL;
}

/* How each dialect begins. */
struct beginning {
	int (*hook)(struct http_source *s, char *ret_why);
	int (*hikvision)(const struct isapi_setup *setup, struct isapi **ret_isapi, char *ret_why);
};

static int begin(struct http_source *s, struct sdk_host *host, const struct beginning *how)
{
	char why[SDK_SECRET_WHY_MAX];
	struct isapi_setup setup;
	int r = prepare(s, host);

	if (r < 0)
		return r;
	setup = isapi_setup_of(s);
	r = s->settings.dialect == DIALECT_HOOK ? how->hook(s, why) : how->hikvision(&setup, &s->isapi, why);
	if (r < 0)
		sdk_host_fail(host, "%s", why);
	return r;
}

static int start(void *user, struct sdk_host *host)
{
	return begin(user, host, &(struct beginning){ start_hook, isapi_new });
}

/* A hook has nobody to ask: whether the port is free is told at the start. */
static int probe_hook(struct http_source *s, char *ret_why)
{
	ret_why[0] = '\0';
	sdk_host_probed(s->host,
			&(struct sdk_host_verdict){ "reached", s->settings.listen, "it is called, and asks nobody" });
	return 0;
}

static int probe(void *user, struct sdk_host *host)
{
	return begin(user, host, &(struct beginning){ probe_hook, isapi_probe });
}

static void stop(void *user)
{
	struct http_source *s = user;

	if (s->desk)
		hook_desk_close(s->desk);
	sdk_host_done(s->host);
}

static void fini(void *user)
{
	struct http_source *s = user;

	hook_desk_free(s->desk);
	isapi_free(s->isapi);
	addresses_free(s->addresses);
}

int main(int argc, char **argv)
{
	struct http_source source = { 0 };

	return sdk_host_main(
		argc, argv,
		&(struct sdk_plugin){
			.name = "http-source",
			.about = "reads devices that call a web hook, and the events of access controllers",
			.roles = { "source" },
			.options = options,
			.settings = &source.settings,
			.user = &source,
			.handlers = handlers,
			.start = start,
			.probe = probe,
			.stop = stop,
			.fini = fini,
			.counters = add_counters,
		});
}
