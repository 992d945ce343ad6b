/* exam_machine.c: the box: memory, load, heat, and what its kernel grants the plugins' sandbox. */
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "doctor/exam.h"
#include "doctor/peek.h"
#include "plugin/sandbox.h"

#define MEMORY_FAULT_KB   (32 * 1024)
#define MEMORY_WARNING_KB (96 * 1024)
#define LOAD_PER_CPU      4.0
#define HOT_MC            80000
#define HOT_BELOW_MC      5000 /* of what the chip calls critical */

/* ---- judging ---- */

static void judge_memory(const struct exam_machine_facts *x, struct findings *f)
{
	char free_text[24], all_text[24];

	snprintf(free_text, sizeof(free_text), "%lld", (long long)x->available_kb / 1024);
	snprintf(all_text, sizeof(all_text), "%lld", (long long)x->memory_kb / 1024);
	finding_about(f, "machine", "memory");
	if (x->available_kb < MEMORY_FAULT_KB)
		finding_fault(f, N_("{free} of {all} MiB are left: the kernel will soon end programs"),
			      N_("'ps aux --sort=-rss | head' shows who has it"), "free", free_text, "all", all_text,
			      NULL);
	else if (x->available_kb < MEMORY_WARNING_KB)
		finding_warning(f, N_("{free} of {all} MiB are left"),
				N_("'ps aux --sort=-rss | head' shows who has it"), "free", free_text, "all", all_text,
				NULL);
	else
		finding_ok(f, N_("{free} of {all} MiB are left"), "free", free_text, "all", all_text, NULL);
}

static void judge_load(const struct exam_machine_facts *x, struct findings *f)
{
	char load[24], cpus[24];

	snprintf(load, sizeof(load), "%.1f", x->load);
	snprintf(cpus, sizeof(cpus), "%lld", (long long)x->cpus);
	finding_about(f, "machine", "load");
	if (x->load > LOAD_PER_CPU * (double)x->cpus)
		finding_warning(f, N_("{load} programs want to run at once, there are {cpus} processors"),
				N_("'top' shows who; a load without a busy processor is a disk that does not answer"),
				"load", load, "cpus", cpus, NULL);
	else
		finding_ok(f, N_("{load} on {cpus} processors"), "load", load, "cpus", cpus, NULL);
}

static void judge_heat(const struct exam_machine_facts *x, struct findings *f)
{
	int64_t hot_mc = x->critical_mc > HOT_BELOW_MC ? MIN(x->critical_mc - HOT_BELOW_MC, (int64_t)HOT_MC) : HOT_MC;
	char degrees[24];

	snprintf(degrees, sizeof(degrees), "%lld", (long long)x->temperature_mc / 1000);
	finding_about(f, "machine", "temperature");
	if (x->undervoltage)
		finding_warning(f, N_("the power supply has been too weak since the box was switched on"),
				N_("use the maker's own power supply and a short cable: SD cards die of this"), NULL);
	if (x->throttled)
		finding_warning(f, N_("the processor has been slowed down since the box was switched on"),
				N_("look at its cooling and its power supply"), NULL);
	if (x->temperature_mc && x->temperature_mc >= hot_mc)
		finding_warning(f, N_("{degrees} °C"), N_("give the box air: dust, a closed cabinet, the sun"),
				"degrees", degrees, NULL);
	else if (x->temperature_mc)
		finding_ok(f, N_("{degrees} °C"), "degrees", degrees, NULL);
}

void exam_machine_judge(const struct exam_machine_facts *x, struct findings *f)
{
	if (x->memory_kb)
		judge_memory(x, f);
	if (x->cpus)
		judge_load(x, f);
	judge_heat(x, f);
}

/* ---- looking ---- */

static int64_t kilobytes(const char *meminfo, const char *key)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	int64_t value = 0;

	if (!peek_value(meminfo, key, &text) || !text.text)
		return 0;
	text.text[strcspn(text.text, " ")] = '\0';
	return str_to_i64(text.text, &value) == 0 ? value : 0;
}

