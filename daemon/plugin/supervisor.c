#include "plugin/supervisor.h"

#include <errno.h>
#include <event2/event.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "plugin/channel.h"
#include "plugin/process.h"
#include "plugin/protocol.h"
#include "plugin/sandbox.h"

#define READY_LIMIT  (10 * S)
#define STOP_LIMIT   (2 * S)
#define TERM_LIMIT   (1 * S)
#define RESTART_MIN  (1 * S)
#define RESTART_MAX  (60 * S)
#define STEADY_AFTER MINUTE /* up for so long: the next restart is quick again */

enum state { WAITING, STARTING, UP, STOPPING, STOPPED };

static const char *const state_names[] = {
	[WAITING] = "waiting", [STARTING] = "starting", [UP] = "up", [STOPPING] = "stopping", [STOPPED] = "stopped",
};

struct supervisor {
	struct supervisor_setup setup;
	const struct plugin *plugin;
	enum state state;
	bool faulty; /* it says it cannot do its work */
	struct process process;
	struct sandbox *sandbox;
	char *program, *tmpdir;
	struct channel *channel;
	struct event *end_event;  /* its pidfd */
	struct event *life_timer; /* ready, no life, stop: what the state waits for */
	struct event *ping_timer, *start_timer;
	struct map *devices;          /* id → const struct device * */
	struct mapping_field *fields; /* of the sample in work */
	struct backoff backoff;
	int64_t alive_us; /* monotonic: last line from it */
	int64_t up_us;
	uint64_t ping_id;
	struct complaint down, unknown_types, unknown_devices;
	char ended[256]; /* why this run ends, once it is known */
	unsigned roles;
	char name[64], version[32], text[256], roles_text[48];
	struct status_plugin counters;
};

static void start_run(struct supervisor *s);
static void end_run(struct supervisor *s, const char *why);

static void arm(struct event *timer, int64_t wait_us)
{
	event_add(timer, &(struct timeval){ .tv_sec = wait_us / S, .tv_usec = wait_us % S });
}

/* ---- towards the plugin ---- */

static int send_line(struct supervisor *s, const char *line, size_t len)
{
	int r = channel_send(s->channel, line, len);

	if (r == 0)
		s->counters.messages_out++;
	return r;
}

static int send_text(struct supervisor *s, struct str_buf *text)
{
	int r = send_line(s, str_buf_text(text), text->len);

	str_buf_fini(text);
	return r;
}

int supervisor_send(struct supervisor *s, const json_t *message)
{
	char *line;
	int r;

	if (s->state != UP)
		return -ENOTCONN;
	line = json_dumps(message, JSON_COMPACT);
	if (!line)
		return -EINVAL;
	r = strlen(line) < PROTOCOL_LINE_MAX ? send_line(s, line, strlen(line)) : -EMSGSIZE;
	free(line);
	return r;
}

void supervisor_stored(struct supervisor *s, const char *id)
{
	struct str_buf text = { 0 };

	if (s->state != UP)
		return;
	str_buf_printf(&text, "{\"type\":\"stored\",\"id\":%s}", id);
	send_text(s, &text); /* where it does not read: it will send the sample again */
}

int supervisor_deliver(struct supervisor *s, const struct supervisor_batch *b)
{
	struct str_buf text = { 0 };

	if (s->state != UP)
		return -ENOTCONN;
	str_buf_printf(&text, "{\"type\":\"deliver\",\"batch\":%llu,\"lane\":\"%s\",\"messages\":[",
		       (unsigned long long)b->batch, b->lane);
	for (size_t i = 0; i < b->count; i++) {
		str_buf_add(&text, i ? "," : "");
		str_buf_add(&text, b->messages[i]);
	}
	str_buf_add(&text, "]}");
	return send_text(s, &text);
}

static void add_device(struct str_buf *text, const struct device *d)
{
	str_buf_add(text, "{\"id\":");
	str_buf_add_json(text, d->id);
	str_buf_add(text, ",\"address\":");
	str_buf_add_json(text, d->address ? d->address : d->id);
	str_buf_add(text, ",\"class\":");
	str_buf_add_json(text, d->class->id);
	str_buf_add(text, ",\"profile\":");
	str_buf_add_json(text, d->profile->id);
	str_buf_add(text, "}");
}

static void send_hello(struct supervisor *s)
{
	struct str_buf text = { 0 };
	bool first = true;

	str_buf_printf(&text, "{\"type\":\"hello\",\"protocol\":%d,\"instance\":", PROTOCOL_VERSION);
	str_buf_add_json(&text, s->plugin->id);
	str_buf_add(&text, ",\"estate\":");
	str_buf_add_json(&text, s->setup.estate->id);
	str_buf_printf(&text, ",\"max_age\":%.3f,\"options\":%s,\"devices\":[", (double)s->plugin->max_age_us / 1e6,
		       s->plugin->options_json);
	for (size_t i = 0; i < s->setup.devices.count; i++) {
		const struct device *d = &s->setup.devices.devices[i];

		if (d->plugin != s->plugin)
			continue;
		str_buf_add(&text, first ? "" : ",");
		first = false;
		add_device(&text, d);
	}
	str_buf_add(&text, "]}");
	send_text(s, &text);
}

