/* exam_serial.c: the serial ports of the configuration: there, named for good, the daemon's to use, and nobody else's? Opens
 * none of them: an open moves the modem lines, and some adapters are reset by that. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/mem.h"
#include "doctor/exam.h"
#include "doctor/peek.h"

#define BY_ID       "/dev/serial/by-id"
#define PORTS_SHOWN 4

/* ---- judging ---- */

static void judge_missing(const struct exam_serial_facts *x, struct findings *f)
{
	if (x->error == -EACCES)
		finding_fault(f, N_("{port}: a folder above it is closed"), N_("chmod 0755 for it"), "port", x->port,
			      NULL);
	else if (x->error != -ENOENT)
		finding_fault(f, N_("{port}: {error}"), N_("correct 'port' of this bus"), "port", x->port, "error",
			      strerror(-x->error), NULL);
	else if (x->other_ports[0])
		finding_fault(f, N_("{port} is not there"),
			      N_("plug the adapter in, or correct 'port' of this bus; there is: {others}"), "port",
			      x->port, "others", x->other_ports, NULL);
	else
		finding_fault(f, N_("{port} is not there, nor is any other adapter"),
			      N_("plug it in; 'dmesg | tail' and lsusb say whether the kernel sees it"), "port",
			      x->port, NULL);
}

static void judge_rights(const struct exam_serial_facts *x, struct findings *f)
{
	if (x->denied && x->in_group)
		finding_fault(f, N_("{port}: user {user} may not read and write it"), N_("chmod 0660 {port}"), "port",
			      x->port, "user", x->user, NULL);
	else if (x->denied)
		finding_fault(f, N_("{port}: user {user} may not read and write it, being not in group {group}"),
			      N_("usermod -aG {group} {user}, then start estated anew"), "port", x->port, "user",
			      x->user, "group", x->group, NULL);
	if (x->unit_device[0])
		finding_fault(f, N_("{port}: the unit does not let estated use devices of this kind"),
			      N_("systemctl edit estated: in [Service] write DeviceAllow={device} rw"), "port", x->port,
			      "device", x->unit_device, NULL);
}

static void judge_holder(const struct exam_serial_facts *x, struct findings *f)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", x->holder);
	if (x->holder)
		finding_fault(
			f, N_("{port} is in use by {name} (process {pid}): two on one line spoil each other's frames"),
			N_("stop {name}; if it is ModemManager or brltty, remove that package"), "port", x->port,
			"name", x->holder_name, "pid", pid, NULL);
}

void exam_serial_judge(const struct exam_serial_facts *x, struct findings *f)
{
	size_t before = f->count;

	if (x->error) {
		judge_missing(x, f);
		return;
	}
	if (!x->is_device) {
		finding_fault(f, N_("{port} is no serial port"), N_("correct 'port' of this bus"), "port", x->port,
			      NULL);
		return;
	}
	if (x->no_hardware)
		finding_fault(f, N_("{port}: the kernel knows of no chip behind this name"),
			      N_("use another port; 'dmesg | grep tty' names those that are real"), "port", x->port,
			      NULL);
	judge_rights(x, f);
	judge_holder(x, f);
	if (x->is_unstable && x->stable_name[0])
		finding_warning(f, N_("{port}: this name may be another adapter's after a restart"),
				N_("in the configuration write {name}"), "port", x->port, "name", x->stable_name, NULL);
	else if (x->is_unstable)
		finding_warning(f, N_("{port}: this name may be another adapter's after a restart"),
				N_("use its name of /dev/serial/by-id or by-path"), "port", x->port, NULL);
	if (!finding_clean_since(f, before))
		return;
	if (x->blind)
		finding_ok(f,
			   N_("{port}: user {user} may use it, driver {driver}; who else has it open only root sees"),
			   "port", x->port, "user", x->user, "driver", x->driver[0] ? x->driver : "?", NULL);
	else
		finding_ok(f, N_("{port}: user {user} may use it, driver {driver}, nobody else has it open"), "port",
			   x->port, "user", x->user, "driver", x->driver[0] ? x->driver : "?", NULL);
}

/* ---- looking ---- */

