#include "plugin/supervisor.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/backoff.h"
#include "base/complain.h"
#include "base/log.h"
#include "base/mem.h"
#include "plugin/channel.h"
#include "plugin/launch.h"
#include "plugin/process.h"
#include "plugin/protocol.h"
#include "plugin/speech.h"
#include "plugin/work.h"

#define READY_LIMIT  (10 * S)
#define CLOSED_LIMIT (1 * S) /* after it closed a pipe: most end then, and their end says more */
#define STOP_LIMIT   (2 * S)
#define TERM_LIMIT   (1 * S)
#define RESTART_MIN  (1 * S)
#define RESTART_MAX  MINUTE
#define STEADY_MAX   MINUTE
#define TEXT_MAX     512

enum state { WAITING, STARTING, UP, ENDING, STOPPING, STOPPED };

static const char *const state_names[] = {
	[WAITING] = "waiting", [STARTING] = "starting", [UP] = "up",
	[ENDING] = "waiting",  [STOPPING] = "stopping", [STOPPED] = "stopped",
};

struct supervisor {
	struct supervisor_setup setup;
	const struct plugin *plugin;
	enum state state;
	bool ready;         /* in this run it has been up */
	bool faulty;        /* it says it cannot do its work */
	bool termed;        /* stopping: SIGTERM was sent */
	const char *closed; /* the pipe that it closed in this run, or NULL */
	struct process process;
	struct launch *launch;
	struct channel *channel;
	struct event *end_event;  /* its pidfd, or SIGCHLD */
	struct event *life_timer; /* ready, no life, stop: what the state waits for */
	struct event *ping_timer, *start_timer;
	struct work *work;
	size_t next_device; /* the first one it was not told of yet */
	struct backoff backoff;
	int64_t alive_us; /* monotonic: last line from it */
	int64_t since_us; /* monotonic: of its state; 0: none yet */
	int64_t up_us;
	uint64_t ping_id;
	struct complaint down, fault, unknown_types;
	unsigned roles;
	char name[64], version[32], text[TEXT_MAX], roles_text[PROTOCOL_ROLES_MAX];
	struct status_plugin counters;
};

#define about(s) LOG_ABOUT(.plugin = (s)->plugin->id) /* what a line of the log is about */

static void end_run(struct supervisor *s, const char *why);

static void arm(struct event *timer, int64_t wait_us)
{
	event_add(timer, &(struct timeval){ .tv_sec = wait_us / S, .tv_usec = wait_us % S });
}

/* ---- towards the plugin ---- */

/* Takes what text holds. */
static int say(struct supervisor *s, struct str_buf *text)
{
	int r = channel_send(s->channel, str_buf_text(text), text->len);

	if (r == 0)
		s->counters.messages_out++;
	str_buf_fini(text);
	return r;
}

int supervisor_send(struct supervisor *s, const json_t *message)
{
	struct str_buf text = { 0 };
	char *line;

	if (s->state != UP)
		return -ENOTCONN;
	line = json_dumps(message, JSON_COMPACT);
	if (!line)
		return -EINVAL;
	str_buf_add(&text, line);
	free(line);
	return say(s, &text);
}

void supervisor_stored(struct supervisor *s, const char *id)
{
	struct str_buf text = { 0 };

	if (s->state != UP && s->state != STOPPING)
		return;
	speech_stored(&text, id);
	say(s, &text); /* where it does not read: it will send the sample again */
}

int supervisor_deliver(struct supervisor *s, const struct supervisor_batch *b)
{
	struct str_buf text = { 0 };

	if (s->state != UP)
		return -ENOTCONN;
	speech_deliver(&text, b);
	return say(s, &text);
}

/* ---- hello ---- */

static struct speech_introduction introduction(const struct supervisor *s)
{
	struct speech_introduction i = { .plugin = s->plugin, .estate = s->setup.estate };

	i.devices = work_devices(s->work, &i.device_count);
	return i;
}

static void say_hello(struct supervisor *s)
{
	const struct speech_introduction i = introduction(s);
	struct str_buf text = { 0 };

	if (speech_hello(&text, &i, &s->next_device) == 0) {
		say(s, &text);
		return;
	}
	str_buf_fini(&text);
	end_run(s, "its options are longer than a line of the protocol (64 KiB)");
}