/* ---- from the plugin ---- */

static void take_sample(struct supervisor *s, const struct protocol_message *m)
{
	_cleanup_(arena_freep) struct arena *arena = NULL;
	const struct device *d = map_find(s->devices, m->device);
	struct mapping_message message = { .device = d, .fields = s->fields, .at = clock_now(), .test = m->test };

	if (!d) {
		complain(&s->unknown_devices, "plugin %s: a sample of device '%s', which is not its own: ignored",
			 s->plugin->id, m->device);
		if (m->id_json)
			supervisor_stored(s, m->id_json); /* it may forget it: nobody will ever want it */
		return;
	}
	arena = arena_new();
	message.field_count = protocol_fields(
		m->fields, &(struct protocol_flat){ .arena = arena, .fields = s->fields, .max = PROTOCOL_FIELDS_MAX });
	/* A stamp from the future is a wrong clock; ours is as good. */
	if (m->has_at && m->at_us <= message.at.wall_us + MINUTE)
		message.at.wall_us = m->at_us;
	s->setup.calls->sample(s->setup.calls->context, s, &message, m->id_json);
}

static void take_ready(struct supervisor *s, const struct protocol_message *m)
{
	static const char *const role_names[] = { "source", "notifier", "uplink", "command" };
	size_t len = 0;

	if (s->state != STARTING)
		return;
	snprintf(s->name, sizeof(s->name), "%s", m->name);
	snprintf(s->version, sizeof(s->version), "%s", m->version ? m->version : "");
	s->roles = m->roles;
	s->roles_text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(role_names); i++)
		if (s->roles & (1u << i))
			len += (size_t)snprintf(s->roles_text + len, sizeof(s->roles_text) - len, "%s%s",
						len ? " " : "", role_names[i]);
	s->state = UP;
	s->faulty = false;
	s->text[0] = '\0';
	s->up_us = s->alive_us;
	s->counters.since_us = clock_wall_us();
	arm(s->life_timer, s->plugin->max_age_us);
	arm(s->ping_timer, s->plugin->max_age_us / 3);
	complain_resolved(&s->down, "plugin %s: up again", s->plugin->id);
	s->setup.calls->state(s->setup.calls->context, s, true, "");
}

static void take_health(struct supervisor *s, const char *fault)
{
	bool was_faulty = s->faulty;

	s->faulty = fault != NULL;
	snprintf(s->text, sizeof(s->text), "%s", fault ? fault : "");
	if (s->state == UP && (was_faulty || s->faulty))
		s->setup.calls->fault(s->setup.calls->context, s, fault ? s->text : NULL);
}

static void take_message(struct supervisor *s, const struct protocol_message *m)
{
	const struct supervisor_calls *calls = s->setup.calls;
	const struct device *d;

	switch (m->type) {
	case PROTOCOL_READY: take_ready(s, m); return;
	case PROTOCOL_FAULT: take_health(s, m->text); return;
	case PROTOCOL_PONG: return;
	case PROTOCOL_UNKNOWN:
		s->counters.unknown++;
		complain(&s->unknown_types, "plugin %s: a message of unknown type: ignored and counted", s->plugin->id);
		return;
	default: break;
	}
	if (s->state != UP)
		return; /* before ready, or while it stops: nothing it says counts */
	switch (m->type) {
	case PROTOCOL_SAMPLE: take_sample(s, m); break;
	case PROTOCOL_HEALTHY: take_health(s, NULL); break;
	case PROTOCOL_STALE:
		d = map_find(s->devices, m->device);
		if (d)
			calls->stale(calls->context, s, d);
		break;
	case PROTOCOL_DISCOVERED: calls->discovered(calls->context, s, m->address, m->fields); break;
	case PROTOCOL_DELIVERED: calls->delivered(calls->context, s, m->number); break;
	case PROTOCOL_REFUSED: calls->refused(calls->context, s, m->number, m->flag, m->text); break;
	case PROTOCOL_NOTIFIED:
		if (calls->notified)
			calls->notified(calls->context, s, m->number, m->flag, m->text);
		break;
	case PROTOCOL_RESULT:
		if (calls->result)
			calls->result(calls->context, s, m->number, m->flag, m->json);
		break;
	default: break;
	}
}

static void on_too_long(void *context)
{
	struct supervisor *s = context;

	s->counters.bad_lines++;
	end_run(s, "sent a line of more than 64 KiB");
}