/* The name of by-id that leads to the same port; "" there is none. */
static void find_stable_name(const struct patient *p, const char *port, struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf dir = { 0 };
	char real[PATH_MAX], candidate[PATH_MAX];
	struct dirent *e;
	DIR *entries;

	str_buf_printf(&dir, "%s" BY_ID, p->root);
	entries = opendir(dir.text);
	if (!entries)
		return;
	while (realpath(port, real) && !to->len && (e = readdir(entries))) {
		_cleanup_str_buf_ struct str_buf name = { 0 };

		str_buf_printf(&name, "%s/%s", dir.text, e->d_name);
		if (e->d_name[0] != '.' && realpath(name.text, candidate) && str_equal(candidate, real))
			str_buf_printf(to, BY_ID "/%s", e->d_name);
	}
	closedir(entries);
}

static void add_ports(const struct patient *p, const char *dir, const char *const prefixes[], struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf whole = { 0 };
	struct dirent *e;
	DIR *entries;
	size_t shown = 0;

	str_buf_printf(&whole, "%s%s", p->root, dir);
	entries = opendir(whole.text);
	while (entries && shown < PORTS_SHOWN && (e = readdir(entries)))
		for (size_t i = 0; prefixes[i]; i++)
			if (e->d_name[0] != '.' && str_starts(e->d_name, prefixes[i])) {
				str_buf_printf(to, "%s%s/%s", to->len ? ", " : "", dir, e->d_name);
				shown++;
			}
	if (entries)
		closedir(entries);
}

static void list_ports(const struct patient *p, struct str_buf *to)
{
	static const char *const all[] = { "", NULL };
	static const char *const usb[] = { "ttyUSB", "ttyACM", NULL };

	add_ports(p, BY_ID, all, to);
	if (to->len == 0)
		add_ports(p, "/dev", usb, to);
}

static void find_driver(const struct patient *p, dev_t device, struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	char target[PATH_MAX];
	ssize_t len;
	const char *slash;

	str_buf_printf(&path, "%s/sys/dev/char/%u:%u/device/driver", p->root, major(device), minor(device));
	len = readlink(path.text, target, sizeof(target) - 1);
	if (len <= 0)
		return;
	target[len] = '\0';
	slash = strrchr(target, '/');
	str_buf_add(to, slash ? slash + 1 : target);
}

/* 8250 ports that the kernel has a name for and no chip say type 0. */
static bool has_no_hardware(const struct patient *p, dev_t device)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	int64_t type;

	str_buf_printf(&path, "/sys/dev/char/%u:%u/type", major(device), minor(device));
	return peek_number(p->root, path.text, &type) == 0 && type == 0;
}

/* "188 ttyUSB" of /proc/devices, as a DeviceAllow would name it. */
static void find_kind(const struct patient *p, dev_t device, struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	char key[16];

	snprintf(key, sizeof(key), "%3u ", major(device));
	if (peek_file(p->root, "/proc/devices", PEEK_MAX, &text) < 0)
		return;
	for (const char *line = str_buf_text(&text); *line && !str_starts(line, "Block"); line += *line == '\n') {
		if (str_starts(line, key)) {
			str_buf_add(to, "char-");
			str_buf_add_len(to, line + strlen(key), strcspn(line + strlen(key), "\n"));
			return;
		}
		line += strcspn(line, "\n");
	}
}

/* Does the unit close devices, and leave this one out? */
static bool is_closed_by_unit(const struct patient *p, const char *kind, const char *port)
{
	_cleanup_str_buf_ struct str_buf policy = { 0 }, by_kind = { 0 }, by_port = { 0 };

	if (!p->is_units || !p->unit)
		return false;
	patient_unit_value(p, "DevicePolicy", &policy);
	str_buf_printf(&by_kind, "DeviceAllow=%s", kind);
	str_buf_printf(&by_port, "DeviceAllow=%s", port);
	return (str_equal(str_buf_text(&policy), "closed") || str_equal(str_buf_text(&policy), "strict")) &&
	       !strstr(p->unit, by_kind.text) && !strstr(p->unit, by_port.text);
}

/* Old programs say in a file of the lock folder that they use a port. */
static pid_t find_lock_file(const struct patient *p, const char *port)
{
	_cleanup_str_buf_ struct str_buf path = { 0 }, proc = { 0 };
	char real[PATH_MAX];
	const char *slash;
	int64_t pid = 0;

	slash = realpath(port, real) ? strrchr(real, '/') : NULL;
	str_buf_printf(&path, "/run/lock/LCK..%s", slash ? slash + 1 : "");
	if (peek_number(p->root, path.text, &pid) < 0 || pid <= 0 || pid == p->pid)
		return 0;
	str_buf_printf(&proc, "/proc/%d", (int)pid);
	return peek_exists(p->root, proc.text) ? (pid_t)pid : 0;
}

