#include "doctor/patient.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "doctor/child.h"
#include "doctor/peek.h"

#define ASK_US   (3 * S) /* for systemctl */
#define FILE_MAX (256 * 1024)
#define NOBODY   65534

/* ---- users ---- */

void patient_name_user(uid_t uid, struct str_buf *to)
{
	const struct passwd *known = getpwuid(uid);

	if (known)
		str_buf_add(to, known->pw_name);
	else
		str_buf_printf(to, "%u", (unsigned)uid);
}

void patient_name_group(gid_t gid, struct str_buf *to)
{
	const struct group *known = getgrgid(gid);

	if (known)
		str_buf_add(to, known->gr_name);
	else
		str_buf_printf(to, "%u", (unsigned)gid);
}

static void add_group(struct permit_user *user, gid_t group)
{
	if (user->group_count < PERMIT_GROUPS_MAX && !permit_in_group(user, group))
		user->groups[user->group_count++] = group;
}

static void add_groups_of(struct permit_user *user, const struct passwd *who)
{
	gid_t groups[PERMIT_GROUPS_MAX];
	int count = PERMIT_GROUPS_MAX;

	add_group(user, who->pw_gid);
	if (getgrouplist(who->pw_name, who->pw_gid, groups, &count) < 0)
		count = 0; /* more groups than we look at */
	for (int i = 0; i < count; i++)
		add_group(user, groups[i]);
}

/* Groups that the unit gives him beside his own, by name. */
static void add_groups_of_unit(const struct patient *p, struct permit_user *user)
{
	_cleanup_str_buf_ struct str_buf names = { 0 };
	char *rest, *name;

	patient_unit_value(p, "SupplementaryGroups", &names);
	for (name = names.text ? strtok_r(names.text, " ", &rest) : NULL; name; name = strtok_r(NULL, " ", &rest)) {
		const struct group *known = getgrnam(name);

		if (known)
			add_group(user, known->gr_gid);
	}
}

/* "Groups:	27 100" and the like: the n-th number of the line. */
static bool number_of(const char *line, size_t n, int64_t *ret_number)
{
	for (size_t i = 0; *line; i++) {
		size_t len;
		char word[24];

		line += strspn(line, " \t");
		len = strcspn(line, " \t");
		if (i == n && len > 0 && len < sizeof(word)) {
			memcpy(word, line, len);
			word[len] = '\0';
			return str_to_i64(word, ret_number) == 0;
		}
		line += len;
	}
	return false;
}

/* A running process knows best who it is. */
static bool user_of_process(const struct patient *p, struct permit_user *user)
{
	_cleanup_str_buf_ struct str_buf path = { 0 }, status = { 0 }, uids = { 0 }, gids = { 0 }, groups = { 0 };
	int64_t number;

	str_buf_printf(&path, "/proc/%d/status", (int)p->pid);
	if (p->pid <= 0 || peek_file(p->root, path.text, PEEK_MAX, &status) < 0 ||
	    !peek_value(str_buf_text(&status), "Uid", &uids) || !number_of(str_buf_text(&uids), 1, &number))
		return false;
	*user = (struct permit_user){ .uid = (uid_t)number };
	if (peek_value(status.text, "Gid", &gids) && number_of(str_buf_text(&gids), 1, &number))
		add_group(user, (gid_t)number);
	peek_value(status.text, "Groups", &groups);
	for (size_t i = 0; number_of(str_buf_text(&groups), i, &number); i++)
		add_group(user, (gid_t)number);
	return true;
}

static void user_of_uid(uid_t uid, struct permit_user *user)
{
	const struct passwd *who = getpwuid(uid);

	*user = (struct permit_user){ .uid = uid };
	if (who)
		add_groups_of(user, who);
	else
		add_group(user, (gid_t)uid);
}

