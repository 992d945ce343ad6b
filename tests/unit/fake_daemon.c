#include "fake_daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"

static const char small_estate[] = "class lift\n"
				   "point trapped bool\n"
				   "point floor number\n"
				   "point load number kg\n"
				   "device lift-1\n"
				   "class sos\n"
				   "point pressed event\n"
				   "device sos-1204\n"
				   "class tank\n"
				   "point level number %\n"
				   "point medium text\n"
				   "device tank-1\n";

/* The source, as the engine would be it. */

static const struct estate *estate(void *context)
{
	return &((struct fake_daemon *)context)->estate;
}

static const struct place *places(void *context, size_t *ret_count)
{
	static const char *const units[] = { "u1", "u2" };
	static const struct place list[] = {
		{ .id = "b1", .name = "1栋", .floors = 18, .units = units, .unit_count = 2 }, { .id = "gate" }
	};

	(void)context;
	*ret_count = ARRAY_SIZE(list);
	return list;
}

static struct device_list devices(void *context)
{
	struct fake_daemon *f = context;

	return (struct device_list){ .devices = f->world.devices, .count = f->world.device_count };
}

static const struct point_table *points(void *context)
{
	return ((struct fake_daemon *)context)->world.table;
}

static const struct evaluator *alarms(void *context)
{
	return ((struct fake_daemon *)context)->world.evaluator;
}

static size_t buses(void *context _unused_, struct status_bus *rows, size_t max)
{
	assert_true(max >= 1);
	rows[0] = (struct status_bus){ .id = "gw-lifts",
				       .type = "tcp",
				       .target = "127.0.0.1:1502",
				       .state = "up",
				       .since_us = 1700000000 * S,
				       .requests = 1000,
				       .answers = 990,
				       .timeouts = 7,
				       .crc_errors = 1,
				       .mismatches = 1,
				       .late = 1,
				       .cycle_requests = 3,
				       .units = 2,
				       .units_up = 1,
				       .points = 3,
				       .hint = "no answer from unit 4" };
	return 1;
}

static size_t bus_units(void *context _unused_, const char *bus, struct status_unit *rows, size_t max)
{
	assert_string_equal(bus, "gw-lifts");
	assert_true(max >= 2);
	rows[0] = (struct status_unit){ .unit = 247, .up = true, .polls = 500, .answers = 500 };
	rows[1] = (struct status_unit){ .unit = 4, .up = false, .polls = 500, .answers = 490, .errors = 10 };
	return 2;
}

static size_t plugins(void *context _unused_, struct status_plugin *rows, size_t max)
{
	assert_true(max >= 1);
	/* The text is what a plugin said: not UTF-8 here. */
	rows[0] = (struct status_plugin){ .id = "zigbee",
					  .program = "mqtt-source",
					  .state = "fault",
					  .name = "mqtt-source",
					  .version = "1.0",
					  .roles = "source",
					  .text = "no \xff broker",
					  .pid = 4711,
					  .since_us = 1700000000 * S,
					  .restarts = 2,
					  .messages_in = 88 };
	return 1;
}

static size_t outbox(void *context _unused_, struct status_outbox *rows, size_t max)
{
	assert_true(max >= 2);
	rows[0] = (struct status_outbox){ .uplink = "cloud", .lane = "alarm", .last_seq = 7 };
	rows[1] = (struct status_outbox){ .uplink = "cloud",
					  .lane = "data",
					  .pending = 12,
					  .bytes = 3400,
					  .delivered = 100,
					  .oldest_us = 1700000000 * S,
					  .last_seq = 112 };
	return 2;
}

static void store(void *context _unused_, struct status_store *ret_status)
{
	*ret_status = (struct status_store){ .ok = true, .fault = "", .commits = 42, .last_commit_us = 1500 };
}

static int64_t started_us(void *context _unused_)
{
	return clock_wall_us() - 90 * S;
}

static bool ready(void *context)
{
	return ((struct fake_daemon *)context)->ready;
}

static json_t *counters(void *context _unused_)
{
	return json_pack("{si}", "samples", 5);
}

static void tell_stream(struct fake_daemon *f)
{
	for (size_t i = 0; i < f->world.effects.count; i++) {
		if (!alarm_is_told(&f->world.effects.transitions[i]))
			continue;
		api_alarm_changed(f->api, &f->world.effects.transitions[i]);
		f->transitions++;
	}
	alarm_effects_clear(&f->world.effects);
}

static int command(void *context, const struct evaluator_command *c, struct api_pending *pending)
{
	struct fake_daemon *f = context;
	int r;

	snprintf(f->who, sizeof(f->who), "%s", c->who);
	snprintf(f->note, sizeof(f->note), "%s", c->note ? c->note : "(none)");
	r = evaluator_command(f->world.evaluator, c, f->world.now, &f->world.effects);
	if (r < 0)
		return r;
	tell_stream(f);
	if (f->commits == FAKE_AT_ONCE)
		api_finish(pending, 0, NULL);
	else
		f->pending = pending;
	return 0;
}

