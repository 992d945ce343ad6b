/* test_judgement.c: what the doctor says of machines that nobody has at hand: each fact that is wrong, alone. */
#include "unit.h"

#include <errno.h>
#include <linux/magic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fill.h"
#include "doctor/exam.h"

/* The one finding: its level, and a part of its text and hint. */
static void one(struct findings *f, enum finding_level level, const char *part)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	if (f->count != 1)
		finding_print(f, stderr);
	assert_int_equal(f->count, 1);
	assert_int_equal(f->list[0].level, level);
	fill_text(&text, f->list[0].message, (const char *const *)f->list[0].values);
	str_buf_add(&text, " → ");
	fill_text(&text, f->list[0].advice, (const char *const *)f->list[0].values);
	if (!strstr(text.text, part))
		fail_msg("'%s' is not in '%s'", part, text.text);
	assert_null(strchr(text.text, '{')); /* every name has a value */
	assert_true(level == FINDING_OK || f->list[0].advice[0]);
}

/* ---- serial ---- */

static const struct exam_serial_facts good_port = {
	.port = "/dev/ttyUSB0",
	.user = "estated",
	.is_device = true,
	.other_ports = "",
	.stable_name = "",
	.driver = "ftdi_sio",
	.group = "dialout",
	.in_group = true,
	.unit_device = "",
	.holder_name = "",
};

static void port_says(struct exam_serial_facts x, enum finding_level level, const char *part)
{
	_cleanup_findings_ struct findings f = { 0 };

	finding_about(&f, "serial", "riser-3");
	exam_serial_judge(&x, &f);
	one(&f, level, part);
}

static void a_port_in_order_says_driver_and_user(void **state)
{
	struct exam_serial_facts x = good_port;

	(void)state;
	port_says(x, FINDING_OK, "ftdi_sio");
	x.blind = true;
	port_says(x, FINDING_OK, "only root");
}

static void a_missing_port_names_those_that_are_there(void **state)
{
	struct exam_serial_facts x = good_port;

	(void)state;
	x.error = -ENOENT;
	port_says(x, FINDING_FAULT, "nor is any other adapter");
	x.other_ports = "/dev/serial/by-id/usb-FTDI-if00";
	port_says(x, FINDING_FAULT, "/dev/serial/by-id/usb-FTDI-if00");
	x.error = -ENOTDIR;
	port_says(x, FINDING_FAULT, "Not a directory");
	x.error = -EACCES;
	port_says(x, FINDING_FAULT, "folder above");
}

static void a_port_that_is_a_file_or_has_no_chip_is_at_fault(void **state)
{
	struct exam_serial_facts x = good_port;

	(void)state;
	x.is_device = false;
	port_says(x, FINDING_FAULT, "no serial port");
	x = good_port;
	x.no_hardware = true;
	port_says(x, FINDING_FAULT, "no chip");
}

static void a_port_that_is_denied_says_which_group(void **state)
{
	struct exam_serial_facts x = good_port;

	(void)state;
	x.denied = true;
	port_says(x, FINDING_FAULT, "chmod 0660 /dev/ttyUSB0");
	x.in_group = false;
	port_says(x, FINDING_FAULT, "usermod -aG dialout estated");
	x = good_port;
	x.unit_device = "char-ttyAMA";
	port_says(x, FINDING_FAULT, "DeviceAllow=char-ttyAMA rw");
}

static void a_port_in_use_names_the_program(void **state)
{
	struct exam_serial_facts x = good_port;

	(void)state;
	x.holder = 4242;
	x.holder_name = "minicom";
	port_says(x, FINDING_FAULT, "minicom (process 4242)");
}

static void a_name_that_changes_is_a_warning_with_the_better_name(void **state)
{
	struct exam_serial_facts x = good_port;

	(void)state;
	x.is_unstable = true;
	port_says(x, FINDING_WARNING, "/dev/serial/by-id or by-path");
	x.stable_name = "/dev/serial/by-id/usb-FTDI-if00";
	port_says(x, FINDING_WARNING, "write /dev/serial/by-id/usb-FTDI-if00");
}

/* ---- gateways ---- */

