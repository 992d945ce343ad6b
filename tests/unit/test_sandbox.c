#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "plugin/process.h"
#include "plugin/sandbox.h"

#define OTHER_UID 12345 /* of a daemon that is not root */
#define LIMIT_MS  20000
#define HIGH_HALF ((long)1 << 32)

/* ---- inside: this program run as a plugin; says "name value" a line, value mostly 0 or an errno ---- */

static void say(const char *name, long value)
{
	char line[80];
	int len = snprintf(line, sizeof(line), "%s %ld\n", name, value);

	if (write(STDOUT_FILENO, line, (size_t)len) != len)
		_exit(1);
}

/* Of a call that returns -1 with errno. */
static void say_result(const char *name, long result)
{
	say(name, result < 0 ? errno : 0);
}

static void try_sockets(void)
{
	int pair[2];

	say_result("socket_unix", socket(AF_UNIX, SOCK_STREAM, 0));
	say_result("socket_unix_high_half", syscall(SYS_socket, HIGH_HALF | AF_UNIX, SOCK_STREAM, 0));
	say_result("socket_inet", socket(AF_INET, SOCK_STREAM, 0));
	say_result("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	say_result("io_uring", syscall(SYS_io_uring_setup, 1, NULL));
}

static void try_signals(pid_t daemon)
{
	pid_t child = fork();
	siginfo_t info = { .si_code = SI_QUEUE };

	if (child == 0) {
		pause();
		_exit(0);
	}
	say_result("kill_daemon", kill(daemon, 0));
	say_result("kill_daemon_high_half", syscall(SYS_kill, HIGH_HALF | daemon, 0));
	say_result("kill_everybody", kill(-1, 0));
	say_result("kill_everybody_high_half", syscall(SYS_kill, -1L, 0));
	say_result("kill_daemon_group", kill(-getpgid(daemon), 0));
	say_result("tgkill_daemon", syscall(SYS_tgkill, daemon, daemon, 0));
	say_result("tkill_daemon", syscall(SYS_tkill, daemon, 0));
	say_result("sigqueue_daemon", syscall(SYS_rt_sigqueueinfo, daemon, 0, &info));
	say_result("pidfd_signal_daemon",
		   syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, daemon, 0), 0, NULL, 0));
	say_result("kill_self", kill(getpid(), 0));
	say_result("kill_own_group", kill(0, 0));
	say_result("kill_child", kill(child, SIGKILL));
	say_result("wait_child", waitpid(child, NULL, 0));
}

/* A child that is no leader of a group yet must stay in ours. */
static void try_leaving(const char *name, int (*leave)(void))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(leave() < 0 ? errno : 0);
	waitpid(child, &status, 0);
	say(name, WEXITSTATUS(status));
}

static int leave_session(void)
{
	return (int)setsid();
}

static int leave_group(void)
{
	return setpgid(0, 0);
}

static void try_tracing(pid_t daemon)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { &byte, 1 };
	struct rlimit limit;

	say_result("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	say_result("ptrace_daemon", ptrace(PTRACE_SEIZE, daemon, NULL, NULL));
	say_result("vm_read_daemon", process_vm_readv(daemon, &here, 1, &there, 1, 0));
	say_result("prlimit_daemon", prlimit(daemon, RLIMIT_CPU, NULL, &limit));
	say_result("prlimit_self", prlimit(0, RLIMIT_CPU, NULL, &limit));
}

static void try_files(const char *hidden)
{
	char path[300];
	DIR *dir = opendir(hidden);

	say("list_hidden", dir ? 0 : errno);
	snprintf(path, sizeof(path), "%s/state.db", hidden);
	say_result("read_hidden", open(path, O_RDONLY));
	say_result("write_hidden", open(path, O_WRONLY));
	say_result("truncate_hidden", truncate(path, 0));
	snprintf(path, sizeof(path), "%s/new", hidden);
	say_result("create_hidden", open(path, O_WRONLY | O_CREAT, 0600));
	say_result("read_passwd", open("/etc/passwd", O_RDONLY));
	say_result("read_proc", open("/proc/self/status", O_RDONLY));
	snprintf(path, sizeof(path), "%s/of-%u", getenv("TMPDIR"), getuid());
	say_result("write_tmpdir", open(path, O_WRONLY | O_CREAT, 0600));
}

