/* test_machine_seen.c: the doctor on prepared machines: a folder with its own /proc, /sys, /etc and /run, and a pty as
 * serial port. */
#include "unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fill.h"
#include "base/mem.h"
#include "doctor/exam.h"
#include "doctor/peek.h"

struct box {
	char root[64];
	int pty;
	char port[64]; /* of the pty */
	struct stat port_st;
	struct bus bus;
	struct conf conf;
	struct patient p;
	struct findings found;
};

static void put(const struct box *b, const char *path, const char *text)
{
	_cleanup_str_buf_ struct str_buf whole = { 0 };
	FILE *file;

	str_buf_printf(&whole, "%s%s", b->root, path);
	for (char *slash = strchr(whole.text + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole.text, 0755);
		*slash = '/';
	}
	if (!text) {
		assert_int_equal(mkdir(whole.text, 0755), 0);
		return;
	}
	file = fopen(whole.text, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void put_link(const struct box *b, const char *path, const char *target)
{
	_cleanup_str_buf_ struct str_buf whole = { 0 };

	put(b, path, "");
	str_buf_printf(&whole, "%s%s", b->root, path);
	assert_int_equal(unlink(whole.text), 0);
	assert_int_equal(symlink(target, whole.text), 0);
}

static int setup(void **state)
{
	struct box *b = MEM_NEW(struct box);

	strcpy(b->root, "/tmp/estate-doctor-XXXXXX");
	assert_non_null(mkdtemp(b->root));
	b->pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(b->pty >= 0 && grantpt(b->pty) == 0 && unlockpt(b->pty) == 0);
	assert_int_equal(ptsname_r(b->pty, b->port, sizeof(b->port)), 0);
	assert_int_equal(stat(b->port, &b->port_st), 0);
	b->bus = (struct bus){ .id = "riser", .type = BUS_RTU, .path = b->port };
	b->conf = (struct conf){ .buses = &b->bus, .bus_count = 1 };
	b->p = (struct patient){ .root = b->root,
				 .conf = &b->conf,
				 .user = { .uid = geteuid(), .groups = { getegid() }, .group_count = 1 },
				 .user_name = mem_strdup("somebody") };
	put(b, "/proc", NULL);
	*state = b;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int teardown(void **state)
{
	struct box *b = *state;

	close(b->pty);
	finding_fini(&b->found);
	b->p.conf = NULL; /* not from an arena */
	patient_fini(&b->p);
	nftw(b->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(b);
	return 0;
}

/* Of the finding about this subject, there is but one: level, and a part of what it says. */
static void says(struct box *b, const char *subject, enum finding_level level, const char *part)
{
	size_t seen = 0;

	for (size_t i = 0; i < b->found.count; i++) {
		const struct finding *x = &b->found.list[i];
		_cleanup_str_buf_ struct str_buf text = { 0 };

		if (!str_equal(x->subject, subject))
			continue;
		seen++;
		fill_text(&text, x->message, (const char *const *)x->values);
		str_buf_add(&text, " → ");
		fill_text(&text, x->advice, (const char *const *)x->values);
		if (x->level != level || !strstr(text.text, part))
			fail_msg("%s: expected '%s' in '%s: %s'", subject, part, finding_level_name(x->level),
				 text.text);
	}
	assert_int_equal(seen, 1);
	finding_fini(&b->found);
}

static void sysfs(const struct box *b, const char *name, struct str_buf *to)
{
	str_buf_clear(to);
	str_buf_printf(to, "/sys/dev/char/%u:%u/%s", major(b->port_st.st_rdev), minor(b->port_st.st_rdev), name);
}

/* ---- serial ---- */

static void a_port_in_order_is_told_with_its_driver(void **state)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	struct box *b = *state;

	sysfs(b, "device/driver", &path);
	put_link(b, path.text, "../../bus/usb-serial/drivers/ftdi_sio");
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_OK, "ftdi_sio");
}

static void whoever_has_the_port_open_is_named(void **state)
{
	struct box *b = *state;

	put(b, "/proc/4242/comm", "minicom\n");
	put_link(b, "/proc/4242/fd/3", b->port);
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_FAULT, "minicom (process 4242)");
	b->p.pid = 4242; /* it is the daemon itself */
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_OK, "may use it");
}