/* As whom the daemon runs: its process says so; else its unit; else the owner of its databases; else we ourselves. */
static void find_user(struct patient *p)
{
	_cleanup_str_buf_ struct str_buf name = { 0 };
	const struct passwd *who;
	struct stat st;

	if (user_of_process(p, &p->user))
		return;
	if (p->is_units)
		patient_unit_value(p, "User", &name);
	who = name.len ? getpwnam(name.text) : NULL;
	if (who) {
		p->user = (struct permit_user){ .uid = who->pw_uid };
		add_groups_of(&p->user, who);
		add_groups_of_unit(p, &p->user);
	} else if (stat(p->state_dir, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid != 0) {
		user_of_uid(st.st_uid, &p->user);
	} else {
		user_of_uid(geteuid(), &p->user);
	}
}

void patient_credentials(const struct patient *p, struct str_buf *to)
{
	const char *slash = strrchr(p->conf_path, '/');
	_cleanup_(freep) char *dir =
		slash ? mem_strndup(p->conf_path, (size_t)(slash - p->conf_path) + 1) : mem_strdup(".");
	_cleanup_(freep) char *full = realpath(dir, NULL);

	str_buf_printf(to, "%s/credentials", full ? full : dir);
}

struct permit_user patient_plugin_user(const struct patient *p)
{
	const struct passwd *nobody = getpwnam("nobody");
	struct permit_user user = p->user;

	if (user.uid == 0) {
		user = (struct permit_user){ .uid = nobody ? nobody->pw_uid : NOBODY };
		add_group(&user, nobody ? nobody->pw_gid : NOBODY);
	}
	return user;
}

/* Asks the kernel as that user: only root can, and only while this process has one thread. */
static int ask_as(const struct permit_user *user, const char *path, int want)
{
	gid_t before[PERMIT_GROUPS_MAX];
	int count = getgroups(PERMIT_GROUPS_MAX, before), r = -ENOSYS;

	if (count < 0 || setgroups(user->group_count, user->groups) < 0)
		return -ENOSYS;
	if (seteuid(user->uid) == 0) {
		r = faccessat(AT_FDCWD, path, want, AT_EACCESS) < 0 ? -errno : 0;
		if (seteuid(0) < 0)
			abort(); /* we would go on as somebody else */
	}
	if (setgroups((size_t)count, before) < 0)
		abort();
	return r;
}

int patient_may(const struct patient *p, const char *path, int want)
{
	int r = -ENOSYS;

	if (p->user.uid == geteuid())
		return faccessat(AT_FDCWD, path, want, AT_EACCESS) < 0 ? -errno : 0;
	if (geteuid() == 0)
		r = ask_as(&p->user, path, want);
	return r == -ENOSYS ? permit_path(&p->user, path, want) : r;
}

/* ---- the unit ---- */

void patient_unit_value(const struct patient *p, const char *key, struct str_buf *to)
{
	if (p->unit)
		peek_value(p->unit, key, to);
}

static bool ask_systemd(struct patient *p)
{
	static const char *const argv[] = {
		"/usr/bin/systemctl",
		"show",
		"estated.service",
		"--property=LoadState,UnitFileState,ActiveState,SubState,Result,NRestarts,WatchdogUSec,MainPID,User,"
		"SupplementaryGroups,StateDirectory,DevicePolicy,DeviceAllow,LimitNOFILE,ExecStart,FragmentPath,"
		"NeedDaemonReload,ProtectClock,LoadCredential,LoadCredentialEncrypted,SetCredential",
		NULL,
	};
	_cleanup_str_buf_ struct str_buf state = { 0 };
	struct child ask = { .argv = argv };

	child_run_all(&ask, 1, ASK_US);
	if (ask.error == 0 && ask.said.len > 0) {
		peek_value(ask.said.text, "LoadState", &state);
		if (str_equal(str_buf_text(&state), "loaded") || str_equal(str_buf_text(&state), "masked"))
			p->unit = str_buf_take(&ask.said);
	}
	child_fini(&ask);
	return p->unit != NULL;
}

static void find_unit(struct patient *p)
{
	static const char *const places[] = { "/etc/systemd/system", "/run/systemd/system",
					      "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
					      "/lib/systemd/system" };

	p->systemd = peek_exists(p->root, "/run/systemd/system");
	if (p->systemd && !*p->root && ask_systemd(p))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(places) && !p->unit; i++) {
		_cleanup_str_buf_ struct str_buf path = { 0 }, text = { 0 };

		str_buf_printf(&path, "%s/estated.service", places[i]);
		if (peek_file(p->root, path.text, FILE_MAX, &text) < 0)
			continue;
		str_buf_printf(&text, "\nFragmentPath=%s\n", path.text);
		p->unit = str_buf_take(&text);
	}
}

/* Is this the daemon of the unit, or another one with files of its own? */
static bool is_units(const struct patient *p, const struct patient_paths *paths)
{
	_cleanup_str_buf_ struct str_buf start = { 0 };

	patient_unit_value(p, "ExecStart", &start);
	return start.len && strstr(start.text, ESTATE_SBINDIR "/estated") && !paths->state_given && !paths->conf_given;
}

/* ---- the daemon ---- */

/* Where systemd keeps the socket, a connection would start a daemon that somebody has stopped. */
static bool is_stopped(const struct patient *p)
{
	_cleanup_str_buf_ struct str_buf state = { 0 };

	if (p->is_units && p->systemd)
		patient_unit_value(p, "ActiveState", &state);
	return str_equal(state.text, "inactive") || str_equal(state.text, "failed");
}