static long limit_of(int resource)
{
	struct rlimit l;

	return getrlimit(resource, &l) < 0 || l.rlim_cur == RLIM_INFINITY ? -1 : (long)l.rlim_cur;
}

/* Whether it has any capability. */
static long capabilities(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long any = -1;

	while (f && fgets(line, sizeof(line), f))
		if (str_starts(line, "CapEff:"))
			any = strspn(line + 7, "\t0\n") != strlen(line + 7);
	if (f)
		fclose(f);
	return any;
}

static void tell_state(void)
{
	DIR *dir = opendir("/proc/self/fd");
	char score[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDONLY);
	struct sigaction action;
	sigset_t mask;
	long descriptors = 0;

	while (readdir(dir))
		descriptors++;
	say("descriptors", descriptors - 4); /* ".", "..", the folder itself and the score */
	say("uid", getuid());
	say("capabilities", capabilities());
	say("gid", getgid());
	say("groups", getgroups(0, NULL));
	say("no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	say("oom_score", fd >= 0 && read(fd, score, sizeof(score) - 1) > 0 ? strtol(score, NULL, 10) : -1);
	say("group_leader", getpgrp() == getpid());
	sigprocmask(SIG_SETMASK, NULL, &mask);
	say("blocked_int", sigismember(&mask, SIGINT));
	sigaction(SIGPIPE, NULL, &action);
	say("ignored_pipe", action.sa_handler == SIG_IGN);
	sigaction(SIGHUP, NULL, &action);
	say("ignored_hup", action.sa_handler == SIG_IGN);
	say("secret", getenv("SECRET_OF_THE_DAEMON") != NULL || getenv("NOTIFY_SOCKET") != NULL);
	say("credentials",
	    str_equal(getenv("ESTATE_CREDENTIALS"), "/kept") && str_equal(getenv("CREDENTIALS_DIRECTORY"), "/passed"));
	say("limit_files", limit_of(RLIMIT_NOFILE));
	say("limit_core", limit_of(RLIMIT_CORE));
	say("limit_file_size", limit_of(RLIMIT_FSIZE));
	say("limit_memory", limit_of(RLIMIT_DATA));
	say("limit_processes", limit_of(RLIMIT_NPROC));
}

static void try_memory(void)
{
	void *much = mmap(NULL, (size_t)300 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	say("memory_300_mb", much == MAP_FAILED ? errno : 0);
}

/* The instance's name says what to do, a process that is none of ours, and where the state directory is. */
static int inside(const char *instance)
{
	const char *stranger = strchr(instance, ':') + 1, *hidden = strchr(stranger, ':') + 1;

	if (str_starts(instance, "inside-stay")) {
		say("pid", getpid());
		for (;;)
			pause();
	}
	tell_state();
	try_sockets();
	try_signals(getppid());
	try_leaving("setsid", leave_session);
	try_leaving("setpgid", leave_group);
	try_tracing(getppid());
	say_result("kill_stranger", kill((pid_t)strtol(stranger, NULL, 10), 0));
	try_files(hidden);
	try_memory();
	say("end", 0);
	_exit(0);
}

/* ---- outside: a process that plays the daemon, started by the test ---- */

static struct {
	char folder[64], state[96], program[96], temporary[96];
} files;

struct scenario {
	uid_t uid; /* 0: as we are */
	const char *program, *instance;
	void (*poor)(void);  /* what this system does not grant, from the beginning */
	void (*later)(void); /* what it refuses after it was tried out */
};

struct outcome {
	char text[16384];
	size_t len;
};

static void relay(int from)
{
	char text[4096];
	ssize_t n = 1;

	while (n > 0) {
		clock_poll(from, POLLIN, clock_mono_us() + LIMIT_MS * MS);
		n = read(from, text, sizeof(text));
		if (n > 0 && write(STDOUT_FILENO, text, (size_t)n) != n)
			_exit(1);
	}
}

/* Of the daemon's user, but no child of the plugin's. Dies with the daemon. */
static pid_t start_stranger(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pause();
	_exit(0);
}

/* A process that changed its user is closed to itself in /proc; one that was started as that user is not. */
static void become(uid_t uid)
{
	if (uid && (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0 ||
		    prctl(PR_SET_DUMPABLE, 1) < 0))
		_exit(1);
}

static _Noreturn void play_daemon(const struct scenario *s, int to)
{
	char instance[128], end[100];
	struct process p;
	struct sandbox *sandbox;
	pid_t stranger;
	int r;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	setenv("SECRET_OF_THE_DAEMON", "x", 1);
	setenv("NOTIFY_SOCKET", "/run/systemd/notify", 1);
	setenv("CREDENTIALS_DIRECTORY", "/passed", 1);
	open("/etc/passwd", O_RDONLY); /* without CLOEXEC, as a library might */
	become(s->uid);
	stranger = start_stranger();
	if (s->poor)
		s->poor();
	dup2(to, STDOUT_FILENO);
	snprintf(instance, sizeof(instance), "%s:%d:%s", s->instance, stranger, files.state);
	sandbox = sandbox_new(files.state);
	say("lacking", sandbox_lacking(sandbox));
	if (s->later)
		s->later();
	r = process_start(&(struct process_setup){ .program = s->program,
						   .instance = instance,
						   .tmpdir = files.temporary,
						   .credentials = "/kept",
						   .sandbox = sandbox },
			  &p);
	say("started", r);
	if (r == 0) {
		relay(p.out);
		process_reap(&p, end, sizeof(end));
		dprintf(STDOUT_FILENO, "%s\n", end);
	}
	sandbox_free(sandbox);
	kill(stranger, SIGKILL);
	_exit(0);
}

static pid_t start_daemon(const struct scenario *s, int *ret_from)
{
	int pipes[2];
	pid_t pid;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		play_daemon(s, pipes[1]);
	close(pipes[1]);
	*ret_from = pipes[0];
	return pid;
}

/* Until the words have come, or (NULL) the end. */
static void listen_for(int from, struct outcome *o, const char *words)
{
	int64_t until_us = clock_mono_us() + LIMIT_MS * MS;

	while (!words || !strstr(o->text, words)) {
		ssize_t n;

		if (clock_poll(from, POLLIN, until_us) <= 0)
			fail_msg("nothing more came: %s", o->text);
		n = read(from, o->text + o->len, sizeof(o->text) - 1 - o->len);
		if (n <= 0)
			return;
		o->len += (size_t)n;
		o->text[o->len] = '\0';
	}
}

static void play(const struct scenario *s, struct outcome *o)
{
	int from, status;
	pid_t pid = start_daemon(s, &from);

	*o = (struct outcome){ .len = 0 };
	listen_for(from, o, NULL);
	close(from);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static long value_of(const struct outcome *o, const char *name)
{
	char line[80];
	const char *at;

	snprintf(line, sizeof(line), "\n%s ", name);
	at = strstr(o->text, line);
	if (!at && str_starts(o->text, line + 1))
		at = o->text - 1;
	if (!at)
		fail_msg("no '%s' in:\n%s", name, o->text);
	return strtol(at + strlen(line), NULL, 10);
}

static void expect(const struct outcome *o, const char *name, long value)
{
	if (value_of(o, name) != value)
		fail_msg("%s is %ld (%s), expected %ld (%s)", name, value_of(o, name), strerror((int)value_of(o, name)),
			 value, strerror((int)value));
}

static bool grants(const struct outcome *o, enum sandbox_measure m)
{
	if (!(value_of(o, "lacking") & m))
		return true;
	print_message("# not asserted: this system does not grant %s\n", sandbox_measure_name(m));
	return false;
}

/* ---- files for the tests ---- */

static void copy_self(const char *to)
{
	char buffer[65536];
	int in = open("/proc/self/exe", O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, buffer, sizeof(buffer))) > 0)
		assert_int_equal(write(out, buffer, (size_t)n), n);
	fchmod(out, 0755);
	close(in);
	close(out);
}

static int make_files(void **state)
{
	char path[128];

	(void)state;
	snprintf(files.folder, sizeof(files.folder), "/tmp/test-sandbox-XXXXXX");
	assert_non_null(mkdtemp(files.folder));
	chmod(files.folder, 0755);
	snprintf(files.state, sizeof(files.state), "%s/state", files.folder);
	snprintf(files.temporary, sizeof(files.temporary), "%s/temporary", files.folder);
	snprintf(files.program, sizeof(files.program), "%s/plugin", files.folder);
	assert_int_equal(mkdir(files.state, 0700), 0);
	assert_int_equal(mkdir(files.temporary, 0777), 0);
	chmod(files.temporary, 0777);
	snprintf(path, sizeof(path), "%s/state.db", files.state);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	copy_self(files.program);
	return 0;
}

static int remove_files(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", files.folder);
	return system(command);
}

/* Root, and not only of a container that has no other user. */
static bool may_be_others(void)
{
	struct sandbox *s = sandbox_new(NULL);
	bool may = geteuid() == 0 && !(sandbox_lacking(s) & SANDBOX_USER);

	sandbox_free(s);
	return may;
}

static void give_state_to(uid_t uid)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/state.db", files.state);
	if (may_be_others())
		assert_true(chown(files.state, uid, uid) == 0 && chown(path, uid, uid) == 0);
}

