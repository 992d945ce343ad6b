#include "doctor/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/mem.h"

/* The raw calls: glibc's would signal threads that a forked child does not have. */
static int enter_user(const struct permit_user *user)
{
	gid_t group = user->group_count ? user->groups[0] : (gid_t)user->uid;

	if (geteuid() != 0 || user->uid == 0)
		return 0;
	if (syscall(SYS_setgroups, user->group_count, user->groups) < 0 ||
	    syscall(SYS_setresgid, group, group, group) < 0 ||
	    syscall(SYS_setresuid, user->uid, user->uid, user->uid) < 0)
		return -errno;
	return 0;
}

static const char *const bare[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL };

/* Only calls that are safe after a fork. Does not return. */
static void be_child(const struct child *c, int in, int out)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (nothing < 0 || dup2(in >= 0 ? in : nothing, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(nothing, STDERR_FILENO) < 0)
		_exit(127);
	if (c->user && enter_user(c->user) < 0)
		_exit(127);
	execve(c->argv[0], (char *const *)c->argv, (char *const *)(c->environment ? c->environment : bare));
	_exit(127);
}

/* All of a small text into an empty pipe. */
static int feed(int fd, const char *input)
{
	size_t len = strlen(input);

	return fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && write(fd, input, len) == (ssize_t)len ? 0 : -E2BIG;
}

static int start(struct child *c)
{
	int in[2] = { -1, -1 }, out[2];
	int r = 0;

	c->in = c->out = -1;
	if (access(c->argv[0], X_OK) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (c->input && pipe2(in, O_CLOEXEC) < 0)
		r = -errno;
	else if (c->input)
		r = feed(in[1], c->input);
	if (r == 0)
		c->pid = fork();
	if (r == 0 && c->pid == 0)
		be_child(c, in[0], out[1]);
	if (r == 0 && c->pid < 0)
		r = -errno;
	fd_close(&in[0]);
	fd_close(&out[1]);
	c->in = in[1];
	c->out = out[0];
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	if (r < 0) {
		fd_close(&c->in);
		fd_close(&c->out);
		c->pid = 0;
	}
	return r;
}

/* What there is to read; closes at the end of it, or of what we take. */
static void take(struct child *c)
{
	char piece[4096];
	ssize_t len = read(c->out, piece, sizeof(piece));

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len > 0)
		str_buf_add_len(&c->said, piece, (size_t)len);
	if (len <= 0 || c->said.len >= CHILD_SAID_MAX)
		fd_close(&c->out);
}

/* Until all have closed their stdout; false at the deadline. */
static bool listen_to(struct child *children, size_t count, int64_t deadline_us)
{
	_cleanup_(freep) struct pollfd *fds = mem_array(count, sizeof(*fds));

	for (;;) {
		size_t open_count = 0;

		for (size_t i = 0; i < count; i++) {
			fds[i] = (struct pollfd){ .fd = children[i].out, .events = POLLIN };
			open_count += children[i].out >= 0;
		}
		if (open_count == 0)
			return true;
		if (clock_poll_many(fds, count, deadline_us) <= 0)
			return false;
		for (size_t i = 0; i < count; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				take(&children[i]);
	}
}

static void end(struct child *c, int64_t deadline_us)
{
	bool late = c->out >= 0;

	fd_close(&c->in); /* for who goes on: the end of his input is the end of his work */
	fd_close(&c->out);
	if (c->pid <= 0)
		return;
	while (!late && waitpid(c->pid, &c->status, WNOHANG) == 0) {
		clock_poll(-1, 0, MIN(clock_mono_us() + 10 * MS, deadline_us));
		late = clock_mono_us() >= deadline_us;
		if (!late)
			continue;
	}
	kill(-c->pid, SIGKILL); /* also those whom it has left behind */
	if (late) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, &c->status, 0);
		c->error = -ETIMEDOUT;
	}
	c->pid = 0;
}

void child_run_all(struct child *children, size_t count, int64_t limit_us)
{
	int64_t deadline_us = clock_mono_us() + limit_us;

	for (size_t i = 0; i < count; i++)
		children[i].error = start(&children[i]);
	if (count > 0)
		listen_to(children, count, deadline_us);
	for (size_t i = 0; i < count; i++)
		end(&children[i], deadline_us);
}

void child_fini(struct child *c)
{
	str_buf_fini(&c->said);
}
