/* alarm_load: what the alarm engine costs with a great many rules: from a reading to its transition while half of the buses
 * are dead, a flood of a thousand devices at once, bytes for a rule and for an alarm. One table on stdout; asserts nothing.
 *
 *     alarm_load DATA_DIR [RULES] [READINGS]      make bench-alarm
 *
 * The engine alone (app/engine.c with the configuration as it is read from files): no disk, no loop, no thread. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "alarm/windows.h"
#include "app/engine.h"
#include "base/mem.h"
#include "base/str.h"

#define DEVICES 2000
#define BUSES   256
#define FLOOD   1000

struct load {
	struct conf *conf;
	struct engine *engine;
	struct alarm_effects effects;
	struct clock_now now;
	struct windows_block windows; /* as app/windowfile.c has them */
	size_t transitions;
	uint32_t seed;
};

static int64_t nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static uint32_t dice(struct load *l)
{
	l->seed = l->seed * 1664525 + 1013904223;
	return l->seed >> 8;
}

static void row(const char *figure, double value, const char *unit)
{
	printf("  %-64s %12.1f %s\n", figure, value, unit);
}

/* ---- the estate ---- */

/* Of the kinds that sites write: a limit, a limit with a state, an age, a window. */
static void write_rule(FILE *f, int number)
{
	static const char *const when[] = {
		"level > 90",
		"level > 95 && !(high is good && high)",
		"level < 5",
		"level > 99 && high",
		"age(level) > 1h",
		"level > 97 || overflow",
		"level > 92 && level < 93",
		"low && level > 50",
		"level > 98",
		"count(high, 10m) >= 6",
	};
	int device = number % DEVICES, kind = number / DEVICES % (int)ARRAY_SIZE(when);

	fprintf(f,
		"{ id = \"r%d\"; device = \"d%d\"; when = \"%s\"; hysteresis = 2; priority = 3; ladder = \"L2\";"
		" text: { zh = \"{place} {device} 水位{value}\"; en = \"{place} {device}: level {value}\"; }; }\n",
		number, device, when[kind]);
}

static void write_estate(FILE *f, int rules)
{
	fputs("estate: { id = \"bench\"; };\nplaces: ( { id = \"b1\"; name = \"1栋\"; } );\nbuses: (\n", f);
	for (int i = 0; i < BUSES; i++)
		fprintf(f, "%s{ id = \"bus%d\"; type = \"tcp\"; host = \"127.0.0.1\"; port = %d; }\n", i ? "," : "", i,
			2000 + i);
	fputs(");\nprofiles: ( { id = \"t\"; class = \"tank\"; points: ( { name = \"level\"; at = \"holding:0\"; },"
	      " { name = \"high\"; at = \"coil:0\"; }, { name = \"low\"; at = \"coil:1\"; },"
	      " { name = \"overflow\"; at = \"coil:2\"; } ); } );\ndevices: (\n",
	      f);
	for (int i = 0; i < DEVICES; i++)
		fprintf(f, "%s{ id = \"d%d\"; place = \"b1/u%d\"; bus = \"bus%d\"; unit = %d; profile = \"t\"; }\n",
			i ? "," : "", i, i % 50, i % BUSES, 1 + i / BUSES);
	fputs(");\nrules: (\n", f);
	for (int i = 0; i < rules; i++) {
		fputs(i ? "," : "", f);
		write_rule(f, i);
	}
	fputs(");\n", f);
}

static int read_conf(struct load *l, const char *data_dir, int rules)
{
	char dir[] = "/tmp/alarm_load.XXXXXX";
	_cleanup_str_buf_ struct str_buf path = { 0 };
	struct diag d = { 0 };
	FILE *f;
	int r;

	if (!mkdtemp(dir))
		return -1;
	str_buf_printf(&path, "%s/estated.conf", dir);
	f = fopen(str_buf_text(&path), "we");
	if (!f)
		return -1;
	write_estate(f, rules);
	fclose(f);
	r = conf_load(str_buf_text(&path), data_dir, &d, &l->conf);
	for (size_t i = 0; r < 0 && i < d.count; i++)
		fprintf(stderr, "%s\n", d.entries[i].text);
	diag_fini(&d);
	unlink(str_buf_text(&path));
	rmdir(dir);
	return r;
}