/* ---- what every plugin may and may not ---- */

static void expect_the_filter(const struct outcome *o)
{
	static const char *const denied[] = {
		"socket_unix",
		"socket_unix_high_half",
		"io_uring",
		"kill_daemon",
		"kill_daemon_high_half",
		"kill_everybody",
		"kill_everybody_high_half",
		"kill_daemon_group",
		"tgkill_daemon",
		"tkill_daemon",
		"sigqueue_daemon",
		"pidfd_signal_daemon",
		"setsid",
		"setpgid",
		"ptrace",
		"ptrace_daemon",
		"vm_read_daemon",
		"prlimit_daemon",
	};

	if (!grants(o, SANDBOX_FILTER))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(denied); i++)
		expect(o, denied[i], EPERM);
}

static void expect_an_ordinary_life(const struct outcome *o)
{
	static const char *const allowed[] = { "socket_inet",  "socketpair",   "kill_self",   "kill_own_group",
					       "kill_child",   "wait_child",   "read_passwd", "read_proc",
					       "write_tmpdir", "prlimit_self", "end" };

	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		expect(o, allowed[i], 0);
	expect(o, "descriptors", 3);
	expect(o, "capabilities", 0);
	expect(o, "group_leader", 1);
	expect(o, "no_new_privs", 1);
	expect(o, "oom_score", 500);
	expect(o, "blocked_int", 0);
	expect(o, "ignored_pipe", 0);
	expect(o, "ignored_hup", 0);
	expect(o, "secret", 0);
	expect(o, "credentials", 1);
	assert_non_null(strstr(o->text, "exited with 0"));
}