static void a_lock_is_seen_where_descriptors_are_not(void **state)
{
	struct box *b = *state;
	char lock[160], name[64];

	put(b, "/proc/77/comm", "gammu\n");
	snprintf(lock, sizeof(lock), "1: FLOCK  ADVISORY  WRITE 77 %02x:%02x:%lu 0 EOF\n", major(b->port_st.st_dev),
		 minor(b->port_st.st_dev), (unsigned long)b->port_st.st_ino);
	put(b, "/proc/locks", lock);
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_FAULT, "gammu (process 77)");
	put(b, "/proc/locks", "");
	snprintf(name, sizeof(name), "/run/lock/LCK..%s", strrchr(b->port, '/') + 1);
	put(b, name, "        77 gammu root\n");
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_FAULT, "gammu (process 77)");
	put(b, name, "78\n"); /* left over: there is no such process */
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_OK, "may use it");
}

static void a_missing_port_is_told_with_those_that_are_there(void **state)
{
	struct box *b = *state;

	b->bus.path = "/dev/serial/by-id/usb-nothing-if00";
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_FAULT, "nor is any other adapter");
	put(b, "/dev/ttyUSB1", "");
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_FAULT, "/dev/ttyUSB1");
	put(b, "/dev/serial/by-id/usb-FTDI_A1-if00-port0", "");
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_FAULT, "/dev/serial/by-id/usb-FTDI_A1-if00-port0");
}

static void a_file_is_no_port(void **state)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	struct box *b = *state;

	put(b, "/file", "");
	str_buf_printf(&path, "%s/file", b->root);
	b->bus.path = path.text;
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_FAULT, "no serial port");
}

static void a_name_without_a_chip_is_at_fault(void **state)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	struct box *b = *state;

	sysfs(b, "type", &path);
	put(b, path.text, "0\n");
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_FAULT, "no chip");
	put(b, path.text, "4\n");
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_OK, "may use it");
}

static void a_port_of_somebody_else_is_denied(void **state)
{
	struct box *b = *state;

	assert_int_equal(chmod(b->port, 0600), 0);
	b->p.user = (struct permit_user){ .uid = 54321, .groups = { 54321 }, .group_count = 1 };
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_FAULT, "may not read and write it");
}

static void the_unit_must_let_the_kind_of_port_through(void **state)
{
	struct box *b = *state;
	char devices[80];

	snprintf(devices, sizeof(devices), "Character devices:\n  1 mem\n%3u ttyXR\n\nBlock devices:\n",
		 major(b->port_st.st_rdev));
	put(b, "/proc/devices", devices);
	b->p.is_units = true;
	b->p.unit = mem_strdup("[Service]\nDevicePolicy=closed\nDeviceAllow=char-ttyUSB rw\n");
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_FAULT, "DeviceAllow=char-ttyXR rw");
	free(b->p.unit);
	b->p.unit = mem_strdup("[Service]\nDevicePolicy=closed\nDeviceAllow=char-ttyXR rw\n");
	exam_serial(&b->p, &b->found);
	says(b, "riser", FINDING_OK, "may use it");
}

static void programs_that_seize_adapters_are_told(void **state)
{
	struct box *b = *state;

	put(b, "/proc/9/comm", "ModemManager\n");
	put(b, "/proc/10/comm", "brltty\n");
	exam_serial(&b->p, &b->found);
	assert_int_equal(b->found.count, 3);
	assert_string_equal(b->found.list[1].subject, "ModemManager");
	assert_int_equal(b->found.list[1].level, FINDING_WARNING);
	assert_string_equal(b->found.list[2].subject, "brltty");
}

/* ---- the unit ---- */

static void exam_of_unit(struct box *b)
{
	finding_fini(&b->found);
	exam_unit(&b->p, &b->found);
}

static void without_systemd_nobody_restarts_it(void **state)
{
	struct box *b = *state;

	exam_of_unit(b);
	says(b, "estated.service", FINDING_WARNING, "systemd does not run here");
	b->p.systemd = true;
	exam_of_unit(b);
	says(b, "estated.service", FINDING_WARNING, "is not installed");
}

/* The state as systemctl shows it, and what is to be said. */
static void unit_says(struct box *b, const char *properties, enum finding_level level, const char *part)
{
	b->p.systemd = b->p.is_units = true;
	free(b->p.unit);
	b->p.unit = mem_strdup(properties);
	exam_of_unit(b);
	for (size_t i = 0; i < b->found.count; i++) {
		const struct finding *x = &b->found.list[i];

		if (x->level == level && (strstr(x->message, part) || strstr(x->advice, part)))
			return;
	}
	finding_print(&b->found, stderr);
	fail_msg("no %s with '%s'", finding_level_name(level), part);
}