/* Who has a flock on it is seen by everybody: "1: FLOCK  ADVISORY  WRITE 42 00:05:103 0 EOF". */
static pid_t find_flock(const struct patient *p, const struct stat *st)
{
	_cleanup_str_buf_ struct str_buf locks = { 0 };
	char inode[64];
	const char *at, *line;
	int64_t pid;

	if (peek_file(p->root, "/proc/locks", PEEK_MAX, &locks) < 0 || !locks.text)
		return 0;
	snprintf(inode, sizeof(inode), " %02x:%02x:%lu ", major(st->st_dev), minor(st->st_dev),
		 (unsigned long)st->st_ino);
	at = strstr(locks.text, inode);
	if (!at)
		return 0;
	line = at;
	while (line > locks.text && line[-1] != ' ')
		line--;
	_cleanup_(freep) char *number = mem_strndup(line, (size_t)(at - line));
	return str_to_i64(number, &pid) == 0 && pid > 0 && pid != p->pid ? (pid_t)pid : 0;
}

static bool is_unstable(const char *port)
{
	return str_starts(port, "/dev/ttyUSB") || str_starts(port, "/dev/ttyACM");
}

static void exam_missing(const struct patient *p, struct exam_serial_facts *x, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf others = { 0 };

	list_ports(p, &others);
	x->other_ports = str_buf_text(&others);
	exam_serial_judge(x, f);
}

static void exam_present(const struct patient *p, const struct stat *st, struct exam_serial_facts *x,
			 struct findings *f)
{
	_cleanup_str_buf_ struct str_buf group = { 0 }, driver = { 0 }, kind = { 0 }, stable = { 0 }, holder = { 0 };

	patient_name_group(st->st_gid, &group);
	find_driver(p, st->st_rdev, &driver);
	find_kind(p, st->st_rdev, &kind);
	find_stable_name(p, x->port, &stable);
	x->is_device = S_ISCHR(st->st_mode);
	x->stable_name = str_buf_text(&stable);
	x->is_unstable = is_unstable(x->port);
	x->driver = str_buf_text(&driver);
	x->group = str_buf_text(&group);
	x->in_group = permit_in_group(&p->user, st->st_gid);
	x->no_hardware = x->is_device && has_no_hardware(p, st->st_rdev);
	x->denied = patient_may(p, x->port, R_OK | W_OK) < 0;
	x->unit_device = kind.len && is_closed_by_unit(p, kind.text, x->port) ? kind.text : "";
	if (x->is_device)
		x->holder = peek_holder(p->root, st->st_rdev, p->pid, &x->blind);
	if (!x->holder)
		x->holder = find_flock(p, st);
	if (!x->holder)
		x->holder = find_lock_file(p, x->port);
	if (x->holder)
		peek_name(p->root, x->holder, &holder);
	x->holder_name = str_buf_text(&holder);
	exam_serial_judge(x, f);
}

/* Programs that try every new serial port with bytes of their own. */
static void exam_meddlers(const struct patient *p, struct findings *f)
{
	static const char *const names[] = { "ModemManager", "brltty" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!peek_process(p->root, names[i]))
			continue;
		finding_about(f, "serial", names[i]);
		finding_warning(f, N_("runs here: it takes hold of USB adapters when they are plugged in"),
				N_("apt remove {package}, if no modem or Braille display needs it"), "package",
				i == 0 ? "modemmanager" : "brltty", NULL);
	}
}

void exam_serial(struct patient *p, struct findings *f)
{
	size_t lines = 0;

	for (size_t i = 0; p->conf && i < p->conf->bus_count; i++) {
		const struct bus *bus = &p->conf->buses[i];
		struct exam_serial_facts x = {
			.port = bus->path, .user = p->user_name, .other_ports = "", .unit_device = "", .driver = ""
		};
		struct stat st;

		if (bus->type != BUS_RTU)
			continue;
		lines++;
		finding_about(f, "serial", bus->id);
		if (stat(bus->path, &st) < 0) {
			x.error = -errno;
			exam_missing(p, &x, f);
		} else {
			exam_present(p, &st, &x, f);
		}
	}
	if (lines)
		exam_meddlers(p, f);
}