/* ---- what happens ---- */

static void settle(struct load *l)
{
	l->transitions += l->effects.count;
	alarm_effects_clear(&l->effects);
}

/* From here on what rules remember is written as it is live. */
static void place_windows(struct load *l, int rules)
{
	struct evaluator *e = engine_evaluator(l->engine);
	int64_t began_ns;

	l->windows = (struct windows_block){ .len = windows_bytes(e), .boot = "bench" };
	l->windows.bytes = mem_zalloc(l->windows.len);
	began_ns = nanoseconds();
	windows_place(e, &l->windows, l->now.mono_us);
	row("bytes for a rule on a device, beyond a kill", (double)l->windows.len / rules, "B");
	row("what they remember is put there, as with a reload", (double)(nanoseconds() - began_ns) / 1e6, "ms");
}

/* Nanoseconds from the reading to the transitions that it made. */
static int64_t read_level(struct load *l, size_t device, double level)
{
	struct reading r = { .point = l->conf->devices[device].first_point,
			     .quality = QUALITY_GOOD,
			     .value = value_number(level) };
	int64_t began_ns;

	l->now.mono_us += MS;
	l->now.wall_us += MS;
	r.at = l->now;
	began_ns = nanoseconds();
	engine_reading(l->engine, &r, &l->effects);
	return nanoseconds() - began_ns;
}