/* The loop. */

struct job {
	void (*what)(struct fake_daemon *f, const void *arg);
	const void *arg;
};

static void do_job(evutil_socket_t fd, short what _unused_, void *arg)
{
	struct fake_daemon *f = arg;
	struct job job;

	assert_int_equal(read(fd, &job, sizeof(job)), sizeof(job));
	job.what(f, job.arg);
	assert_int_equal(write(f->from_loop[1], "", 1), 1);
	if (f->stop)
		event_base_loopbreak(f->base);
}

static void *run_loop(void *arg)
{
	struct fake_daemon *f = arg;
	struct event *jobs = event_new(f->base, f->to_loop[0], EV_READ | EV_PERSIST, do_job, f);

	event_add(jobs, NULL);
	event_base_dispatch(f->base);
	event_free(jobs);
	return NULL;
}

void fake_do(struct fake_daemon *f, void (*what)(struct fake_daemon *f, const void *arg), const void *arg)
{
	struct job job = { .what = what, .arg = arg };
	char done;

	assert_int_equal(write(f->to_loop[1], &job, sizeof(job)), sizeof(job));
	assert_int_equal(read(f->from_loop[0], &done, 1), 1);
}

static void show_command(struct fake_daemon *f, const void *arg _unused_)
{
	strcpy(f->seen_who, f->who);
	strcpy(f->seen_note, f->note);
}

const char *fake_who(struct fake_daemon *f)
{
	fake_do(f, show_command, NULL);
	return f->seen_who;
}

const char *fake_note(struct fake_daemon *f)
{
	fake_do(f, show_command, NULL);
	return f->seen_note;
}

static void count_clients(struct fake_daemon *f, const void *arg)
{
	*(size_t *)(uintptr_t)arg = api_clients(f->api);
}

void fake_wait_clients(struct fake_daemon *f, size_t wanted)
{
	int64_t deadline_us = clock_mono_us() + 10 * S;
	size_t count = SIZE_MAX;

	while (count != wanted && clock_mono_us() < deadline_us)
		fake_do(f, count_clients, &count); /* a turn of the loop */
	assert_int_equal(count, wanted);
}

void fake_read_now(struct fake_daemon *f, const void *arg)
{
	const struct fake_reading *reading = arg;
	struct point *p = point_find(f->world.table, reading->point);
	struct reading r = { .quality = QUALITY_GOOD, .value = reading->value, .at = clock_now() };

	assert_non_null(p);
	r.point = point_index(f->world.table, p);
	f->world.now = r.at;
	if (point_apply(f->world.table, &r) == POINT_SAME)
		return;
	evaluator_point(f->world.evaluator, r.point, r.at, &f->world.effects);
	api_point_changed(f->api, p);
	tell_stream(f);
}

void fake_read(struct fake_daemon *f, const char *point, struct value value)
{
	struct fake_reading reading = { .point = point, .value = value };

	fake_do(f, fake_read_now, &reading);
}

static void clock_status(void *context, struct status_clock *ret_status)
{
	struct fake_daemon *f = context;

	*ret_status = (struct status_clock){
		.now = { .mono_us = HOUR, .wall_us = f->clock_us ? f->clock_us : 5 * MINUTE },
		.quality = f->clock_us ? CLOCK_RESTORED : CLOCK_UNSET,
		.since_us = f->clock_us,
		.boot = "0123456789abcdef0123456789abcdef",
		.steps = f->clock_us != 0,
		.step_us = f->clock_us ? f->clock_us - 5 * MINUTE : 0,
		.stepped_us = f->clock_us,
	};
}

static int set_clock(void *context, int64_t wall_us, const char *who)
{
	struct fake_daemon *f = context;

	if (f->clock_error)
		return f->clock_error;
	f->clock_us = wall_us;
	snprintf(f->clock_who, sizeof(f->clock_who), "%s", who);
	return 0;
}

static int expect_clock(void *context, int64_t wall_us, const char *who)
{
	struct fake_daemon *f = context;

	f->clock_expected_us = wall_us;
	snprintf(f->clock_who, sizeof(f->clock_who), "%s", who);
	return 0;
}

static void log_status(void *context, struct status_log *ret_status)
{
	struct fake_daemon *f = context;

	for (size_t i = 0; i < LOG_ROOMS; i++)
		if (!f->log.rooms[i].level)
			f->log.rooms[i] =
				(struct status_log_room){ .level = LOG_LEVEL_INFO, .configured = LOG_LEVEL_INFO };
	*ret_status = f->log;
}