static void each_state_of_the_unit_is_told(void **state)
{
	struct box *b = *state;

	unit_says(b, "LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nSubState=running\nNRestarts=0\n",
		  FINDING_OK, "runs");
	assert_int_equal(finding_count(&b->found, FINDING_OK), b->found.count);
	unit_says(b, "UnitFileState=disabled\nActiveState=active\n", FINDING_WARNING, "systemctl enable");
	unit_says(b, "LoadState=masked\nUnitFileState=masked\nActiveState=inactive\n", FINDING_FAULT, "unmask");
	unit_says(b, "UnitFileState=enabled\nActiveState=failed\nResult=exit-code\n", FINDING_FAULT,
		  "does not stay up");
	unit_says(b, "UnitFileState=enabled\nActiveState=activating\nSubState=auto-restart\n", FINDING_FAULT,
		  "does not stay up");
	unit_says(b, "UnitFileState=enabled\nActiveState=inactive\n", FINDING_WARNING, "systemctl start");
	unit_says(b, "ActiveState=active\nWatchdogUSec=0\n", FINDING_WARNING, "no watchdog");
	unit_says(b, "UnitFileState=enabled\nActiveState=inactive\nWatchdogUSec=0\n", FINDING_WARNING,
		  "systemctl start");
	assert_int_equal(finding_count(&b->found, FINDING_WARNING), 1); /* a stopped one shows 0 */
	unit_says(b, "ActiveState=active\nNeedDaemonReload=yes\n", FINDING_WARNING, "daemon-reload");
}

static void too_few_open_files_are_at_fault(void **state)
{
	struct box *b = *state;

	b->p.pid = 5;
	put(b, "/proc/5/limits",
	    "Limit  Soft Limit  Hard Limit  Units\nMax open files            64      4096     files\n");
	exam_of_unit(b);
	finding_about(&b->found, "x", "x");
	assert_int_equal(finding_count(&b->found, FINDING_FAULT), 1);
	put(b, "/proc/5/limits", "Max open files            1024      4096     files\n");
	exam_of_unit(b);
	assert_int_equal(finding_count(&b->found, FINDING_FAULT), 0);
	says(b, "open files", FINDING_OK, "1024");
}

static void the_unit_file_is_found_and_names_the_user(void **state)
{
	struct box *b = *state;
	const struct patient_paths paths = { .conf_path = "/nowhere/estated.conf",
					     .data_dir = "/nowhere",
					     .plugin_dir = "/nowhere",
					     .state_dir = "/nowhere/state",
					     .runtime_dir = "/nowhere/run" };
	struct patient p;

	put(b, "/usr/lib/systemd/system/estated.service",
	    "[Service]\nExecStart=" ESTATE_SBINDIR "/estated -c x\nUser=nobody\n");
	patient_init(&p, b->root, &paths);
	assert_true(p.is_units);
	assert_false(p.systemd);
	assert_false(p.up);
	assert_string_equal(p.user_name, "nobody");
	patient_fini(&p);
	patient_init(&p, b->root,
		     &(struct patient_paths){ .conf_path = "/nowhere/estated.conf",
					      .state_dir = "/nowhere/state",
					      .runtime_dir = "/nowhere/run",
					      .state_given = true });
	assert_false(p.is_units);
	assert_int_equal(p.user.uid, geteuid());
	patient_fini(&p);
}

/* ---- clock and machine ---- */

static void a_time_service_is_found_by_its_process(void **state)
{
	struct box *b = *state;

	b->conf.estate.timezone = "Asia/Shanghai";
	put(b, "/proc/8/comm", "systemd-timesyn\n");
	put(b, "/sys/class/rtc/rtc0/name", "rtc_cmos\n");
	exam_clock(&b->p, &b->found);
	assert_int_equal(b->found.count, 3);
	assert_string_equal(b->found.list[1].subject, "time");
	assert_int_equal(b->found.list[2].level, FINDING_OK);
	for (size_t i = 0; b->found.list[1].values[i]; i += 2)
		if (str_equal(b->found.list[1].values[i], "service")) {
			assert_string_equal(b->found.list[1].values[i + 1], "systemd-timesyncd");
			return;
		}
	fail_msg("no service is named");
}