static void kill_half(struct load *l)
{
	struct evaluator *e = engine_evaluator(l->engine);
	int64_t began_ns = nanoseconds(), worst_ns = 0;

	for (size_t i = 0; i < l->conf->bus_count; i += 2) {
		const struct bus *b = &l->conf->buses[i];
		int64_t from_ns = nanoseconds();

		engine_down(l->engine, &(struct engine_link){ .bus = b }, QUALITY_LOST, l->now, &l->effects);
		evaluator_set(e, &(struct evaluator_condition){ .rule = "supervision", .asset = b->id, .active = true },
			      l->now, &l->effects);
		for (size_t k = 0; k < l->conf->device_count; k++)
			if (l->conf->devices[k].bus == b)
				evaluator_set(e,
					      &(struct evaluator_condition){ .rule = "supervision",
									     .asset = l->conf->devices[k].id,
									     .place = l->conf->devices[k].place,
									     .active = true },
					      l->now, &l->effects);
		worst_ns = MAX(worst_ns, nanoseconds() - from_ns);
	}
	row("128 of 256 buses die, their devices with them", (double)(nanoseconds() - began_ns) / 1e6, "ms");
	row("the slowest of them", (double)worst_ns / 1e6, "ms");
	settle(l);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void tell(const char *what, int64_t *times_ns, size_t count)
{
	char text[96];

	if (!count)
		return;
	qsort(times_ns, count, sizeof(*times_ns), compare);
	snprintf(text, sizeof(text), "%s: p50", what);
	row(text, (double)times_ns[count / 2] / 1e3, "us");
	snprintf(text, sizeof(text), "%s: p99", what);
	row(text, (double)times_ns[count * 99 / 100] / 1e3, "us");
	snprintf(text, sizeof(text), "%s: max", what);
	row(text, (double)times_ns[count - 1] / 1e3, "us");
}

static void run_readings(struct load *l, size_t readings)
{
	int64_t *raising_ns = mem_array(readings, sizeof(*raising_ns)),
		*plain_ns = mem_array(readings, sizeof(*plain_ns));
	size_t raising = 0, plain = 0;

	for (size_t i = 0; i < readings; i++) {
		size_t device = dice(l) % l->conf->device_count;
		int64_t took_ns;

		if ((l->conf->devices[device].bus - l->conf->buses) % 2 == 0)
			device = (device + 1) % l->conf->device_count; /* of one that lives */
		took_ns = read_level(l, device, dice(l) % 10 ? 30 + (double)(dice(l) % 400) / 10 : 98.5);
		if (l->effects.count)
			raising_ns[raising++] = took_ns;
		else
			plain_ns[plain++] = took_ns;
		settle(l);
		if (evaluator_due(engine_evaluator(l->engine)) <= l->now.mono_us)
			engine_tick(l->engine, l->now, &l->effects);
		settle(l);
	}
	tell("a reading that moves an alarm, half of the buses dead", raising_ns, raising);
	tell("a reading that moves none", plain_ns, plain);
	free(raising_ns);
	free(plain_ns);
}

static void flood(struct load *l)
{
	int64_t *times_ns = mem_array(FLOOD, sizeof(*times_ns)), sum_ns = 0;
	size_t count = 0, transitions;

	for (size_t i = 0; i < l->conf->device_count; i++) {
		read_level(l, i, 50);
		settle(l);
	}
	transitions = l->transitions;
	for (size_t i = 0; i < FLOOD; i++) {
		times_ns[count] = read_level(l, i, 98.5);
		sum_ns += times_ns[count++];
		settle(l);
	}
	row("a flood of 1,000 devices: transitions", (double)(l->transitions - transitions), "");
	row("the whole of it", (double)sum_ns / 1e6, "ms");
	tell("one of its readings", times_ns, count);
	free(times_ns);
}

/* What an alarm takes that never was before: its book entry with texts, reason and group. */
static void weigh_alarms(struct load *l)
{
	struct evaluator *e = engine_evaluator(l->engine);
	size_t before = heap(), alarms = 0, open, position = 0;

	while (evaluator_next(e, &position))
		alarms++;
	open = alarms;
	for (size_t i = 0; i < l->conf->device_count; i++) {
		read_level(l, i, 98.5);
		settle(l);
	}
	position = alarms = 0;
	while (evaluator_next(e, &position))
		alarms++;
	row("bytes for an alarm", alarms > open ? (double)(heap() - before) / (double)(alarms - open) : 0, "B");
}

int main(int argc, char **argv)
{
	int rules = argc > 2 ? atoi(argv[2]) : 20000;
	size_t readings = argc > 3 ? (size_t)atol(argv[3]) : 300000, empty, with_conf;
	struct load l = { .now = { .mono_us = 1000 * S, .wall_us = 1700000000 * S }, .seed = 7 };
	int64_t began_ns = nanoseconds();

	if (argc < 2) {
		fprintf(stderr, "usage: alarm_load DATA_DIR [RULES] [READINGS]\n");
		return 2;
	}
	empty = heap();
	if (read_conf(&l, argv[1], rules) < 0)
		return 1;
	with_conf = heap();
	printf("alarm engine: %d rules on %d devices behind %d buses\n", rules, DEVICES, BUSES);
	row("the configuration is read and checked", (double)(nanoseconds() - began_ns) / 1e6, "ms");
	began_ns = nanoseconds();
	if (engine_new(l.conf, NULL, &l.engine) < 0)
		return 1;
	row("the engine is made", (double)(nanoseconds() - began_ns) / 1e6, "ms");
	row("bytes for a rule, in the configuration", (double)(with_conf - empty) / rules, "B");
	row("bytes for a rule on a device, in the engine", (double)(heap() - with_conf) / rules, "B");
	place_windows(&l, rules);
	for (size_t i = 0; i < l.conf->device_count; i++) {
		read_level(&l, i, 50);
		settle(&l);
	}
	weigh_alarms(&l);
	kill_half(&l);
	run_readings(&l, readings);
	flood(&l);
	alarm_effects_fini(&l.effects);
	engine_free(l.engine);
	free(l.windows.bytes);
	conf_free(l.conf);
	return 0;
}
