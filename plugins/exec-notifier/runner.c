#include "exec-notifier/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_log.h"

#define GRACE_US       SDK_CLOCK_S
#define LINES_LOGGED   10
#define READS_PER_TURN 16  /* of 4 KiB: one that writes without an end does not keep the others waiting */
#define TREE_MAX       256 /* processes that one run has started and are ended with it */
#define ENVIRONMENT    64

struct runner {
	struct runner_setup setup;
	char *name; /* for the log */
	pid_t pid;
	struct sdk_watch in, out, end; /* its stdin, its stdout and stderr, its process */
	struct sdk_timer limit;
	char *input;
	size_t written, len;
	char line[RUNNER_LINE_MAX], last[RUNNER_LINE_MAX];
	size_t line_len;
	unsigned lines;
	bool timed_out;
	pid_t tree[TREE_MAX]; /* that were told to end; [0] itself */
	size_t tree_count;
};

extern char **environ;

/* ---- what it says ---- */

static void end_line(struct runner *r)
{
	r->line[r->line_len] = '\0';
	r->line_len = 0;
	if (!r->line[0])
		return;
	snprintf(r->last, sizeof(r->last), "%s", r->line);
	if (r->lines++ < LINES_LOGGED)
		sdk_log_info("%s: %s", r->name, r->line);
}

static void take_output(struct runner *r, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] == '\n')
			end_line(r);
		else if (r->line_len + 1 < sizeof(r->line))
			r->line[r->line_len++] = (unsigned char)data[i] < ' ' ? ' ' : data[i];
}

static void close_watch(struct runner *r, struct sdk_watch *w)
{
	if (w->fd < 0)
		return;
	sdk_loop_unwatch(r->setup.loop, w);
	close(w->fd);
	w->fd = -1;
}

/* What is there; whoever else holds the pipe is not waited for. */
static void read_output(struct runner *r)
{
	char data[4096];

	for (int i = 0; i < READS_PER_TURN && r->out.fd >= 0; i++) {
		ssize_t n = read(r->out.fd, data, sizeof(data));

		if (n > 0)
			take_output(r, data, (size_t)n);
		else if (n == 0 || errno != EAGAIN)
			close_watch(r, &r->out);
		else
			return;
	}
}

static void says(struct sdk_watch *w, short revents)
{
	(void)revents;
	read_output(w->user);
}

/* It need not read all of it, or anything. */
static void hears(struct sdk_watch *w, short revents)
{
	struct runner *r = w->user;
	ssize_t n = revents & (POLLERR | POLLNVAL) ? -1 : write(w->fd, r->input + r->written, r->len - r->written);

	if (n < 0 && (errno == EAGAIN || errno == EINTR) && !(revents & (POLLERR | POLLNVAL)))
		return;
	r->written += n > 0 ? (size_t)n : 0;
	if (n < 0 || r->written == r->len)
		close_watch(r, w);
}

/* ---- its end ---- */

/* The children of one process, as the kernel lists them. */
static size_t add_children(pid_t pid, pid_t tree[static TREE_MAX], size_t count)
{
	char path[64], list[2048], *at = list, *end;
	FILE *in;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	in = fopen(path, "re");
	if (!in)
		return count;
	len = fread(list, 1, sizeof(list) - 1, in);
	fclose(in);
	list[len] = '\0';
	for (; count < TREE_MAX; at = end) {
		long child = strtol(at, &end, 10);

		if (end == at || child <= 1)
			break;
		tree[count++] = (pid_t)child;
	}
	return count;
}

/* Itself and what it has started, which cannot leave our process group but may outlive it. */
static size_t find_tree(pid_t pid, pid_t tree[static TREE_MAX])
{
	size_t count = 1;

	tree[0] = pid;
	for (size_t i = 0; i < count; i++)
		count = add_children(tree[i], tree, count);
	return count;
}

static void kill_tree(struct runner *r, int number)
{
	r->tree_count = find_tree(r->pid, r->tree);
	for (size_t i = r->tree_count; i > 0; i--)
		kill(r->tree[i - 1], number);
}

/* Those that were told to end and have lost their parent since: nothing leads to them any more. */
static void kill_rest(const struct runner *r)
{
	for (size_t i = 1; i < r->tree_count; i++)
		kill(r->tree[i], SIGKILL);
}