static void gateway_says(enum dial_result result, enum finding_level level, const char *part)
{
	_cleanup_findings_ struct findings f = { 0 };

	finding_about(&f, "gateway", "gw");
	exam_gateway_judge(&(struct exam_gateway_facts){ .target = "gw.local:502",
							 .host = "gw.local",
							 .result = result,
							 .error = -EHOSTUNREACH,
							 .took_us = 12 * MS },
			   &f);
	one(&f, level, part);
}

static void each_way_to_miss_a_gateway_is_told_apart(void **state)
{
	(void)state;
	gateway_says(DIAL_REACHED, FINDING_OK, "in 12 ms");
	gateway_says(DIAL_UNKNOWN_NAME, FINDING_FAULT, "'gw.local' is not known");
	gateway_says(DIAL_NO_NAMES, FINDING_FAULT, "no name server");
	gateway_says(DIAL_REFUSED, FINDING_FAULT, "refuses");
	gateway_says(DIAL_NO_ROUTE, FINDING_FAULT, "No route to host");
	gateway_says(DIAL_SILENT, FINDING_FAULT, "no answer in 12 ms");
	gateway_says(DIAL_FAILED, FINDING_FAULT, "gw.local:502");
	assert_int_equal(dial_judge(0), DIAL_REACHED);
	assert_int_equal(dial_judge(-ENETUNREACH), DIAL_NO_ROUTE);
	assert_int_equal(dial_judge(-ETIMEDOUT), DIAL_SILENT);
	assert_int_equal(dial_judge(-EINVAL), DIAL_FAILED);
}

/* ---- the folder of the databases ---- */

static const struct exam_state_facts good_state = {
	.dir = "/var/lib/estated",
	.user = "estated",
	.owner = "estated",
	.is_dir = true,
	.is_users = true,
	.mode = 0700,
	.fs_type = 0xef53, /* ext4 */
	.free_bytes = (uint64_t)4 << 30,
	.free_files = 100000,
	.files = 1000000,
};

static void state_says(struct exam_state_facts x, enum finding_level level, const char *part)
{
	_cleanup_findings_ struct findings f = { 0 };

	finding_about(&f, "state", x.dir);
	exam_state_judge(&x, &f);
	one(&f, level, part);
}

static void a_state_folder_in_order_says_its_room(void **state)
{
	(void)state;
	state_says(good_state, FINDING_OK, "4096 MiB");
}

static void a_state_folder_that_cannot_be_used_says_how_to_mend_it(void **state)
{
	struct exam_state_facts x = good_state;

	(void)state;
	x.error = -ENOENT;
	state_says(x, FINDING_FAULT, "mkdir -p /var/lib/estated");
	x.can_be_made = true;
	state_says(x, FINDING_WARNING, "never run");
	x.error = -EACCES;
	state_says(x, FINDING_WARNING, "sudo");
	x = good_state;
	x.is_dir = false;
	state_says(x, FINDING_FAULT, "no folder");
	x = good_state;
	x.is_read_only = true;
	state_says(x, FINDING_FAULT, "read-only");
	x = good_state;
	x.may_error = -EACCES;
	x.is_users = false;
	x.owner = "root";
	state_says(x, FINDING_FAULT, "chown -R estated: /var/lib/estated");
}

static void a_state_folder_of_others_or_open_to_them_is_a_warning(void **state)
{
	struct exam_state_facts x = good_state;

	(void)state;
	x.is_users = false;
	x.owner = "root";
	state_says(x, FINDING_WARNING, "belongs to root");
	x = good_state;
	x.mode = 0755;
	state_says(x, FINDING_WARNING, "chmod 0700");
}