static void expect_limits(const struct outcome *o)
{
	expect(o, "limit_files", 256);
	expect(o, "limit_core", 0);
	expect(o, "limit_file_size", 64 << 20);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	print_message("# not asserted: the memory limit; a sanitizer's shadow is larger\n");
#else
	expect(o, "limit_memory", 256 << 20);
	expect(o, "memory_300_mb", ENOMEM);
#endif
}

static void expect_hidden(const struct outcome *o)
{
	static const char *const hidden[] = { "list_hidden", "read_hidden", "write_hidden", "truncate_hidden",
					      "create_hidden" };

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		expect(o, hidden[i], EACCES);
}

static void started_by_root_a_plugin_is_nobody(void **state)
{
	struct outcome o;

	(void)state;
	play(&(struct scenario){ .program = files.program, .instance = "inside" }, &o);
	expect(&o, "started", 0);
	if (grants(&o, SANDBOX_USER)) {
		expect(&o, "uid", 65534);
		expect(&o, "gid", 65534);
		expect(&o, "groups", 0);
		expect(&o, "limit_processes", 512);
		expect_hidden(&o); /* by its owner alone, Landlock or not */
	}
	expect_the_filter(&o);
	expect_an_ordinary_life(&o);
	expect_limits(&o);
}

static void started_by_an_ordinary_user_a_plugin_is_that_user_but_may_less(void **state)
{
	uid_t uid = may_be_others() ? OTHER_UID : 0;
	struct outcome o;

	(void)state;
	give_state_to(OTHER_UID);
	play(&(struct scenario){ .uid = uid, .program = files.program, .instance = "inside" }, &o);
	give_state_to(0);
	expect(&o, "started", 0);
	expect(&o, "uid", (long)(uid ? uid : geteuid()));
	expect_the_filter(&o); /* nothing else keeps it from the daemon's life */
	expect_an_ordinary_life(&o);
	expect_limits(&o);
	if (!grants(&o, SANDBOX_HIDING))
		return;
	expect_hidden(&o);
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 6)
		expect(&o, "kill_stranger", EPERM);
	else
		print_message("# not asserted: signals to others of its user; needs Linux 6.12\n");
}