static void runner_free(struct runner *r)
{
	sdk_loop_disarm(r->setup.loop, &r->limit);
	close_watch(r, &r->in);
	close_watch(r, &r->out);
	close_watch(r, &r->end);
	free(r->name);
	free(r->input);
	free(r);
}

static void has_ended(struct sdk_watch *w, short revents)
{
	struct runner *r = w->user;
	struct runner_end end = { .timed_out = r->timed_out, .last = r->last };

	(void)revents;
	if (waitpid(r->pid, &end.status, WNOHANG) != r->pid)
		return;
	if (r->timed_out)
		kill_rest(r);
	read_output(r);
	end_line(r);
	if (r->lines > LINES_LOGGED)
		sdk_log_info("%s: %u more lines", r->name, r->lines - LINES_LOGGED);
	r->setup.done(r->setup.user, &end);
	runner_free(r);
}

static void limit_due(struct sdk_timer *t)
{
	struct runner *r = t->user;

	if (r->timed_out)
		kill_rest(r);
	kill_tree(r, r->timed_out ? SIGKILL : SIGTERM);
	r->timed_out = true;
	sdk_loop_arm(r->setup.loop, t, GRACE_US);
}

void runner_cancel(struct runner *r)
{
	kill_tree(r, SIGKILL);
	waitpid(r->pid, NULL, 0);
	runner_free(r);
}

/* ---- its start ---- */

static _Noreturn void child(char *const *argv, char *const *environment, const int in[2], const int out[2])
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(out[1], STDERR_FILENO);
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
	execve(argv[0], argv, environment);
	_exit(127);
}

/* What is more comes first: of two of one name a program finds the first. */
static void make_environment(const char *const *more, char *environment[static ENVIRONMENT])
{
	size_t count = 0;

	for (; more && *more && count + 1 < ENVIRONMENT; more++)
		environment[count++] = (char *)*more;
	for (char **one = environ; *one && count + 1 < ENVIRONMENT; one++)
		environment[count++] = *one;
	environment[count] = NULL;
}

static int fork_it(const struct runner_setup *s, const int in[2], const int out[2], pid_t *ret_pid)
{
	char *environment[ENVIRONMENT];

	make_environment(s->more, environment);
	*ret_pid = fork();
	if (*ret_pid == 0)
		child((char *const *)s->argv, environment, in, out);
	return *ret_pid < 0 ? -errno : 0;
}

static void close_pair(const int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

static void watch_it(struct runner *r, int in, int out)
{
	int process = (int)syscall(SYS_pidfd_open, r->pid, 0);

	if (process < 0)
		abort();
	fcntl(in, F_SETFL, O_NONBLOCK);
	fcntl(out, F_SETFL, O_NONBLOCK);
	r->in = (struct sdk_watch){ in, POLLOUT, hears, r };
	r->out = (struct sdk_watch){ out, POLLIN, says, r };
	r->end = (struct sdk_watch){ process, POLLIN, has_ended, r };
	sdk_loop_watch(r->setup.loop, &r->in);
	sdk_loop_watch(r->setup.loop, &r->out);
	sdk_loop_watch(r->setup.loop, &r->end);
	sdk_loop_arm(r->setup.loop, &r->limit, r->setup.timeout_us);
}

int runner_start(const struct runner_setup *setup, struct runner **ret_runner)
{
	struct runner *r;
	int in[2], out[2], error;
	pid_t pid;

	if (access(setup->argv[0], X_OK) < 0 || pipe2(in, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(out, O_CLOEXEC) < 0) {
		error = -errno;
		close_pair(in);
		return error;
	}
	error = fork_it(setup, in, out, &pid);
	if (error < 0) {
		close_pair(in);
		close_pair(out);
		return error;
	}
	close(in[0]);
	close(out[1]);
	r = calloc(1, sizeof(*r));
	if (!r)
		abort();
	*r = (struct runner){ .setup = *setup, .pid = pid, .limit = { .due = limit_due, .user = r } };
	r->input = strdup(setup->input);
	r->name = strdup(strrchr(setup->argv[0], '/') ? strrchr(setup->argv[0], '/') + 1 : setup->argv[0]);
	if (!r->input || !r->name)
		abort();
	r->len = strlen(r->input);
	watch_it(r, in[1], out[0]);
	*ret_runner = r;
	return 0;
}
