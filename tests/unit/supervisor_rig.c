#include "supervisor_rig.h"

#include "unit.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "plugin/sandbox.h"

#define LOG_MAX 2000

static struct {
	struct event_base *base;
	size_t descriptors;
	char *log[LOG_MAX];
	size_t log_count;
} shared;

static struct estate estate = { .id = "demo", .name = "demo", .timezone = "Asia/Shanghai" };
static struct class class = { .id = "sos" };
static const struct profile_point points[] = {
	{ .name = "temperature", .type = VALUE_NUMBER, .field = { .path = "temperature" } },
	{ .name = "pressed", .type = VALUE_EVENT, .event = true, .field = { .path = "action", .equals = "emergency" } },
};
static struct profile profile = {
	.id = "zigbee-sos", .class = &class, .points = points, .point_count = ARRAY_SIZE(points)
};

static void keep_log(void *context, const struct log_entry *entry)
{
	(void)context;
	if (getenv("RIG_LOG"))
		fprintf(stderr, "# %s\n", entry->text);
	if (shared.log_count < LOG_MAX)
		shared.log[shared.log_count++] = mem_strdup(entry->text);
}

size_t rig_log_count(const char *words)
{
	size_t count = 0;

	for (size_t i = 0; i < shared.log_count; i++)
		count += strstr(shared.log[i], words) != NULL;
	return count;
}

size_t rig_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

size_t rig_memory(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return 0;
#endif
	FILE *f = fopen("/proc/self/statm", "r");
	char line[128] = "";
	uint32_t pages = 0;
	char *resident;

	if (f && fgets(line, sizeof(line), f) && (resident = strchr(line, ' '))) {
		resident[1 + strcspn(resident + 1, " ")] = '\0';
		assert_int_equal(str_to_u32(resident + 1, &pages), 0);
	}
	if (f)
		fclose(f);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

bool rig_alive(int pid)
{
	char path[64], line[512] = "", *state;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	state = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	return state && state[2] != 'Z' && state[2] != 'X';
}

bool rig_plugins_are_us(void)
{
	struct sandbox *s = sandbox_new(NULL);
	bool are = sandbox_user(s) == geteuid();

	sandbox_free(s);
	return are;
}

int rig_setup(void **state)
{
	static const struct log_sink sink = { .write = keep_log };

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	log_set_sink(&sink);
	rig_memory(); /* whatever opens something once has done so */
	shared.descriptors = rig_descriptors();
	shared.base = event_base_new();
	assert_non_null(shared.base);
	return 0;
}

int rig_teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < shared.log_count; i++)
		free(shared.log[i]);
	shared.log_count = 0;
	event_base_free(shared.base);
	assert_int_equal(rig_descriptors(), shared.descriptors);
	return 0;
}

struct event_base *rig_base(void)
{
	return shared.base;
}

/* ---- what the supervisor calls ---- */

static void tell(struct rig *r, const char *fmt, ...) _printf_(2, 3);
static void tell(struct rig *r, const char *fmt, ...)
{
	struct str_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	assert_true(r->told_count < ARRAY_SIZE(r->told));
	r->told[r->told_count++] = str_buf_take(&text);
	if (r->stop_at && str_starts(r->told[r->told_count - 1], r->stop_at))
		supervisor_stop(r->supervisor);
}

static void on_state(void *context, struct supervisor *s, bool up, const char *text)
{
	struct rig *r = context;

	assert_ptr_equal(supervisor_plugin(s), &r->plugin);
	assert_int_equal(supervisor_up(s), up);
	assert_true(up == (supervisor_roles(s) != 0));
	tell(r, up ? "up%s" : "down %s", text);
}

static void on_sample(void *context, struct supervisor *s, const struct mapping_message *m, const char *id)
{
	struct rig *r = context;
	struct str_buf fields = { 0 };

	(void)s;
	r->samples++;
	if (r->quiet)
		return;
	for (size_t i = 0; i < m->field_count; i++) {
		str_buf_printf(&fields, " %s=", m->fields[i].path);
		value_format(&m->fields[i].value, &fields);
	}
	tell(r, "sample %s%s at=%lld%s%s%s", m->device->id, str_buf_text(&fields), (long long)m->at.wall_us,
	     m->test ? " test" : "", id ? " id=" : "", id ? id : "");
	str_buf_fini(&fields);
	if (id)
		supervisor_stored(s, id);
}

static void on_stale(void *context, struct supervisor *s, const struct device *d)
{
	(void)s;
	tell(context, "stale %s", d->id);
}

static void on_fault(void *context, struct supervisor *s, const char *text)
{
	(void)s;
	tell(context, "%s%s", text ? "fault " : "healthy", text ? text : "");
}

static void on_discovered(void *context, struct supervisor *s, const struct supervisor_discovery *d)
{
	char *text = d->fields ? json_dumps(d->fields, JSON_COMPACT) : mem_strdup("none");

	(void)s;
	tell(context, "discovered %s %s", d->address, text);
	free(text);
}

static void on_delivered(void *context, struct supervisor *s, uint64_t batch)
{
	(void)s;
	tell(context, "delivered %llu", (unsigned long long)batch);
}

static void on_refused(void *context, struct supervisor *s, const struct supervisor_refusal *refusal)
{
	(void)s;
	tell(context, "refused %llu %s %s seq %llu", (unsigned long long)refusal->batch,
	     refusal->retry ? "retry" : "never", refusal->text ? refusal->text : "-", (unsigned long long)refusal->seq);
}

