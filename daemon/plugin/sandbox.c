#include "plugin/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define FILTER_MAX      4096  /* instructions the kernel takes */
#define NOBODY          65534 /* where the user database does not know him */
#define MEMORY_MAX      ((rlim_t)256 << 20)
#define FILE_SIZE_MAX   ((rlim_t)64 << 20)
#define FILES_MAX       256
#define CAPABILITY_LAST 63
#define PROCESSES_MAX   512 /* of all plugins together: the kernel counts by user */

struct sandbox {
	uid_t uid; /* 0: stay who we are */
	gid_t gid;
	unsigned lacking;
	struct sock_filter *filter; /* NULL: none */
	unsigned short filter_len;
	char *hidden;    /* NULL: nothing */
	int landlock_fd; /* -1: none */
};

/* ---- seccomp ---- */

/* Arguments of pid_t and int are 32 bits wide: what a caller puts into the upper half of the register is not looked at by
 * the kernel, so it must not be looked at here. */
static struct scmp_arg_cmp low_half(unsigned arg, int64_t value)
{
	return (struct scmp_arg_cmp){ arg, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint32_t)value };
}

/* Denied with EPERM, never killed: a library that tries something harmless goes on. */
static int deny_where(scmp_filter_ctx ctx, int call, struct scmp_arg_cmp when)
{
	return seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), call, 1, &when);
}

static int deny_always(scmp_filter_ctx ctx)
{
	/* What touches other processes; io_uring, which opens sockets past this filter; setsid and setpgid, because a
	 * plugin's end is the end of its process group. */
	static const int calls[] = {
		SCMP_SYS(ptrace),
		SCMP_SYS(process_vm_readv),
		SCMP_SYS(process_vm_writev),
		SCMP_SYS(kcmp),
		SCMP_SYS(pidfd_getfd),
		SCMP_SYS(pidfd_send_signal),
		SCMP_SYS(rt_sigqueueinfo),
		SCMP_SYS(tkill),
		SCMP_SYS(rt_tgsigqueueinfo),
		SCMP_SYS(io_uring_setup),
		SCMP_SYS(setsid),
		SCMP_SYS(setpgid),
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls) && r == 0; i++)
		r = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EPERM), calls[i], 0, NULL);
	return r;
}

static int deny_signals(scmp_filter_ctx ctx)
{
	int r = deny_where(ctx, SCMP_SYS(kill), low_half(0, getpid()));

	if (r == 0)
		r = deny_where(ctx, SCMP_SYS(kill), low_half(0, -(int64_t)getpgrp()));
	if (r == 0)
		r = deny_where(ctx, SCMP_SYS(kill), low_half(0, -1));
	if (r == 0)
		r = deny_where(ctx, SCMP_SYS(tgkill), low_half(0, getpid()));
	return r;
}

static int add_rules(scmp_filter_ctx ctx)
{
	int r = deny_where(ctx, SCMP_SYS(socket), low_half(0, AF_UNIX));

	if (r == 0)
		r = deny_where(ctx, SCMP_SYS(prlimit64), low_half(0, getpid()));
	if (r == 0)
		r = deny_signals(ctx);
	if (r == 0)
		r = deny_always(ctx);
	return r;
}

/* libseccomp 2.5 writes the program to a descriptor only. */
static int read_program(struct sandbox *s, scmp_filter_ctx ctx)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), r;
	struct stat st;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(ctx, fd);
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r == 0 && ((size_t)st.st_size % sizeof(struct sock_filter) ||
		       (size_t)st.st_size / sizeof(struct sock_filter) > FILTER_MAX))
		r = -E2BIG;
	if (r == 0) {
		s->filter = mem_alloc((size_t)st.st_size);
		s->filter_len = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
		if (pread(fd, s->filter, (size_t)st.st_size, 0) != st.st_size)
			r = -EIO; /* the caller drops what was read */
	}
	close(fd);
	return r;
}

static int make_filter(struct sandbox *s)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int r;

	if (!ctx)
		return -ENOMEM;
	r = add_rules(ctx);
	if (r == 0)
		r = read_program(s, ctx);
	seccomp_release(ctx);
	return r;
}

/* ---- Landlock ---- */

/* Of newer kernels than the headers. */
#define ACCESS_TRUNCATE ((uint64_t)1 << 14)
#define SCOPE_ABSTRACT  ((uint64_t)1 << 0)
#define SCOPE_SIGNAL    ((uint64_t)1 << 1)
#define ABI_REFER       2
#define ABI_TRUNCATE    3
#define ABI_SCOPE       6
/* The kernel takes a longer struct than it knows where the rest is zero. */
struct ruleset_attributes {
	uint64_t files, network, scope;
};