/* Is anybody behind the socket, and who? Says nothing to him. */
static int find_daemon(struct patient *p)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	int fd, r = 0;

	if (is_stopped(p))
		return -ESHUTDOWN;
	if (strlen(p->socket_path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, p->socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		r = -errno;
	else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid > 1)
		p->pid = peer.pid; /* systemd itself, where it listens for us */
	close(fd);
	return r;
}

static void find_pid(struct patient *p)
{
	_cleanup_str_buf_ struct str_buf main_pid = { 0 }, name = { 0 };
	int64_t pid;

	if (p->pid == 0 && p->is_units) {
		patient_unit_value(p, "MainPID", &main_pid);
		if (str_to_i64(str_buf_text(&main_pid), &pid) == 0 && pid > 0)
			p->pid = (pid_t)pid;
	}
	if (p->pid > 0)
		peek_name(p->root, p->pid, &name);
	if (p->pid > 0 && !str_equal(str_buf_text(&name), "estated"))
		p->pid = 0; /* somebody else's number */
}

/* A path of the daemon's command line, which may count from its own folder. */
static char *path_of(const struct patient *p, const char *path)
{
	_cleanup_str_buf_ struct str_buf link = { 0 }, whole = { 0 };
	char folder[PATH_MAX];
	ssize_t len;

	str_buf_printf(&link, "%s/proc/%d/cwd", p->root, (int)p->pid);
	len = path[0] == '/' ? -1 : readlink(link.text, folder, sizeof(folder) - 1);
	if (len > 0)
		str_buf_printf(&whole, "%.*s/", (int)len, folder);
	str_buf_add(&whole, path);
	return str_buf_take(&whole);
}

/* The value of an option: "--state-dir X", "--state-dir=X", "-c X", "-cX". Words end with a NUL. */
static const char *option_of(const struct str_buf *words, const char *option)
{
	size_t option_len = strlen(option), len;

	for (const char *w = words->text, *end = w + words->len; w < end; w += len + 1) {
		len = strnlen(w, (size_t)(end - w));
		if (strncmp(w, option, option_len) != 0)
			continue;
		if (w[option_len] == '=' && option[1] == '-')
			return w + option_len + 1;
		if (w[option_len] && option[1] != '-')
			return w + option_len;
		if (!w[option_len] && w + len + 1 < end)
			return w + len + 1;
	}
	return NULL;
}

static void take_option(struct patient *p, const struct str_buf *words, const char *const options[2], char **path)
{
	const char *value = option_of(words, options[0]);

	if (!value && options[1])
		value = option_of(words, options[1]);
	if (!value || !*value)
		return;
	free(*path);
	*path = path_of(p, value);
}

/* Where the running daemon has its files. */
static void take_command_line(struct patient *p, const struct patient_paths *paths)
{
	_cleanup_str_buf_ struct str_buf path = { 0 }, words = { 0 };

	str_buf_printf(&path, "/proc/%d/cmdline", (int)p->pid);
	if (p->pid <= 0 || peek_file(p->root, path.text, PEEK_MAX, &words) < 0 || !words.text)
		return;
	if (!paths->conf_given)
		take_option(p, &words, (const char *const[2]){ "--config", "-c" }, &p->conf_path);
	if (!paths->state_given)
		take_option(p, &words, (const char *const[2]){ "--state-dir", NULL }, &p->state_dir);
}

void patient_init(struct patient *p, const char *root, const struct patient_paths *paths)
{
	_cleanup_str_buf_ struct str_buf name = { 0 }, socket_path = { 0 };

	*p = (struct patient){ .root = root,
			       .conf_path = mem_strdup(paths->conf_path),
			       .state_dir = mem_strdup(paths->state_dir),
			       .data_dir = paths->data_dir,
			       .plugin_dir = paths->plugin_dir };
	str_buf_printf(&socket_path, "%s/api.sock", paths->runtime_dir);
	p->socket_path = str_buf_take(&socket_path);
	find_unit(p);
	p->is_units = is_units(p, paths) && !paths->runtime_given;
	p->socket_error = find_daemon(p);
	p->up = p->socket_error == 0 || p->socket_error == -EAGAIN;
	find_pid(p);
	take_command_line(p, paths);
	find_user(p);
	patient_name_user(p->user.uid, &name);
	p->user_name = str_buf_take(&name);
}

void patient_fini(struct patient *p)
{
	free(p->conf_path);
	free(p->state_dir);
	free(p->socket_path);
	free(p->unit);
	free(p->user_name);
	if (p->conf)
		conf_free(p->conf);
	*p = (struct patient){ .root = "" };
}