static void on_line(void *context, const char *line, size_t len)
{
	struct supervisor *s = context;
	struct protocol_message m;
	struct protocol_error error;
	char why[sizeof(error.text) + 32];

	if (protocol_parse(line, len, &m, &error) < 0) {
		s->counters.bad_lines++;
		snprintf(why, sizeof(why), "sent a bad line: %s", error.text);
		end_run(s, why);
		return;
	}
	s->counters.messages_in++;
	s->alive_us = clock_mono_us();
	take_message(s, &m);
	protocol_message_fini(&m);
}

/* ---- life ---- */

static void on_ping(evutil_socket_t fd, short events, void *context)
{
	struct supervisor *s = context;
	struct str_buf text = { 0 };

	(void)fd;
	(void)events;
	if (s->state != UP)
		return;
	str_buf_printf(&text, "{\"type\":\"ping\",\"id\":%llu}", (unsigned long long)++s->ping_id);
	send_text(s, &text);
	arm(s->ping_timer, s->plugin->max_age_us / 3);
	if (clock_mono_us() - s->up_us > STEADY_AFTER)
		backoff_reset(&s->backoff);
}

/* What the state waited for did not come. */
static void on_life(evutil_socket_t fd, short events, void *context)
{
	struct supervisor *s = context;
	int64_t left_us = s->alive_us + s->plugin->max_age_us - clock_mono_us();
	char why[80], age[STR_DURATION_MAX];

	(void)fd;
	(void)events;
	switch (s->state) {
	case STARTING: end_run(s, "was not ready within 10 s"); break;
	case UP:
		if (left_us > 0) {
			arm(s->life_timer, left_us);
			break;
		}
		snprintf(why, sizeof(why), "gave no sign of life for %s",
			 str_from_duration(s->plugin->max_age_us, age));
		end_run(s, why);
		break;
	case STOPPING:
		process_signal(&s->process, s->counters.pid ? SIGTERM : SIGKILL);
		s->counters.pid = 0;
		arm(s->life_timer, TERM_LIMIT);
		break;
	default: break;
	}
}

/* The run is over for us, whatever the process still does: it is killed, and reaped when it is gone. */
static void end_run(struct supervisor *s, const char *why)
{
	if (!s->ended[0])
		snprintf(s->ended, sizeof(s->ended), "%s", why);
	channel_stop_reading(s->channel);
	process_signal(&s->process, SIGKILL);
}

static void forget_process(struct supervisor *s)
{
	channel_close(s->channel);
	if (s->end_event)
		event_free(s->end_event);
	s->end_event = NULL;
	event_del(s->life_timer);
	event_del(s->ping_timer);
}

static void go_down(struct supervisor *s, const char *why)
{
	int64_t wait_us = backoff_next_us(&s->backoff);

	s->state = WAITING;
	s->roles = 0;
	s->counters.restarts++;
	s->counters.since_us = clock_wall_us();
	s->counters.pid = 0;
	snprintf(s->text, sizeof(s->text), "%.*s", (int)sizeof(s->text) - 1, why);
	complain(&s->down, "plugin %s: %s: its points are lost; started again in %lld s at the latest", s->plugin->id,
		 why, (long long)(RESTART_MAX / S));
	arm(s->start_timer, wait_us);
	s->setup.calls->state(s->setup.calls->context, s, false, s->text);
}

static void on_end(evutil_socket_t fd, short events, void *context)
{
	struct supervisor *s = context;
	bool stopping = s->state == STOPPING;
	char text[sizeof(s->ended)], why[sizeof(s->ended) + sizeof(s->text) + 16];

	(void)fd;
	(void)events;
	channel_last_words(s->channel);
	forget_process(s); /* before its descriptors are closed */
	process_reap(&s->process, text, sizeof(text));
	if (s->ended[0])
		snprintf(text, sizeof(text), "%s", s->ended);
	s->ended[0] = '\0';
	/* A plugin that gives up usually said why. */
	snprintf(why, sizeof(why), "%s%s%s", text, s->faulty ? ": " : "", s->faulty ? s->text : "");
	s->faulty = false;
	if (stopping)
		s->state = STOPPED;
	else
		go_down(s, why);
}

static struct event *add_event(struct supervisor *s, int fd, short what, event_callback_fn callback)
{
	struct event *e = event_new(s->setup.base, fd, what, callback, s);

	if (!e)
		abort();
	return e;
}