/* ---- where its program lies ---- */

static void write_script(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(path, 0755);
}

static void a_program_in_a_folder_closed_to_nobody_runs(void **state)
{
	char closed[128], program[160], script[160];
	struct outcome o;

	(void)state;
	snprintf(closed, sizeof(closed), "%s/closed", files.folder);
	snprintf(program, sizeof(program), "%s/plugin", closed);
	snprintf(script, sizeof(script), "%s/script", closed);
	assert_int_equal(mkdir(closed, 0700), 0);
	copy_self(program);
	write_script(script, "#!/bin/sh\necho \"from a script $(id -u)\"\n");
	play(&(struct scenario){ .program = program, .instance = "inside" }, &o);
	expect(&o, "end", 0);
	play(&(struct scenario){ .program = script, .instance = "inside" }, &o);
	assert_non_null(strstr(o.text, "from a script 65534\n"));
	assert_non_null(strstr(o.text, "exited with 0"));
}

static void what_goes_wrong_in_the_child_is_said_in_the_protocol(void **state)
{
	char script[128];
	struct outcome o;

	(void)state;
	snprintf(script, sizeof(script), "%s/script", files.folder);
	write_script(script, "#!/nonexistent/interpreter\n");
	play(&(struct scenario){ .program = script, .instance = "inside" }, &o);
	expect(&o, "started", 0);
	assert_non_null(strstr(
		o.text,
		"\n{\"type\":\"fault\",\"text\":\"the program cannot be executed: No such file or directory\"}\n"));
	assert_non_null(strstr(o.text, "exited with 127"));
}

static void a_program_that_is_none_does_not_start(void **state)
{
	char fifo[128], plain[128];
	struct outcome o;

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s/fifo", files.folder);
	snprintf(plain, sizeof(plain), "%s/plain", files.folder);
	assert_int_equal(mkfifo(fifo, 0777), 0);
	close(open(plain, O_WRONLY | O_CREAT, 0644));
	play(&(struct scenario){ .program = fifo, .instance = "inside" }, &o); /* and waits for nobody to write */
	expect(&o, "started", -EACCES);
	play(&(struct scenario){ .program = plain, .instance = "inside" }, &o);
	expect(&o, "started", -EACCES);
	play(&(struct scenario){ .program = files.folder, .instance = "inside" }, &o);
	expect(&o, "started", -EISDIR);
	play(&(struct scenario){ .program = "/nonexistent", .instance = "inside" }, &o);
	expect(&o, "started", -ENOENT);
}

/* ---- systems that grant less ---- */

static void load(scmp_filter_ctx ctx)
{
	if (seccomp_load(ctx) < 0)
		_exit(1);
	seccomp_release(ctx);
}

static void refuse_filters(scmp_filter_ctx ctx)
{
	seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP));
}

static void grant_little(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	refuse_filters(ctx);
	seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0);
	seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(setgroups), 0);
	seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(close_range), 0);
	seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(pidfd_open), 0);
	load(ctx);
}

static void refuse_filters_now(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	refuse_filters(ctx);
	load(ctx);
}

static bool has_filters(void)
{
	struct sandbox *s = sandbox_new(NULL);
	unsigned lacking = sandbox_lacking(s);

	sandbox_free(s);
	if (lacking & SANDBOX_FILTER)
		print_message("# not asserted: this system does not grant %s\n", sandbox_measure_name(SANDBOX_FILTER));
	return !(lacking & SANDBOX_FILTER);
}

static void where_little_is_granted_a_plugin_runs_with_that(void **state)
{
	struct outcome o;

	(void)state;
	if (!has_filters())
		return;
	play(&(struct scenario){ .program = files.program, .instance = "inside", .poor = grant_little }, &o);
	expect(&o, "lacking", SANDBOX_FILTER | SANDBOX_HIDING | (geteuid() == 0 ? SANDBOX_USER : 0));
	expect(&o, "started", 0);
	expect(&o, "uid", (long)geteuid());
	expect(&o, "end", 0);
	expect(&o, "no_new_privs", 1);
	expect(&o, "socket_unix", 0); /* that is the price */
	expect(&o, "capabilities", 0);
	expect_limits(&o);
}

