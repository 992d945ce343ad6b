/* cmd_config.c: config check: the daemon's own check, whether it runs or not. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#include "ctl/command.h"

/* The estated that belongs to this estatectl: beside it, or in the sbin of its prefix; else the installed one. */
static void find_daemon(char path[PATH_MAX])
{
	static const char *const places[] = { "../sbin/estated", "estated" };
	char self[PATH_MAX];
	const char *folder;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len > 0) {
		self[len] = '\0';
		folder = dirname(self);
		for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
			int used = snprintf(path, PATH_MAX, "%s/%s", folder, places[i]);

			if (used > 0 && used < PATH_MAX && access(path, X_OK) == 0)
				return;
		}
	}
	snprintf(path, PATH_MAX, "%s", ESTATE_SBINDIR "/estated");
}

enum ctl_exit cmd_config_check(struct ctl *c)
{
	const char *file = ctl_word(c, 0);
	char path[PATH_MAX];
	char *with_file[] = { path, (char[]){ "--check" }, (char[]){ "-c" }, (char *)(uintptr_t)file, NULL };
	char *without[] = { path, (char[]){ "--check" }, NULL };

	find_daemon(path);
	fflush(NULL);
	execv(path, file ? with_file : without);
	fprintf(stderr, "estatectl: cannot run %s: %s: is estated installed?\n", path, strerror(errno));
	return CTL_FAILED;
}