static void start_run(struct supervisor *s)
{
	struct process_setup setup = {
		.program = s->program, .instance = s->plugin->id, .tmpdir = s->tmpdir, .sandbox = s->sandbox
	};
	int r = process_start(&setup, &s->process);
	char why[320];

	if (r < 0) {
		snprintf(why, sizeof(why), "%s does not start: %s", s->program, strerror(-r));
		go_down(s, why);
		return;
	}
	s->state = STARTING;
	s->counters.pid = s->process.pid;
	s->counters.since_us = clock_wall_us();
	s->alive_us = clock_mono_us();
	channel_open(s->channel, &s->process);
	s->end_event = add_event(s, s->process.pidfd, EV_READ, on_end);
	event_add(s->end_event, NULL);
	arm(s->life_timer, READY_LIMIT);
	send_hello(s);
}

static void on_start(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	start_run(context);
}

/* ---- interface ---- */

static char *find_program(const struct supervisor_setup *setup)
{
	struct str_buf path = { 0 };

	if (setup->plugin->program[0] == '/')
		str_buf_add(&path, setup->plugin->program);
	else
		str_buf_printf(&path, "%s/%s", setup->plugin_dir, setup->plugin->program);
	return str_buf_take(&path);
}

static int make_tmpdir(struct supervisor *s)
{
	struct str_buf path = { 0 };
	const char *base = getenv("TMPDIR");

	str_buf_printf(&path, "%s/estated-%s-XXXXXX", base ? base : "/tmp", s->plugin->id);
	s->tmpdir = str_buf_take(&path);
	if (!mkdtemp(s->tmpdir)) {
		free(steal(&s->tmpdir));
		return -errno;
	}
	return sandbox_give(s->sandbox, s->tmpdir);
}

int supervisor_new(const struct supervisor_setup *setup, struct supervisor **ret_supervisor)
{
	_cleanup_(supervisor_freep) struct supervisor *s = MEM_NEW(struct supervisor);
	int r;

	s->setup = *setup;
	s->plugin = setup->plugin;
	s->process = (struct process){ .pidfd = -1, .in = -1, .out = -1, .err = -1 };
	s->program = find_program(setup);
	s->devices = map_new();
	for (size_t i = 0; i < setup->devices.count; i++)
		if (setup->devices.devices[i].plugin == setup->plugin)
			map_put(s->devices, setup->devices.devices[i].id, (void *)&setup->devices.devices[i]);
	s->fields = mem_array(PROTOCOL_FIELDS_MAX, sizeof(*s->fields));
	s->channel = channel_new(&(struct channel_setup){ .base = setup->base,
							  .name = setup->plugin->id,
							  .context = s,
							  .line = on_line,
							  .too_long = on_too_long });
	s->life_timer = add_event(s, -1, 0, on_life);
	s->ping_timer = add_event(s, -1, 0, on_ping);
	s->start_timer = add_event(s, -1, 0, on_start);
	backoff_init(&s->backoff, RESTART_MIN, RESTART_MAX, (uint32_t)(uintptr_t)s);
	r = sandbox_new(setup->state_dir, &s->sandbox);
	if (r == 0)
		r = make_tmpdir(s);
	if (r < 0)
		return r;
	arm(s->start_timer, 0);
	*ret_supervisor = steal(&s);
	return 0;
}

void supervisor_stop(struct supervisor *s)
{
	static const char stop[] = "{\"type\":\"stop\"}";

	event_del(s->start_timer);
	if (s->process.pid <= 0) {
		s->state = STOPPED;
		return;
	}
	s->state = STOPPING;
	send_line(s, stop, sizeof(stop) - 1);
	arm(s->life_timer, STOP_LIMIT);
}

bool supervisor_idle(const struct supervisor *s)
{
	return s->process.pid <= 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void supervisor_free(struct supervisor *s)
{
	char text[80];

	if (!s)
		return;
	forget_process(s);
	if (s->process.pid > 0) {
		process_signal(&s->process, SIGKILL);
		process_reap(&s->process, text, sizeof(text));
	}
	event_free(s->life_timer);
	event_free(s->ping_timer);
	event_free(s->start_timer);
	channel_free(s->channel);
	if (s->tmpdir)
		nftw(s->tmpdir, remove_entry, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	sandbox_free(s->sandbox);
	map_free(s->devices);
	free(s->fields);
	free(s->program);
	free(s->tmpdir);
	free(s);
}

const struct plugin *supervisor_plugin(const struct supervisor *s)
{
	return s->plugin;
}

unsigned supervisor_roles(const struct supervisor *s)
{
	return s->roles;
}

bool supervisor_up(const struct supervisor *s)
{
	return s->state == UP;
}

void supervisor_status(const struct supervisor *s, struct status_plugin *ret_status)
{
	*ret_status = s->counters;
	ret_status->throttled = channel_throttled(s->channel);
	ret_status->id = s->plugin->id;
	ret_status->program = s->plugin->program;
	ret_status->state = s->state == UP && s->faulty ? "fault" : state_names[s->state];
	ret_status->name = s->name;
	ret_status->version = s->version;
	ret_status->text = s->text;
	ret_status->roles = s->roles_text;
}
