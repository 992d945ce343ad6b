#include "doctor/peek.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

int peek_file(const char *root, const char *path, size_t max, struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf whole = { 0 };
	_cleanup_(freep) char *piece = mem_alloc(PEEK_MAX);
	ssize_t len;
	int fd, r = 0;

	str_buf_printf(&whole, "%s%s", root, path);
	fd = open(whole.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	while (max > 0 && (len = read(fd, piece, MIN(max, (size_t)PEEK_MAX))) != 0) {
		if (len < 0) {
			r = -errno;
			break;
		}
		str_buf_add_len(to, piece, (size_t)len);
		max -= (size_t)len;
	}
	close(fd);
	return r;
}

int peek_line(const char *root, const char *path, struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	int r = peek_file(root, path, 4096, &text);

	if (r < 0)
		return r;
	if (text.len == 0)
		return -ENODATA;
	str_buf_add_len(to, text.text, strcspn(text.text, "\n"));
	return 0;
}

int peek_number(const char *root, const char *path, int64_t *ret_number)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	int r = peek_line(root, path, &text);

	if (r < 0)
		return r;
	str_buf_consume(&text, strspn(str_buf_text(&text), " \t"));
	if (text.text)
		text.text[strcspn(text.text, " \t")] = '\0';
	return str_to_i64(str_buf_text(&text), ret_number);
}

bool peek_exists(const char *root, const char *path)
{
	_cleanup_str_buf_ struct str_buf whole = { 0 };

	str_buf_printf(&whole, "%s%s", root, path);
	return access(whole.text, F_OK) == 0;
}

bool peek_value(const char *text, const char *key, struct str_buf *to)
{
	size_t key_len = strlen(key);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *value = line + key_len;
		size_t len;

		if (strncmp(line, key, key_len) != 0 || (*value != ':' && *value != '='))
			continue;
		value++;
		value += strspn(value, " \t");
		len = strcspn(value, "\n");
		while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
			len--;
		str_buf_add_len(to, value, len);
		return true;
	}
	return false;
}

/* ---- processes ---- */

/* The next process of an open /proc; 0 at the end. */
static pid_t next_process(DIR *proc)
{
	struct dirent *e;
	int64_t pid;

	while ((e = readdir(proc)))
		if (str_to_i64(e->d_name, &pid) == 0 && pid > 0 && pid <= INT32_MAX)
			return (pid_t)pid;
	return 0;
}

static DIR *open_proc(const char *root)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };

	str_buf_printf(&path, "%s/proc", root);
	return opendir(path.text);
}

void peek_name(const char *root, pid_t pid, struct str_buf *to)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };

	str_buf_printf(&path, "/proc/%d/comm", (int)pid);
	if (peek_line(root, path.text, to) < 0)
		str_buf_add(to, "?");
}

pid_t peek_process(const char *root, const char *name)
{
	DIR *proc = open_proc(root);
	pid_t pid;

	while (proc && (pid = next_process(proc))) {
		_cleanup_str_buf_ struct str_buf comm = { 0 };

		peek_name(root, pid, &comm);
		if (str_equal(str_buf_text(&comm), name)) {
			closedir(proc);
			return pid;
		}
	}
	if (proc)
		closedir(proc);
	return 0;
}

/* 1: it has the device open; 0: no; -errno: it may not be looked into. */
static int holds(const char *root, pid_t pid, dev_t device)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	struct dirent *e;
	struct stat st;
	DIR *fds;
	int found = 0;

	str_buf_printf(&path, "%s/proc/%d/fd", root, (int)pid);
	fds = opendir(path.text);
	if (!fds)
		return -errno;
	while (!found && (e = readdir(fds)))
		found = fstatat(dirfd(fds), e->d_name, &st, 0) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == device;
	closedir(fds);
	return found;
}

pid_t peek_holder(const char *root, dev_t device, pid_t but, bool *ret_blind)
{
	DIR *proc = open_proc(root);
	bool blind = !proc;
	pid_t pid, holder = 0;

	while (proc && !holder && (pid = next_process(proc))) {
		int r = pid == but || (pid == getpid() && !*root) ? 0 : holds(root, pid, device);

		if (r > 0)
			holder = pid;
		blind |= r == -EACCES || r == -EPERM;
	}
	if (proc)
		closedir(proc);
	*ret_blind = blind;
	return holder;
}