static void a_file_system_that_forgets_is_a_warning(void **state)
{
	static const struct {
		long type;
		const char *part;
	} kinds[] = {
		{ TMPFS_MAGIC, "on tmpfs" },      { OVERLAYFS_SUPER_MAGIC, "on overlay" },
		{ NFS_SUPER_MAGIC, "on nfs" },    { (long)0xff534d42, "on cifs" },
		{ MSDOS_SUPER_MAGIC, "on vfat" }, { (long)(int32_t)0xff534d42, "on cifs" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct exam_state_facts x = good_state;

		x.fs_type = kinds[i].type;
		state_says(x, FINDING_WARNING, kinds[i].part);
	}
}

static void little_room_is_a_warning_and_none_a_fault(void **state)
{
	struct exam_state_facts x = good_state;

	(void)state;
	x.free_bytes = (uint64_t)100 << 20;
	state_says(x, FINDING_WARNING, "100 MiB");
	x.free_bytes = (uint64_t)31 << 20;
	state_says(x, FINDING_FAULT, "31 MiB");
	x = good_state;
	x.free_files = 3;
	state_says(x, FINDING_FAULT, "3 inodes");
	x.free_files = 9000;
	state_says(x, FINDING_WARNING, "9000 inodes");
	x.files = x.free_files = 0; /* made as they are needed */
	state_says(x, FINDING_OK, "4096 MiB");
}

/* ---- clock ---- */

static void the_clock_is_judged_by_who_keeps_it(void **state)
{
	struct {
		struct exam_clock_facts x;
		enum finding_level time, rtc;
		const char *part;
	} cases[] = {
		{ { CLOCK_SYNCHRONISED, "2026-11-22", "chronyd", true, false }, FINDING_OK, FINDING_OK, "chronyd" },
		{ { CLOCK_SYNCHRONISED, "2026-11-22", "chronyd", true, true },
		  FINDING_WARNING,
		  FINDING_OK,
		  "kept right by chronyd, but" },
		{ { CLOCK_SYNCHRONISED, "2026-11-22", "", true, true },
		  FINDING_WARNING,
		  FINDING_OK,
		  "time service, but" },
		{ { CLOCK_RESTORED, "2026-11-22", "chronyd", true, true },
		  FINDING_WARNING,
		  FINDING_OK,
		  "not synchronised" },
		{ { CLOCK_RESTORED, "2026-11-22", "", false, false },
		  FINDING_WARNING,
		  FINDING_WARNING,
		  "no time service" },
		{ { CLOCK_UNSET, "1970-01-01", "chronyd", true, true }, FINDING_FAULT, FINDING_OK, "1970-01-01" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_findings_ struct findings f = { 0 };
		_cleanup_str_buf_ struct str_buf text = { 0 };

		exam_clock_judge(&cases[i].x, &f);
		assert_int_equal(f.count, 2);
		assert_int_equal(f.list[0].level, cases[i].time);
		assert_int_equal(f.list[1].level, cases[i].rtc);
		fill_text(&text, f.list[0].message, (const char *const *)f.list[0].values);
		assert_non_null(strstr(str_buf_text(&text), cases[i].part));
	}
}

/* ---- the box ---- */

static void box_says(struct exam_machine_facts x, const char *subject, enum finding_level level)
{
	_cleanup_findings_ struct findings f = { 0 };

	exam_machine_judge(&x, &f);
	for (size_t i = 0; i < f.count; i++)
		if (str_equal(f.list[i].subject, subject)) {
			assert_int_equal(f.list[i].level, level);
			return;
		}
	fail_msg("nothing was said of %s", subject);
}

static void a_box_without_memory_rest_or_air_is_noticed(void **state)
{
	const struct exam_machine_facts good = {
		.memory_kb = 1 << 20, .available_kb = 1 << 19, .load = 0.5, .cpus = 4, .temperature_mc = 45000
	};
	struct exam_machine_facts x = good;

	(void)state;
	box_says(good, "memory", FINDING_OK);
	box_says(good, "load", FINDING_OK);
	box_says(good, "temperature", FINDING_OK);
	x.available_kb = 60 * 1024;
	box_says(x, "memory", FINDING_WARNING);
	x.available_kb = 10 * 1024;
	box_says(x, "memory", FINDING_FAULT);
	x = good;
	x.load = 17;
	box_says(x, "load", FINDING_WARNING);
	x = good;
	x.temperature_mc = 81000;
	box_says(x, "temperature", FINDING_WARNING);
	x.temperature_mc = 66000;
	x.critical_mc = 70000;
	box_says(x, "temperature", FINDING_WARNING);
	x = good;
	x.throttled = true;
	box_says(x, "temperature", FINDING_WARNING);
	x = good;
	x.undervoltage = true;
	box_says(x, "temperature", FINDING_WARNING);
}

/* ---- packages ---- */

static void versions_are_compared_as_debian_does(void **state)
{
	static const char *const rising[] = { "1.0~rc1-1",        "1.0-1",           "1.0-1+b1",
					      "1.0-1.1",          "1.0.1-1",         "1.2-1",
					      "1.10-1",           "2.1.12-stable-8", "2.1.12-stable-8+deb12u1",
					      "2.1.12-stable-10", "1:0.1-1" };

	(void)state;
	for (size_t i = 0; i < sizeof(rising) / sizeof(rising[0]); i++)
		for (size_t j = 0; j < sizeof(rising) / sizeof(rising[0]); j++) {
			int r = exam_package_compare(rising[i], rising[j]);

			if ((i < j && r >= 0) || (i == j && r != 0) || (i > j && r <= 0))
				fail_msg("%s %s: %d", rising[i], rising[j], r);
		}
}

static void an_installed_package_is_found_in_dpkgs_status(void **state)
{
	static const char status[] =
		"Package: libevent-2.1-7\nStatus: install ok installed\nVersion: 2.1.12-stable-8\n\n"
		"Package: libevent\nStatus: deinstall ok config-files\nVersion: 1.0\n\n"
		"Package: libsqlite3-0\nStatus: install ok installed\nArchitecture: amd64\n"
		"Version: 3.40.1-2+deb12u2\nDescription: x\n Version: 9\n";
	_cleanup_str_buf_ struct str_buf event = { 0 }, gone = { 0 }, sqlite = { 0 }, none = { 0 };

	(void)state;
	exam_package_find(status, "libevent-2.1-7", &event);
	exam_package_find(status, "libevent", &gone);
	exam_package_find(status, "libsqlite3-0", &sqlite);
	exam_package_find(status, "sqlite3-0", &none);
	assert_string_equal(str_buf_text(&event), "2.1.12-stable-8");
	assert_string_equal(str_buf_text(&gone), "");
	assert_string_equal(str_buf_text(&sqlite), "3.40.1-2+deb12u2");
	assert_string_equal(str_buf_text(&none), "");
}

/* ---- rights ---- */

static void mode_bits_are_read_as_the_kernel_reads_them(void **state)
{
	const struct permit_user user = { .uid = 1000, .groups = { 1000, 20 }, .group_count = 2 };
	const struct permit_user root = { .uid = 0 };

	(void)state;
	struct stat st = { .st_mode = S_IFREG | 0640, .st_uid = 0, .st_gid = 20 };

	assert_true(permit_grants(&user, &st, R_OK));
	assert_false(permit_grants(&user, &st, W_OK));
	st.st_gid = 5;
	assert_false(permit_grants(&user, &st, R_OK));
	st = (struct stat){ .st_mode = S_IFREG | 0066, .st_uid = 1000, .st_gid = 20 };
	assert_false(permit_grants(&user, &st, R_OK)); /* the owner has the owner's bits only */
	assert_true(permit_grants(&root, &st, R_OK | W_OK));
	assert_false(permit_grants(&root, &st, X_OK));
	st.st_mode = S_IFDIR;
	assert_true(permit_grants(&root, &st, X_OK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_in_order_says_driver_and_user),
		cmocka_unit_test(a_missing_port_names_those_that_are_there),
		cmocka_unit_test(a_port_that_is_a_file_or_has_no_chip_is_at_fault),
		cmocka_unit_test(a_port_that_is_denied_says_which_group),
		cmocka_unit_test(a_port_in_use_names_the_program),
		cmocka_unit_test(a_name_that_changes_is_a_warning_with_the_better_name),
		cmocka_unit_test(each_way_to_miss_a_gateway_is_told_apart),
		cmocka_unit_test(a_state_folder_in_order_says_its_room),
		cmocka_unit_test(a_state_folder_that_cannot_be_used_says_how_to_mend_it),
		cmocka_unit_test(a_state_folder_of_others_or_open_to_them_is_a_warning),
		cmocka_unit_test(a_file_system_that_forgets_is_a_warning),
		cmocka_unit_test(little_room_is_a_warning_and_none_a_fault),
		cmocka_unit_test(the_clock_is_judged_by_who_keeps_it),
		cmocka_unit_test(a_box_without_memory_rest_or_air_is_noticed),
		cmocka_unit_test(versions_are_compared_as_debian_does),
		cmocka_unit_test(an_installed_package_is_found_in_dpkgs_status),
		cmocka_unit_test(mode_bits_are_read_as_the_kernel_reads_them),
	};

	return UNIT_RUN(tests);
}