static void on_notified(void *context, struct supervisor *s, uint64_t id, bool ok, const char *text)
{
	(void)s;
	tell(context, "notified %llu %s %s", (unsigned long long)id, ok ? "ok" : "failed", text ? text : "-");
}

static void on_result(void *context, struct supervisor *s, uint64_t id, bool ok, const json_t *message)
{
	(void)s;
	tell(context, "result %llu %s %s", (unsigned long long)id, ok ? "ok" : "failed",
	     json_string_value(json_object_get(message, "door")));
}

/* ---- life ---- */

struct rig *rig_new(const char *program, const char *options_json, int64_t max_age_us)
{
	static unsigned number;
	struct rig *r = MEM_NEW(struct rig);
	const char *top = getenv("TOP_SRCDIR");
	char here[256];

	if (!top)
		top = getcwd(here, sizeof(here));
	if (strchr(program, '/'))
		snprintf(r->program, sizeof(r->program), "%s", program);
	else
		snprintf(r->program, sizeof(r->program), "%s/tests/it/plugins/%s", top, program);
	snprintf(r->id, sizeof(r->id), "rig-%u", ++number);
	r->plugin = (struct plugin){
		.id = r->id, .program = r->program, .options_json = options_json, .max_age_us = max_age_us
	};
	r->calls = (struct supervisor_calls){ .context = r,
					      .state = on_state,
					      .sample = on_sample,
					      .stale = on_stale,
					      .fault = on_fault,
					      .discovered = on_discovered,
					      .delivered = on_delivered,
					      .refused = on_refused,
					      .notified = on_notified,
					      .result = on_result };
	return r;
}

static struct device_list make_devices(struct rig *r, size_t count)
{
	static const struct plugin other = { .id = "another" };

	r->devices = mem_array(count, sizeof(*r->devices));
	r->ids = mem_array(count, sizeof(*r->ids));
	for (size_t i = 0; i < count; i++) {
		snprintf(r->ids[i], sizeof(r->ids[i]),
			 i == 0   ? "sos-1"
			 : i == 1 ? "env-1"
			 : i == 2 ? "foreign"
				  : "d-%zu",
			 i);
		r->devices[i] = (struct device){ .id = r->ids[i],
						 .address = i == 1 ? NULL : "0x00158d0001a2b3c4",
						 .class = &class,
						 .profile = &profile,
						 .plugin = i == 2 ? &other : &r->plugin };
	}
	return (struct device_list){ .devices = r->devices, .count = count };
}

void rig_start(struct rig *r, size_t device_count)
{
	struct supervisor_setup setup = { .base = shared.base,
					  .plugin = &r->plugin,
					  .estate = &estate,
					  .devices = make_devices(r, device_count),
					  .plugin_dir = "/nonexistent",
					  .state_dir = "/var/lib",
					  .calls = &r->calls };

	assert_int_equal(supervisor_new(&setup, &r->supervisor), 0);
}

void rig_free(struct rig *r)
{
	supervisor_free(r->supervisor);
	for (size_t i = 0; i < r->told_count; i++)
		free(r->told[i]);
	free(r->devices);
	free(r->ids);
	free(r);
}

/* ---- waiting ---- */

static void on_limit(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	*(bool *)context = true;
}

bool rig_until(bool (*done)(void *context), void *context, int64_t limit_us)
{
	bool over = false;
	struct event *limit = event_new(shared.base, -1, 0, on_limit, &over);

	event_add(limit, &(struct timeval){ .tv_sec = limit_us / S, .tv_usec = limit_us % S });
	while (!over && !done(context))
		event_base_loop(shared.base, EVLOOP_ONCE);
	event_free(limit);
	return done(context);
}

static bool never(void *context)
{
	(void)context;
	return false;
}

void rig_run(int64_t for_us)
{
	rig_until(never, NULL, for_us);
}

size_t rig_count(const struct rig *r, const char *words)
{
	size_t count = 0;

	for (size_t i = 0; i < r->told_count; i++)
		count += str_starts(r->told[i], words);
	return count;
}

struct wanted {
	struct rig *rig;
	const char *words;
	size_t n;
};

static bool is_told(void *context)
{
	const struct wanted *w = context;

	return rig_count(w->rig, w->words) >= w->n;
}

const char *rig_wait(struct rig *r, const char *words, size_t n)
{
	struct wanted w = { .rig = r, .words = words, .n = n };

	if (!rig_until(is_told, &w, RIG_LIMIT)) {
		for (size_t i = r->told_count > 20 ? r->told_count - 20 : 0; i < r->told_count; i++)
			print_message("# %.300s\n", r->told[i]);
		for (size_t i = shared.log_count > 10 ? shared.log_count - 10 : 0; i < shared.log_count; i++)
			print_message("# log: %.300s\n", shared.log[i]);
		fail_msg("'%s' did not come %zu times", words, n);
	}
	for (size_t i = 0; i < r->told_count; i++)
		if (str_starts(r->told[i], words) && --n == 0)
			return r->told[i];
	return NULL;
}

json_t *rig_echo(struct rig *r, const char *type, size_t n)
{
	char words[64];
	const char *text;
	json_t *json;

	snprintf(words, sizeof(words), "discovered %s ", type);
	text = rig_wait(r, words, n);
	json = json_loads(text + strlen(words), 0, NULL);
	assert_non_null(json);
	return json;
}

struct status_plugin rig_status(const struct rig *r)
{
	struct status_plugin status;

	supervisor_status(r->supervisor, &status);
	return status;
}