/* The hottest of all zones, and the lowest critical point of it. */
static void look_at_heat(const struct patient *p, struct exam_machine_facts *x)
{
	for (int zone = 0; zone < 32; zone++) {
		_cleanup_str_buf_ struct str_buf path = { 0 };
		int64_t now_mc;

		str_buf_printf(&path, "/sys/class/thermal/thermal_zone%d/temp", zone);
		if (peek_number(p->root, path.text, &now_mc) < 0 || now_mc <= x->temperature_mc || now_mc > 200000)
			continue;
		x->temperature_mc = now_mc;
		x->critical_mc = 0;
		for (int trip = 0; trip < 12; trip++) {
			_cleanup_str_buf_ struct str_buf type_path = { 0 }, temp_path = { 0 }, type = { 0 };

			str_buf_printf(&type_path, "/sys/class/thermal/thermal_zone%d/trip_point_%d_type", zone, trip);
			str_buf_printf(&temp_path, "/sys/class/thermal/thermal_zone%d/trip_point_%d_temp", zone, trip);
			if (peek_line(p->root, type_path.text, &type) == 0 &&
			    str_equal(str_buf_text(&type), "critical"))
				peek_number(p->root, temp_path.text, &x->critical_mc);
		}
	}
}

/* What a Raspberry Pi's firmware says: bits of now, and 16 higher those since it was switched on. */
static void look_at_firmware(const struct patient *p, struct exam_machine_facts *x)
{
	_cleanup_str_buf_ struct str_buf text = { 0 }, hex = { 0 };
	int64_t bits;

	if (peek_line(p->root, "/sys/devices/platform/soc/soc:firmware/get_throttled", &text) < 0)
		return;
	str_buf_printf(&hex, "0x%s", str_buf_text(&text));
	if (str_to_i64(hex.text, &bits) < 0)
		return;
	x->undervoltage = bits & 0x10001;
	x->throttled = bits & 0x60006;
}

static void look_at_throttling(const struct patient *p, struct exam_machine_facts *x)
{
	int64_t count;

	if (peek_number(p->root, "/sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", &count) == 0 &&
	    count > 0)
		x->throttled = true;
	look_at_firmware(p, x);
}

static void exam_sandbox(const struct patient *p, struct findings *f)
{
	static const enum sandbox_measure measures[] = { SANDBOX_FILTER, SANDBOX_HIDING };
	_cleanup_(sandbox_freep) struct sandbox *s = sandbox_new(p->state_dir);
	unsigned lacking = sandbox_lacking(s);

	finding_about(f, "kernel", "sandbox");
	for (size_t i = 0; i < ARRAY_SIZE(measures); i++)
		if (lacking & measures[i])
			finding_warning(f, N_("plugins run without {measure}"),
					N_("use Debian's own kernel; in a container allow it there"), "measure",
					sandbox_measure_name(measures[i]), NULL);
	if (!(lacking & (SANDBOX_FILTER | SANDBOX_HIDING)))
		finding_ok(f, N_("seccomp and Landlock are there for the plugins"), NULL);
}

void exam_machine(struct patient *p, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf meminfo = { 0 }, load = { 0 };
	struct exam_machine_facts x = { .cpus = sysconf(_SC_NPROCESSORS_ONLN) };

	if (peek_file(p->root, "/proc/meminfo", PEEK_MAX, &meminfo) == 0) {
		x.memory_kb = kilobytes(str_buf_text(&meminfo), "MemTotal");
		x.available_kb = kilobytes(str_buf_text(&meminfo), "MemAvailable");
	}
	if (peek_line(p->root, "/proc/loadavg", &load) == 0 && load.text) {
		load.text[strcspn(load.text, " ")] = '\0';
		if (str_to_double(load.text, &x.load) < 0)
			x.cpus = 0;
	}
	look_at_heat(p, &x);
	look_at_throttling(p, &x);
	exam_machine_judge(&x, f);
	exam_sandbox(p, f);
}
