/* exam_clock.c: is the time plausible, does somebody keep it right, does it survive the power being off? */
#include "base/clock.h"

#include <stdio.h>

#include "doctor/exam.h"
#include "doctor/peek.h"

static void judge_unconfirmed(const struct exam_clock_facts *x, struct findings *f)
{
	if (x->service[0])
		finding_warning(
			f, N_("{time}: {service} runs, but has not synchronised the clock"),
			N_("'timedatectl timesync-status' or 'chronyc sources' says why; without the internet give it "
			   "a server of the property's network"),
			"time", x->time, "service", x->service, NULL);
	else
		finding_warning(
			f, N_("{time}: plausible, but no time service keeps it right"),
			N_("apt install systemd-timesyncd; on a box without a network: estatectl clock set, twice a "
			   "year"),
			"time", x->time, NULL);
}

void exam_clock_judge(const struct exam_clock_facts *x, struct findings *f)
{
	finding_about(f, "clock", "time");
	if (x->quality == CLOCK_UNSET)
		finding_fault(
			f, N_("it says {time}, which is before this version was built"),
			N_("set it: estatectl clock set 'YYYY-MM-DD HH:MM'; if it comes back, change the battery of "
			   "the box"),
			"time", x->time, NULL);
	else if (x->quality == CLOCK_SYNCHRONISED && x->hidden)
		finding_warning(
			f,
			N_("{time}, kept right by {service}, but the unit does not let estated ask: it takes the "
			   "time for unconfirmed and marks its messages so"),
			N_("systemctl edit estated: in [Service] write ProtectClock=no and, in a line of its own, "
			   "SystemCallFilter=adjtimex clock_adjtime"),
			"time", x->time, "service", x->service[0] ? x->service : "the kernel's time service", NULL);
	else if (x->quality == CLOCK_SYNCHRONISED)
		finding_ok(f, N_("{time}, kept right by {service}"), "time", x->time, "service",
			   x->service[0] ? x->service : "the kernel's time service", NULL);
	else
		judge_unconfirmed(x, f);
	finding_about(f, "clock", "rtc");
	if (x->has_rtc)
		finding_ok(f, N_("a battery clock is there"), NULL);
	else
		finding_warning(
			f,
			N_("there is no battery clock: after a power cut the time is wrong until the network is "
			   "back"),
			N_("add one (DS3231 module), or see that the time service is reachable at once"), NULL);
}

static const char *find_service(const struct patient *p)
{
	/* Names of processes end after 15 bytes. */
	static const struct {
		const char *process, *name;
	} services[] = {
		{ "systemd-timesyn", "systemd-timesyncd" },
		{ "chronyd", "chronyd" },
		{ "ntpd", "ntpd" },
		{ "openntpd", "openntpd" },
		{ "ptp4l", "ptp4l" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (peek_process(p->root, services[i].process))
			return services[i].name;
	return "";
}

static void exam_zone(const struct patient *p, struct findings *f)
{
	const char *zone = p->conf ? p->conf->estate.timezone : NULL;

	if (!zone)
		return;
	finding_about(f, "clock", "timezone");
	if (clock_set_zone(zone) == 0)
		finding_ok(f, N_("{zone} is known here"), "zone", zone, NULL);
	else
		finding_fault(f, N_("{zone} is not known here: UTC is used, so all times of day are wrong"),
			      N_("apt install tzdata, or correct 'timezone' of the estate in {file}"), "zone", zone,
			      "file", p->conf_path, NULL);
}

void exam_clock(struct patient *p, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf protect = { 0 };
	struct clock_sync sync;
	struct exam_clock_facts x;
	char time[CLOCK_ISO_MAX];

	exam_zone(p, f); /* first: the time is shown in it */
	clock_sync_read(&sync);
	if (p->is_units)
		patient_unit_value(p, "ProtectClock", &protect);
	x = (struct exam_clock_facts){
		.quality = (int)clock_judge(&sync, clock_wall_us(), clock_build_us()),
		.time = clock_format_local(clock_wall_us(), time),
		.service = find_service(p),
		.has_rtc = peek_exists(p->root, "/sys/class/rtc/rtc0"),
		/* Only of systemd-timesyncd the daemon hears without asking the kernel. */
		.hidden = str_equal(str_buf_text(&protect), "yes") && !sync.timesyncd,
	};
	exam_clock_judge(&x, f);
}