/* The devices that hello had no room for, as fast as it reads. */
static void say_devices(struct supervisor *s)
{
	const struct speech_introduction i = introduction(s);

	while (s->state == STARTING && s->next_device < i.device_count && channel_has_room(s->channel)) {
		struct str_buf text = { 0 };

		if (speech_devices(&text, &i, s->next_device, &s->next_device) < 0) {
			str_buf_fini(&text);
			end_run(s, "a device's address is longer than a line of the protocol (64 KiB)");
		} else if (say(s, &text) < 0) {
			return;
		}
	}
}

static void on_drained(void *context)
{
	say_devices(context);
}

/* ---- from the plugin ---- */

static void tell_fault(struct supervisor *s)
{
	s->setup.calls->fault(s->setup.calls->context, s, s->faulty ? s->text : NULL);
}

/* Also with every pong: what was said last may be out of date when it comes and goes. */
static void say_up(struct supervisor *s)
{
	if (s->state != UP)
		return;
	complain_resolved_as(&s->down, LOGID_PLUGIN_BACK, about(s), "plugin %s: up again", s->plugin->id);
}

static void say_healthy(struct supervisor *s)
{
	complain_resolved_as(&s->fault, LOGID_PLUGIN_HEALTHY, about(s), "plugin %s: works again", s->plugin->id);
}

static void take_ready(struct supervisor *s, const struct protocol_message *m)
{
	if (s->state != STARTING)
		return;
	protocol_copy_text(s->name, sizeof(s->name), m->name);
	protocol_copy_text(s->version, sizeof(s->version), m->version ? m->version : "");
	s->roles = m->roles;
	protocol_name_roles(s->roles, s->roles_text);
	s->state = UP;
	s->ready = true;
	if (!s->faulty) {
		s->text[0] = '\0';
		say_healthy(s);
	}
	s->up_us = s->alive_us;
	s->since_us = clock_mono_us();
	if (!s->closed)
		arm(s->life_timer, s->plugin->max_age_us);
	arm(s->ping_timer, s->plugin->max_age_us / 3);
	say_up(s);
	s->setup.calls->state(s->setup.calls->context, s, true, "");
	if (s->faulty) /* it said so before: now somebody hears it */
		tell_fault(s);
}

/* fault: NULL when it is healthy. Before it is ready it is remembered: it may be the reason why it will end. */
static void take_health(struct supervisor *s, const char *fault)
{
	bool told = s->faulty || fault;

	if (fault)
		complain_as(&s->fault, LOGID_PLUGIN_FAULT, about(s), "plugin %s: cannot work: %s", s->plugin->id,
			    fault);
	else
		say_healthy(s);
	s->faulty = fault != NULL;
	protocol_copy_text(s->text, sizeof(s->text), fault ? fault : "");
	if (s->state == UP && told)
		tell_fault(s);
}

static void take_unknown(struct supervisor *s, const struct protocol_message *m)
{
	s->counters.unknown++;
	complain(&s->unknown_types, "plugin %s: a message of type '%.40s', which this version does not know: ignored",
		 s->plugin->id, json_string_value(json_object_get(m->json, "type")));
}