#define ACCESS_FILES                                                                                    \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |    \
	 LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |     \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |  \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)
#define ACCESS_OF_A_FILE \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | ACCESS_TRUNCATE)

static long landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static struct ruleset_attributes landlock_attributes(void)
{
	long abi = landlock_abi();
	struct ruleset_attributes a = { .files = ACCESS_FILES };

	if (abi >= ABI_REFER)
		a.files |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= ABI_TRUNCATE)
		a.files |= ACCESS_TRUNCATE;
	if (abi >= ABI_SCOPE)
		a.scope = SCOPE_ABSTRACT | SCOPE_SIGNAL;
	return a;
}

static int make_ruleset(const struct ruleset_attributes *a)
{
	return (int)syscall(SYS_landlock_create_ruleset, a, sizeof(*a), 0);
}

struct allowing {
	int ruleset;
	uint64_t access; /* all that is handled */
};

static void allow(const struct allowing *a, int dir, const char *name)
{
	int fd = openat(dir, name, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	struct landlock_path_beneath_attr rule = { .allowed_access = a->access, .parent_fd = fd };
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && !S_ISLNK(st.st_mode)) {
		if (!S_ISDIR(st.st_mode))
			rule.allowed_access &= ACCESS_OF_A_FILE;
		syscall(SYS_landlock_add_rule, a->ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	}
	close(fd);
}

/* Landlock can only allow: so on the way from / to the hidden directory everything beside the way is allowed. */
static void allow_beside(const struct allowing *a, const char *hidden)
{
	int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *at = hidden + 1;

	while (dir >= 0) {
		size_t len = strcspn(at, "/");
		_cleanup_(freep) char *step = mem_strndup(at, len);
		int next = openat(dir, step, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		DIR *entries = fdopendir(dir);
		struct dirent *e;

		while (entries && (e = readdir(entries)))
			if (!str_equal(e->d_name, step) && !str_equal(e->d_name, ".") && !str_equal(e->d_name, ".."))
				allow(a, dirfd(entries), e->d_name);
		if (entries)
			closedir(entries);
		else
			close(dir);
		at += len + (at[len] == '/');
		if (!*at) {
			if (next >= 0)
				close(next);
			return;
		}
		dir = next;
	}
}

static void forget_ruleset(struct sandbox *s)
{
	if (s->landlock_fd >= 0)
		close(s->landlock_fd);
	s->landlock_fd = -1;
}

void sandbox_prepare(struct sandbox *s)
{
	struct ruleset_attributes attributes = landlock_attributes();
	char *path;

	forget_ruleset(s);
	if (s->lacking & SANDBOX_HIDING)
		return;
	path = s->hidden ? realpath(s->hidden, NULL) : NULL;
	if (!path || str_equal(path, "/"))
		attributes.files = 0; /* nothing to hide; its signals stay its own all the same */
	if (attributes.files || attributes.scope)
		s->landlock_fd = make_ruleset(&attributes);
	if (s->landlock_fd >= 0 && attributes.files)
		allow_beside(&(struct allowing){ .ruleset = s->landlock_fd, .access = attributes.files }, path);
	free(path);
}

/* ---- in the child ---- */

static void limit(int resource, rlim_t value)
{
	struct rlimit l = { .rlim_cur = value, .rlim_max = value };

	setrlimit(resource, &l);
}

static void set_limits(const struct sandbox *s)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	limit(RLIMIT_DATA, MEMORY_MAX); /* a sanitizer's shadow memory is larger */
#endif
	limit(RLIMIT_NOFILE, FILES_MAX);
	limit(RLIMIT_FSIZE, FILE_SIZE_MAX);
	limit(RLIMIT_CORE, 0);
	/* Counted by user: as ourselves it would count the daemon's threads too; there the unit's TasksMax stands. */
	if (s->uid)
		limit(RLIMIT_NPROC, PROCESSES_MAX);
}

/* A container's root may have inheritable ones: with these an exec gives back what the bounding set no longer has. */
static void drop_inheritable(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(data); i++)
		data[i].inheritable = 0;
	syscall(SYS_capset, &header, data);
}

