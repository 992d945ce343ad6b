#include "ctl/local.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

void local_find_daemon(char ret_path[PATH_MAX])
{
	static const char *const places[] = { "../sbin/estated", "estated" };
	char self[PATH_MAX];
	const char *folder;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len > 0) {
		self[len] = '\0';
		folder = dirname(self);
		for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
			int used = snprintf(ret_path, PATH_MAX, "%s/%s", folder, places[i]);

			if (used > 0 && used < PATH_MAX && access(ret_path, X_OK) == 0)
				return;
		}
	}
	snprintf(ret_path, PATH_MAX, "%s", ESTATE_SBINDIR "/estated");
}

/* All until the end; -errno where reading fails. */
static int read_all(int fd, struct str_buf *to)
{
	char piece[4096];
	ssize_t len;

	while ((len = read(fd, piece, sizeof(piece))) != 0) {
		if (len > 0)
			str_buf_add_len(to, piece, (size_t)len);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

enum errors { SHOWN, HIDDEN };

static int run(const char *const argv[], enum errors errors, struct str_buf *to)
{
	int ends[2], status = 0, r;
	pid_t child;

	if (access(argv[0], X_OK) < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	child = fork();
	if (child < 0) {
		r = -errno;
		close(ends[0]);
		close(ends[1]);
		return r;
	}
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		if (errors == HIDDEN)
			dup2(ends[1], STDERR_FILENO);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(ends[1]);
	r = read_all(ends[0], to);
	close(ends[0]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EPROTO;
}

int local_run(const char *const argv[], struct str_buf *to)
{
	return run(argv, SHOWN, to);
}

int local_try(const char *const argv[])
{
	struct str_buf nothing _cleanup_str_buf_ = { 0 };

	return run(argv, HIDDEN, &nothing);
}

int local_ask(const char *path, const char *option, struct str_buf *to)
{
	int r = local_run((const char *const[]){ path, option, NULL }, to);

	return r > 0 ? -EPROTO : r;
}