static void what_was_granted_and_then_fails_keeps_a_plugin_from_starting(void **state)
{
	struct outcome o;

	(void)state;
	if (!has_filters())
		return;
	play(&(struct scenario){ .program = files.program, .instance = "inside", .later = refuse_filters_now }, &o);
	expect(&o, "lacking", value_of(&o, "lacking") & ~SANDBOX_FILTER);
	assert_non_null(strstr(o.text, "\n{\"type\":\"fault\",\"text\":\"sandbox: Invalid argument\"}\n"));
	assert_non_null(strstr(o.text, "exited with 127"));
	assert_null(strstr(o.text, "\nend "));
}

/* ---- its end ---- */

static void a_plugin_dies_with_the_daemon(void **state)
{
	int from, watch;
	pid_t daemon = start_daemon(&(struct scenario){ .program = files.program, .instance = "inside-stay" }, &from),
	      plugin;
	struct outcome o = { .len = 0 };

	(void)state;
	listen_for(from, &o, "\npid ");
	plugin = (pid_t)value_of(&o, "pid");
	assert_true(plugin > 1 && plugin != daemon);
	watch = (int)syscall(SYS_pidfd_open, plugin, 0);
	assert_true(watch >= 0);
	assert_int_equal(kill(daemon, SIGKILL), 0);
	assert_int_equal(waitpid(daemon, NULL, 0), daemon);
	/* Whoever reaps it may have done so already: then POLLHUP stands beside it. */
	assert_true(clock_poll(watch, POLLIN, clock_mono_us() + LIMIT_MS * MS) & POLLIN);
	close(watch);
	close(from);
}

static void the_folders_above_decide_whether_a_path_can_be_given(void **state)
{
	struct sandbox *s = sandbox_new(NULL);
	char open_dir[128], closed[128], below[160];
	struct stat st;

	(void)state;
	snprintf(open_dir, sizeof(open_dir), "%s/open", files.folder);
	snprintf(closed, sizeof(closed), "%s/shut", files.folder);
	snprintf(below, sizeof(below), "%s/below", closed);
	assert_int_equal(mkdir(open_dir, 0700), 0);
	assert_int_equal(mkdir(closed, 0700), 0);
	assert_int_equal(mkdir(below, 0777), 0);
	assert_int_equal(sandbox_give(s, open_dir), 0);
	assert_int_equal(stat(open_dir, &st), 0);
	assert_int_equal(st.st_uid, sandbox_user(s));
	if (sandbox_user(s) != 0) { /* else root stays root, who passes everywhere */
		assert_int_equal(sandbox_give(s, below), -EACCES);
		assert_int_equal(sandbox_give(s, "/nonexistent"), -ENOENT);
	}
	sandbox_free(s);
}

/* What needs root comes last, and is left out elsewhere. */
#define FOR_ALL                                                                                 \
	cmocka_unit_test(started_by_an_ordinary_user_a_plugin_is_that_user_but_may_less),       \
		cmocka_unit_test(what_goes_wrong_in_the_child_is_said_in_the_protocol),         \
		cmocka_unit_test(a_program_that_is_none_does_not_start),                        \
		cmocka_unit_test(where_little_is_granted_a_plugin_runs_with_that),              \
		cmocka_unit_test(what_was_granted_and_then_fails_keeps_a_plugin_from_starting), \
		cmocka_unit_test(a_plugin_dies_with_the_daemon)

int main(void)
{
	const char *instance = getenv("ESTATE_INSTANCE");
	const struct CMUnitTest for_all[] = { FOR_ALL };
	const struct CMUnitTest with_root[] = {
		FOR_ALL,
		cmocka_unit_test(started_by_root_a_plugin_is_nobody),
		cmocka_unit_test(a_program_in_a_folder_closed_to_nobody_runs),
		cmocka_unit_test(the_folders_above_decide_whether_a_path_can_be_given),
	};

	if (instance && str_starts(instance, "inside"))
		return inside(instance);
	if (may_be_others())
		return cmocka_run_group_tests(with_root, make_files, remove_files);
	print_message("# left out: what a daemon started by root does; needs root\n");
	return cmocka_run_group_tests(for_all, make_files, remove_files);
}
