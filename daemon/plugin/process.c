#include "plugin/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/str.h"

#define OOM_SCORE    "500" /* the kernel takes a plugin before the daemon */
#define CHILD_FAILED 127

enum { END_READ, END_WRITE };

struct pipes {
	int in[2], out[2], err[2];
};

static void close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			close(pair[i]);
		pair[i] = -1;
	}
}

static void close_pipes(struct pipes *p)
{
	close_pair(p->in);
	close_pair(p->out);
	close_pair(p->err);
}

static int open_pipes(struct pipes *p)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipe2(p->in, O_CLOEXEC) < 0 || pipe2(p->out, O_CLOEXEC) < 0 || pipe2(p->err, O_CLOEXEC) < 0) {
		int r = -errno;

		close_pipes(p);
		return r;
	}
	/* Ours are non-blocking; the plugin's own ends stay ordinary. */
	fcntl(p->in[END_WRITE], F_SETFL, O_NONBLOCK);
	fcntl(p->out[END_READ], F_SETFL, O_NONBLOCK);
	fcntl(p->err[END_READ], F_SETFL, O_NONBLOCK);
	return 0;
}

/* All that the child needs, made before the fork: it may not allocate. */
struct child {
	const struct process_setup *setup;
	struct pipes *pipes;
	char *argv[2], **environment;
	int program_fd; /* opened while we may still read it */
	pid_t parent;
};

static void say(const char *text)
{
	ssize_t n = write(STDOUT_FILENO, text, strlen(text));

	(void)n;
}

/* In the protocol's own words, so that the reason stands where a technician looks for it. */
static _Noreturn void child_fail(const char *what, int error)
{
	const char *text = strerrordesc_np(error);

	say("{\"type\":\"fault\",\"text\":\"");
	say(what);
	say(": ");
	say(text ? text : "unknown error");
	say("\"}\n");
	_exit(CHILD_FAILED);
}

static void raise_oom_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : write(fd, OOM_SCORE, sizeof(OOM_SCORE) - 1);

	(void)n; /* where it may not, the kernel chooses by size alone */
	if (fd >= 0)
		close(fd);
}

/* The daemon's handlers write into its loop's descriptors, which the child shares: signals stay blocked until they are gone. */
static void default_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: async-signal-safe calls only, until exec. */
static _Noreturn void child_main(const struct child *c)
{
	int r;

	setpgid(0, 0);
	if (dup2(c->pipes->in[END_READ], STDIN_FILENO) < 0 || dup2(c->pipes->out[END_WRITE], STDOUT_FILENO) < 0 ||
	    dup2(c->pipes->err[END_WRITE], STDERR_FILENO) < 0)
		_exit(CHILD_FAILED);
	/* All of ours are CLOEXEC; this is for what a library may have opened without. */
	syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	if (chdir("/") < 0)
		child_fail("chdir /", errno);
	raise_oom_score();
	r = sandbox_enter(c->setup->sandbox);
	if (r < 0)
		child_fail("sandbox", -r);
	/* Becoming nobody clears it, so it comes after. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		child_fail("PR_SET_PDEATHSIG", errno);
	if (getppid() != c->parent)
		_exit(CHILD_FAILED);
	default_signals();
	execve(c->setup->program, c->argv, c->environment);
	/* Its folder may be closed to nobody, the program itself is not: run it by descriptor. A script's interpreter
	 * opens it once more, so it stays open. */
	if (errno == EACCES && fcntl(c->program_fd, F_SETFD, 0) == 0)
		fexecve(c->program_fd, c->argv, c->environment);
	child_fail("the program cannot be executed", errno);
}