static void set_log(void *context, const struct api_log_request *request)
{
	struct fake_daemon *f = context;

	f->log_asked = *request;
	snprintf(f->clock_who, sizeof(f->clock_who), "%s", request->who);
}

static void start(struct fake_daemon *f, const struct api_limits *limits)
{
	struct api_setup setup = { .listen_fd = -1, .limits = limits };
	const char *text = NULL;

	signal(SIGPIPE, SIG_IGN);
	f->estate = (struct estate){ .id = "demo", .name = "示范小区", .timezone = "Asia/Shanghai" };
	f->ready = true;
	f->source = (struct api_source){ .context = f,
					 .estate = estate,
					 .places = places,
					 .devices = devices,
					 .points = points,
					 .alarms = alarms,
					 .buses = buses,
					 .bus_units = bus_units,
					 .plugins = plugins,
					 .outbox = outbox,
					 .store = store,
					 .started_us = started_us,
					 .ready = ready,
					 .command = command,
					 .clock = clock_status,
					 .set_clock = set_clock,
					 .expect_clock = expect_clock,
					 .log = log_status,
					 .set_log = set_log,
					 .counters = counters };
	if (!*f->folder) { /* else the API makes it */
		strcpy(f->folder, "/tmp/estated-api.XXXXXX");
		assert_non_null(mkdtemp(f->folder));
	}
	snprintf(f->socket_path, sizeof(f->socket_path), "%s/api.sock", f->folder);
	assert_int_equal(pipe2(f->to_loop, O_CLOEXEC), 0);
	assert_int_equal(pipe2(f->from_loop, O_CLOEXEC), 0);
	f->base = event_base_new();
	setup.base = f->base;
	setup.socket_path = f->socket_path;
	setup.source = &f->source;
	assert_int_equal(api_open(&setup, &f->api, &text), 0);
	assert_int_equal(chmod(f->folder, 0755), 0); /* a test's child of another user must get to the socket */
	/* As large a stack as the main thread has, on which the API runs in the daemon: base/thread.h has small ones. */
	assert_int_equal(pthread_create(&f->thread, NULL, run_loop, f), 0);
}

static void start_small(struct fake_daemon *f, const struct api_limits *limits)
{
	alarm_world_init(&f->world, small_estate);
	alarm_world_build(&f->world);
	alarm_world_rule(&f->world, &(struct rule){ .id = "lift-trapped",
						    .class = &f->world.classes[0].class,
						    .when = "trapped",
						    .priority = 1,
						    .text = { .zh = "电梯困人", .en = "people trapped in the lift" } });
	alarm_world_rule(&f->world, &(struct rule){ .id = "sos",
						    .class = &f->world.classes[1].class,
						    .when = "pressed",
						    .priority = 1,
						    .text = { .zh = "求助", .en = "help button pressed" } });
	alarm_world_rule(&f->world, &(struct rule){ .id = "tank-high",
						    .class = &f->world.classes[2].class,
						    .when = "level > 90",
						    .latch = true,
						    .priority = 2,
						    .text = { .zh = "水箱高水位", .en = "tank is full" } });
	alarm_world_start(&f->world);
	start(f, limits);
}

void fake_start(struct fake_daemon *f, const struct api_limits *limits)
{
	*f = (struct fake_daemon){ 0 };
	start_small(f, limits);
}

void fake_start_at(struct fake_daemon *f, const char *folder)
{
	*f = (struct fake_daemon){ 0 };
	snprintf(f->folder, sizeof(f->folder), "%s", folder);
	start_small(f, NULL);
}

void fake_start_large(struct fake_daemon *f, size_t count)
{
	*f = (struct fake_daemon){ 0 };
	alarm_world_init(&f->world, "class tank\npoint level number %\n");
	for (size_t i = 0; i < count; i++) {
		char line[40];

		snprintf(line, sizeof(line), "device tank-%zu", i);
		assert_true(alarm_world_line(&f->world, line));
	}
	alarm_world_start(&f->world);
	start(f, NULL);
}

static void end(struct fake_daemon *f, const void *arg _unused_)
{
	f->stop = true;
}

void fake_stop(struct fake_daemon *f)
{
	fake_do(f, end, NULL);
	assert_int_equal(pthread_join(f->thread, NULL), 0);
	api_close(f->api);
	if (f->pending)
		api_finish(f->pending, 0, NULL); /* as a COMMIT that comes after the end */
	event_base_free(f->base);
	alarm_world_fini(&f->world);
	assert_int_equal(access(f->socket_path, F_OK), -1);
	assert_int_equal(rmdir(f->folder), 0);
	for (size_t i = 0; i < 2; i++) {
		close(f->to_loop[i]);
		close(f->from_loop[i]);
	}
}