/* The raw calls: glibc's would signal threads that a forked child does not have. */
static int enter_user(const struct sandbox *s)
{
	/* What the daemon may is not the plugin's: nothing is left after the exec, also where root cannot become another. */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int capability = 0; capability <= CAPABILITY_LAST; capability++)
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	drop_inheritable();
	if (s->uid == 0)
		return 0;
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, s->gid, s->gid, s->gid) < 0 ||
	    syscall(SYS_setresuid, s->uid, s->uid, s->uid) < 0)
		return -errno;
	return 0;
}

static int enter_filter(const struct sandbox *s)
{
	struct sock_fprog program = { .len = s->filter_len, .filter = s->filter };

	if (s->filter && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return -errno;
	return 0;
}

static int enter_landlock(int ruleset)
{
	return ruleset >= 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : 0;
}

int sandbox_enter(const struct sandbox *s)
{
	int r = enter_user(s);

	if (r < 0)
		return r;
	set_limits(s);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	r = enter_landlock(s->landlock_fd);
	if (r < 0)
		return r;
	return enter_filter(s);
}

/* ---- what this system grants ---- */

static unsigned try_all(const struct sandbox *s, int ruleset)
{
	unsigned lacking = 0;

	if (enter_user(s) < 0)
		lacking |= SANDBOX_USER;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return lacking | SANDBOX_FILTER | SANDBOX_HIDING;
	if (ruleset < 0 || enter_landlock(ruleset) < 0)
		lacking |= SANDBOX_HIDING;
	if (enter_filter(s) < 0)
		lacking |= SANDBOX_FILTER;
	return lacking;
}

/* In a child, because there is no way back. What does not even answer is not granted. */
static unsigned try_out(const struct sandbox *s)
{
	const struct ruleset_attributes attributes = landlock_attributes();
	int ruleset = landlock_abi() > 0 ? make_ruleset(&attributes) : -1;
	pid_t pid;
	int status;
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all,
		    &before); /* a handler must not run in the child: it shares the loop's descriptors */
	pid = fork();
	if (pid == 0)
		_exit((int)try_all(s, ruleset));
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (ruleset >= 0)
		close(ruleset);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		return (unsigned)WEXITSTATUS(status);
	return SANDBOX_FILTER | SANDBOX_HIDING;
}

unsigned sandbox_lacking(const struct sandbox *s)
{
	return s->lacking;
}

uid_t sandbox_user(const struct sandbox *s)
{
	return s->uid ? s->uid : geteuid();
}

const char *sandbox_measure_name(enum sandbox_measure m)
{
	switch (m) {
	case SANDBOX_USER: return "a user of its own (nobody)";
	case SANDBOX_FILTER: return "a filter of system calls (seccomp)";
	case SANDBOX_HIDING: return "the state directory being hidden (Landlock)";
	}
	return "";
}

/* ---- all of it ---- */

struct sandbox *sandbox_new(const char *hidden)
{
	struct sandbox *s = MEM_NEW(struct sandbox);
	bool no_filter;

	s->landlock_fd = -1;
	s->hidden = mem_strdup(hidden);
	if (geteuid() == 0) {
		const struct passwd *nobody = getpwnam("nobody");

		s->uid = nobody ? nobody->pw_uid : NOBODY;
		s->gid = nobody ? nobody->pw_gid : NOBODY;
	}
	no_filter = make_filter(s) < 0; /* a machine that libseccomp does not know */
	s->lacking = try_out(s) | (no_filter ? SANDBOX_FILTER : 0);
	if (s->lacking & SANDBOX_USER)
		s->uid = 0;
	if (s->lacking & SANDBOX_FILTER) {
		free(s->filter);
		s->filter = NULL;
	}
	return s;
}

void sandbox_free(struct sandbox *s)
{
	if (!s)
		return;
	forget_ruleset(s);
	free(s->filter);
	free(s->hidden);
	free(s);
}

static bool may_pass(const struct sandbox *s, const char *dir)
{
	struct stat st;

	if (stat(dir, &st) < 0)
		return false;
	if (st.st_uid == s->uid)
		return st.st_mode & S_IXUSR;
	if (st.st_gid == s->gid)
		return st.st_mode & S_IXGRP;
	return st.st_mode & S_IXOTH;
}

int sandbox_give(const struct sandbox *s, const char *path)
{
	_cleanup_(freep) char *above = mem_strdup(path);
	char *slash;

	if (!s->uid)
		return 0;
	if (chown(path, s->uid, s->gid) < 0)
		return -errno;
	while ((slash = strrchr(above, '/')) && slash > above) {
		*slash = '\0';
		if (!may_pass(s, above))
			return -EACCES;
	}
	return 0;
}