static void add_variable(char **environment, const char *name, const char *value)
{
	struct str_buf text = { 0 };

	str_buf_printf(&text, "%s=%s", name, value);
	while (*environment)
		environment++;
	*environment = str_buf_take(&text);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* What a sanitizer finds in a plugin is kept where the daemon's is. */
static void add_sanitizer_options(char **environment)
{
	static const char *const passed[] = { "UBSAN_OPTIONS", "TSAN_OPTIONS" };
	_cleanup_str_buf_ struct str_buf address = { 0 };
	const char *given = getenv("ASAN_OPTIONS");

	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		if (getenv(passed[i]))
			add_variable(environment, passed[i], getenv(passed[i]));
	/* To look for leaks it would trace, which the sandbox denies. */
	str_buf_printf(&address, "%s:detect_leaks=0", given ? given : "");
	add_variable(environment, "ASAN_OPTIONS", str_buf_text(&address));
}
#endif

static char **make_environment(const struct process_setup *setup)
{
	static const char *const passed[] = { "PATH", "LANG", "LC_ALL", "TZ", "CREDENTIALS_DIRECTORY" };
	char **environment = mem_array(ARRAY_SIZE(passed) + 7, sizeof(*environment));

	for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
		if (getenv(passed[i]))
			add_variable(environment, passed[i], getenv(passed[i]));
	if (setup->tmpdir)
		add_variable(environment, "TMPDIR", setup->tmpdir);
	if (setup->credentials)
		add_variable(environment, "ESTATE_CREDENTIALS", setup->credentials);
	add_variable(environment, "ESTATE_INSTANCE", setup->instance);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	add_sanitizer_options(environment);
#endif
	return environment;
}

static void free_environment(char **environment)
{
	for (char **e = environment; *e; e++)
		free(*e);
	free(environment);
}

/* As we are, because nobody may not come so far; says early what a person can fix. O_PATH waits for nothing. */
static int open_program(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (S_ISDIR(st.st_mode))
		r = -EISDIR;
	else if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		r = -EACCES;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* An ignored SIGCHLD, inherited from whoever started us, would reap children before their end is known. */
static void keep_children(void)
{
	struct sigaction action;

	if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);
}

static pid_t fork_child(const struct child *child)
{
	sigset_t all, before;
	pid_t pid;

	keep_children();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0)
		child_main(child);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid < 0 ? -errno : pid;
}

int process_start(const struct process_setup *setup, struct process *ret_process)
{
	struct pipes pipes;
	struct child child = {
		.setup = setup, .pipes = &pipes, .argv = { (char *)setup->program }, .parent = getpid()
	};
	pid_t pid;
	int r;

	child.program_fd = open_program(setup->program);
	if (child.program_fd < 0)
		return child.program_fd;
	r = open_pipes(&pipes);
	if (r < 0) {
		close(child.program_fd);
		return r;
	}
	child.environment = make_environment(setup);
	sandbox_prepare(setup->sandbox);
	pid = fork_child(&child);
	free_environment(child.environment);
	close(child.program_fd);
	if (pid < 0) {
		close_pipes(&pipes);
		return pid;
	}
	setpgid(pid, pid); /* both sides do: whoever comes first */
	close(pipes.in[END_READ]);
	close(pipes.out[END_WRITE]);
	close(pipes.err[END_WRITE]);
	*ret_process = (struct process){
		.pid = pid,
		.pidfd = (int)syscall(SYS_pidfd_open, pid, 0),
		.in = pipes.in[END_WRITE],
		.out = pipes.out[END_READ],
		.err = pipes.err[END_READ],
	};
	return 0;
}

void process_signal(const struct process *p, int signal_number)
{
	if (p->pid > 0)
		kill(-p->pid, signal_number);
}

bool process_ended(const struct process *p)
{
	siginfo_t info = { .si_pid = 0 };

	if (p->pid <= 0)
		return false;
	if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno == ECHILD; /* reaped by somebody else */
	return info.si_pid == p->pid;
}

void process_reap(struct process *p, char *text, size_t size)
{
	int status = 0;

	/* Its children first: until the leader is reaped the group's number is surely its own. */
	process_signal(p, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		snprintf(text, size, "killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "exited with %d", WEXITSTATUS(status));
	fd_close(&p->in);
	fd_close(&p->out);
	fd_close(&p->err);
	fd_close(&p->pidfd);
	p->pid = 0;
}

char *process_path(const char *dir, const char *program)
{
	struct str_buf path = { 0 };

	if (program[0] == '/')
		str_buf_add(&path, program);
	else
		str_buf_printf(&path, "%s/%s", dir, program);
	return str_buf_take(&path);
}