static void take_message(struct supervisor *s, const struct protocol_message *m)
{
	switch (m->type) {
	case PROTOCOL_READY: take_ready(s, m); break;
	case PROTOCOL_FAULT: take_health(s, m->text); break;
	case PROTOCOL_HEALTHY: take_health(s, NULL); break;
	case PROTOCOL_PONG: say_up(s); break;
	case PROTOCOL_UNKNOWN: take_unknown(s, m); break;
	default:
		if (s->ready) /* not before */
			work_take(s->work, m);
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
	speech_ping(&text, ++s->ping_id);
	say(s, &text);
	arm(s->ping_timer, s->plugin->max_age_us / 3);
}

static void check_life(struct supervisor *s)
{
	int64_t left_us = s->alive_us + s->plugin->max_age_us - clock_mono_us();
	char why[80], age[STR_DURATION_MAX];

	if (left_us > 0) {
		arm(s->life_timer, left_us);
		return;
	}
	snprintf(why, sizeof(why), "gave no sign of life for %s", str_from_duration(s->plugin->max_age_us, age));
	end_run(s, why);
}

/* What the state waited for did not come. */
static void on_life(evutil_socket_t fd, short events, void *context)
{
	struct supervisor *s = context;
	char why[40];

	(void)fd;
	(void)events;
	if (s->state == STOPPING) {
		process_signal(&s->process, s->termed ? SIGKILL : SIGTERM);
		s->termed = true;
		arm(s->life_timer, TERM_LIMIT);
	} else if (s->closed) {
		snprintf(why, sizeof(why), "closed its %s", s->closed);
		end_run(s, why);
	} else if (s->state == STARTING) {
		end_run(s, "was not ready within 10 s");
	} else if (s->state == UP) {
		check_life(s);
	}
}

static void on_closed(void *context, const char *what)
{
	struct supervisor *s = context;

	if ((s->state != STARTING && s->state != UP) || s->closed)
		return;
	s->closed = what;
	arm(s->life_timer, CLOSED_LIMIT);
}

/* Up for so long: the next restart is quick again. */
static int64_t steady_after_us(const struct supervisor *s)
{
	return MIN(2 * s->plugin->max_age_us, STEADY_MAX);
}

/* It is of no use any more: said once, here; the next start comes when this process is gone. */
static void go_down(struct supervisor *s, const char *why)
{
	char full[sizeof(s->text) * 2];

	/* A plugin that gives up usually said why. */
	snprintf(full, sizeof(full), "%s%s%s", why, s->faulty ? ": " : "", s->faulty ? s->text : "");
	protocol_copy_text(s->text, sizeof(s->text), full);
	if (s->state == UP && clock_mono_us() - s->up_us > steady_after_us(s))
		backoff_reset(&s->backoff);
	s->state = ENDING;
	s->ready = s->faulty = false;
	s->roles = 0;
	s->counters.restarts++;
	s->since_us = clock_mono_us();
	event_del(s->life_timer);
	event_del(s->ping_timer);
	complain_as(&s->down, LOGID_PLUGIN_LOST, about(s),
		    "plugin %s: %s: nothing comes from it now; it is started again, at the latest after %d s",
		    s->plugin->id, s->text, (int)(RESTART_MAX / S));
	s->setup.calls->state(s->setup.calls->context, s, false, s->text);
}

static void wait_for_start(struct supervisor *s)
{
	if (s->state != ENDING)
		return; /* stopped by whoever was told */
	s->state = WAITING;
	arm(s->start_timer, backoff_next_us(&s->backoff));
}

/* The run is over for us, whatever the process still does: it is killed, and reaped when it is gone. */
static void end_run(struct supervisor *s, const char *why)
{
	channel_stop_reading(s->channel);
	process_signal(&s->process, SIGKILL);
	if (s->state == STARTING || s->state == UP)
		go_down(s, why);
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

static void on_end(evutil_socket_t fd, short events, void *context)
{
	struct supervisor *s = context;
	char text[80];

	(void)fd;
	(void)events;
	if (!process_ended(&s->process))
		return; /* SIGCHLD of another */
	channel_last_words(s->channel);
	forget_process(s); /* before its descriptors are closed */
	process_reap(&s->process, text, sizeof(text));
	s->counters.pid = 0;
	if (s->state == STOPPING) {
		s->state = STOPPED;
		s->roles = 0;
		return;
	}
	if (s->state != ENDING)
		go_down(s, text);
	wait_for_start(s);
}

static struct event *add_event(struct supervisor *s, int fd, short what, event_callback_fn callback)
{
	struct event *e = event_new(s->setup.base, fd, what, callback, s);

	if (!e)
		abort();
	return e;
}

/* Kernels before 5.3, and some containers, have no pidfd: there SIGCHLD tells, and it may have come already. */
static void watch_end(struct supervisor *s)
{
	bool has_pidfd = s->process.pidfd >= 0;

	s->end_event = has_pidfd ? add_event(s, s->process.pidfd, EV_READ | EV_PERSIST, on_end)
				 : add_event(s, SIGCHLD, EV_SIGNAL | EV_PERSIST, on_end);
	event_add(s->end_event, NULL);
	if (!has_pidfd)
		event_active(s->end_event, EV_SIGNAL, 1);
}

/* ---- start ---- */

static void begin_run(struct supervisor *s)
{
	s->state = STARTING;
	s->ready = s->faulty = s->termed = false;
	s->closed = NULL;
	s->counters.pid = s->process.pid;
	s->since_us = clock_mono_us();
	s->alive_us = clock_mono_us();
	channel_open(s->channel, &s->process);
	watch_end(s);
	arm(s->life_timer, READY_LIMIT);
	say_hello(s);
	say_devices(s);
}

static void on_start(evutil_socket_t fd _unused_, short events _unused_, void *context)
{
	struct supervisor *s = context;
	struct str_buf why = { 0 };
	int r = launch_run(s->launch, &s->process);

	if (r == 0) {
		begin_run(s);
		return;
	}
	str_buf_printf(&why, "%s does not start: %s", launch_program(s->launch), strerror(-r));
	go_down(s, str_buf_text(&why));
	str_buf_fini(&why);
	wait_for_start(s);
}

/* ---- interface ---- */

int supervisor_new(const struct supervisor_setup *setup, struct supervisor **ret_supervisor)
{
	struct supervisor *s = MEM_NEW(struct supervisor);

	s->setup = *setup;
	s->plugin = setup->plugin;
	s->process = (struct process){ .pidfd = -1, .in = -1, .out = -1, .err = -1 };
	s->launch = launch_new(&(struct launch_setup){ .instance = setup->plugin->id,
						       .program = setup->plugin->program,
						       .plugin_dir = setup->plugin_dir,
						       .state_dir = setup->state_dir,
						       .credentials_dir = setup->credentials_dir });
	s->work = work_new(&s->setup, s);
	s->channel = channel_new(&(struct channel_setup){ .base = setup->base,
							  .name = setup->plugin->id,
							  .context = s,
							  .line = on_line,
							  .too_long = on_too_long,
							  .closed = on_closed,
							  .drained = on_drained });
	s->life_timer = add_event(s, -1, 0, on_life);
	s->ping_timer = add_event(s, -1, 0, on_ping);
	s->start_timer = add_event(s, -1, 0, on_start);
	backoff_init(&s->backoff, RESTART_MIN, RESTART_MAX, (uint32_t)(uintptr_t)s);
	arm(s->start_timer, 0);
	*ret_supervisor = s;
	return 0;
}

void supervisor_adopt(struct supervisor *s, const struct supervisor_setup *setup)
{
	s->setup = *setup;
	s->plugin = setup->plugin;
	work_free(s->work);
	s->work = work_new(&s->setup, s);
}

void supervisor_stop(struct supervisor *s)
{
	struct str_buf text = { 0 };

	event_del(s->start_timer);
	if (s->state == STOPPING)
		return;
	if (s->process.pid <= 0) {
		s->state = STOPPED;
		return;
	}
	s->state = STOPPING;
	speech_stop(&text);
	say(s, &text);
	arm(s->life_timer, STOP_LIMIT);
}

bool supervisor_idle(const struct supervisor *s)
{
	return s->process.pid <= 0;
}

void supervisor_free(struct supervisor *s)
{
	char text[80];

	if (!s)
		return;
	forget_process(s);
	if (s->process.pid > 0)
		process_reap(&s->process, text, sizeof(text));
	event_free(s->life_timer);
	event_free(s->ping_timer);
	event_free(s->start_timer);
	channel_free(s->channel);
	work_free(s->work);
	launch_free(s->launch);
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
	/* By the wall clock of now: it may have been set since. */
	ret_status->since_us = s->since_us ? clock_wall_us() - (clock_mono_us() - s->since_us) : 0;
	ret_status->throttled = channel_throttled(s->channel);
	ret_status->id = s->plugin->id;
	ret_status->program = s->plugin->program;
	ret_status->state = s->state == UP && s->faulty ? "fault" : state_names[s->state];
	ret_status->name = s->name;
	ret_status->version = s->version;
	ret_status->text = s->text;
	ret_status->roles = s->roles_text;
}