static void an_unknown_time_zone_is_at_fault(void **state)
{
	struct box *b = *state;

	b->conf.estate.timezone = "Asia/Nowhere";
	b->p.conf_path = mem_strdup("x.conf");
	exam_clock(&b->p, &b->found);
	says(b, "timezone", FINDING_FAULT, "Asia/Nowhere");
	b->conf.estate.timezone = "Asia/Shanghai";
	exam_clock(&b->p, &b->found);
	says(b, "timezone", FINDING_OK, "Asia/Shanghai");
}

static void heat_and_a_weak_supply_are_read_from_the_kernel(void **state)
{
	struct box *b = *state;

	b->p.state_dir = mem_strdup(b->root);
	put(b, "/proc/meminfo", "MemTotal:        1000000 kB\nMemFree: 1 kB\nMemAvailable:     20000 kB\n");
	put(b, "/proc/loadavg", "99.50 1.00 1.00 1/100 4242\n");
	put(b, "/sys/class/thermal/thermal_zone0/temp", "45000\n");
	put(b, "/sys/class/thermal/thermal_zone1/temp", "91000\n");
	put(b, "/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n");
	exam_machine(&b->p, &b->found);
	assert_string_equal(b->found.list[0].subject, "memory");
	assert_int_equal(b->found.list[0].level, FINDING_FAULT);
	assert_string_equal(b->found.list[1].subject, "load");
	assert_int_equal(b->found.list[1].level, sysconf(_SC_NPROCESSORS_ONLN) < 24 ? FINDING_WARNING : FINDING_OK);
	for (size_t i = 2; i < 5; i++) {
		assert_string_equal(b->found.list[i].subject, "temperature");
		assert_int_equal(b->found.list[i].level, FINDING_WARNING);
	}
}

static void an_old_library_is_a_warning(void **state)
{
	struct box *b = *state;

	put(b, "/var/lib/dpkg/status",
	    "Package: libevent-2.1-7\nStatus: install ok installed\nVersion: 2.1.12-stable-8\n\n"
	    "Package: libsqlite3-0\nStatus: install ok installed\nVersion: 3.40.1-2\n");
	exam_package(&b->p, &b->found);
	assert_int_equal(b->found.count, 2);
	assert_int_equal(b->found.list[0].level, FINDING_WARNING);
	assert_int_equal(b->found.list[1].level, FINDING_OK);
	finding_fini(&b->found);
	put(b, "/var/lib/dpkg/status",
	    "Package: libevent-2.1-7\nStatus: install ok installed\nVersion: 2.1.12-stable-8+deb12u1\n");
	exam_package(&b->p, &b->found);
	says(b, "libevent", FINDING_OK, "deb12u1");
}

static void small_files_are_read_as_they_are(void **state)
{
	struct box *b = *state;
	_cleanup_str_buf_ struct str_buf text = { 0 }, value = { 0 };
	int64_t number;

	put(b, "/a", "12 34\nKey=  value \nKey: other\n");
	assert_int_equal(peek_number(b->root, "/a", &number), 0);
	assert_int_equal(number, 12);
	assert_int_equal(peek_file(b->root, "/a", 4, &text), 0);
	assert_string_equal(text.text, "12 3");
	str_buf_clear(&text);
	assert_int_equal(peek_file(b->root, "/a", 4096, &text), 0);
	assert_true(peek_value(text.text, "Key", &value));
	assert_string_equal(value.text, "value");
	assert_false(peek_value(text.text, "ey", &value));
	assert_int_not_equal(peek_number(b->root, "/none", &number), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_port_in_order_is_told_with_its_driver),
		CASE(whoever_has_the_port_open_is_named),
		CASE(a_lock_is_seen_where_descriptors_are_not),
		CASE(a_missing_port_is_told_with_those_that_are_there),
		CASE(a_file_is_no_port),
		CASE(a_name_without_a_chip_is_at_fault),
		CASE(a_port_of_somebody_else_is_denied),
		CASE(the_unit_must_let_the_kind_of_port_through),
		CASE(programs_that_seize_adapters_are_told),
		CASE(without_systemd_nobody_restarts_it),
		CASE(each_state_of_the_unit_is_told),
		CASE(too_few_open_files_are_at_fault),
		CASE(the_unit_file_is_found_and_names_the_user),
		CASE(a_time_service_is_found_by_its_process),
		CASE(an_unknown_time_zone_is_at_fault),
		CASE(heat_and_a_weak_supply_are_read_from_the_kernel),
		CASE(an_old_library_is_a_warning),
		CASE(small_files_are_read_as_they_are),
	};

	return UNIT_RUN(tests);
}
