#include "sdk/sdk_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_LEN 255

const char *sdk_secret_check_file(const char *path)
{
	return path[0] == '/' ? NULL : "an absolute path; a credential is named by the option that ends in _credential";
}

const char *sdk_secret_check_credential(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > NAME_LEN || strpbrk(name, "/:") || name[0] == '.')
		return "the name of a credential, such as \"mqtt-password\": no '/', no ':', no '.' at its begin";
	return NULL;
}

static const char *option_of(const struct sdk_secret *s)
{
	return s->option ? s->option : "password";
}

bool sdk_secret_given(const struct sdk_secret *s)
{
	return s->file || s->credential;
}

/* The first line: its length, or -errno. */
static int read_line(const char *path, char buf[static SDK_SECRET_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), r;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, SDK_SECRET_MAX);
	r = n < 0 ? -errno : 0;
	close(fd);
	if (r < 0)
		return r;
	for (ssize_t i = 0; i < n; i++)
		if (buf[i] == '\n' || buf[i] == '\r' || buf[i] == '\0')
			n = i;
	if (n == SDK_SECRET_MAX)
		return -E2BIG;
	buf[n] = '\0';
	return n > 0 ? (int)n : -ENODATA;
}

static const char *reason(int error)
{
	if (error == -ENODATA)
		return "its first line is empty";
	if (error == -E2BIG)
		return "its first line is too long: expected less than 1024 bytes";
	return strerror(-error);
}

/* Who is started by hand is not told. */
static const char *kept_folder(void)
{
	const char *folder = getenv("ESTATE_CREDENTIALS");

	return folder ? folder : ESTATE_SYSCONFDIR "/credentials";
}

/* In one of the two places; -ENOENT: in neither. */
static int find_credential(const char *name, char path[static SDK_SECRET_PATH_MAX])
{
	const char *const places[] = { getenv("CREDENTIALS_DIRECTORY"), kept_folder() };
	int r = -ENOENT;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && r == -ENOENT; i++) {
		if (!places[i] || !*places[i])
			continue;
		if (snprintf(path, SDK_SECRET_PATH_MAX, "%s/%s", places[i], name) >= SDK_SECRET_PATH_MAX)
			return -ENAMETOOLONG;
		r = access(path, R_OK) == 0 ? 0 : -errno;
	}
	return r;
}

static void explain_credential(const char *name, int error, char ret_why[static SDK_SECRET_WHY_MAX])
{
	const char *folder = kept_folder();
	const struct passwd *user = getpwuid(geteuid());
	const char *owner = user ? user->pw_name : "estated";

	if (error == -ENOENT)
		snprintf(ret_why, SDK_SECRET_WHY_MAX,
			 "credential '%.80s' is missing: as root: install -o %.32s -m 400 FILE %.200s/%.80s", name,
			 owner, folder, name);
	else if (error == -EACCES)
		snprintf(ret_why, SDK_SECRET_WHY_MAX,
			 "credential '%.80s' may not be read: as root: chown %.32s %.200s/%.80s", name, owner, folder,
			 name);
	else
		snprintf(ret_why, SDK_SECRET_WHY_MAX, "credential '%.80s': %s", name, reason(error));
}

static int explain(const struct sdk_secret *s, int error, char ret_why[static SDK_SECRET_WHY_MAX])
{
	if (error < 0 && s->file)
		snprintf(ret_why, SDK_SECRET_WHY_MAX, "option '%s_file' = \"%.300s\": %s", option_of(s), s->file,
			 reason(error));
	else if (error < 0)
		explain_credential(s->credential, error, ret_why);
	return error;
}

int sdk_secret_path(const struct sdk_secret *s, char buf[static SDK_SECRET_PATH_MAX],
		    char ret_why[static SDK_SECRET_WHY_MAX])
{
	int r;

	buf[0] = ret_why[0] = '\0';
	if (s->file && s->credential) {
		snprintf(ret_why, SDK_SECRET_WHY_MAX, "%s_file and %s_credential are both given: one is to go",
			 option_of(s), option_of(s));
		return -EINVAL;
	}
	if (s->credential)
		r = find_credential(s->credential, buf);
	else if (!s->file)
		return 0;
	else if (snprintf(buf, SDK_SECRET_PATH_MAX, "%s", s->file) >= SDK_SECRET_PATH_MAX)
		r = -ENAMETOOLONG;
	else
		r = access(buf, R_OK) == 0 ? 0 : -errno;
	return explain(s, r, ret_why);
}

int sdk_secret_read(const struct sdk_secret *s, char buf[static SDK_SECRET_MAX],
		    char ret_why[static SDK_SECRET_WHY_MAX])
{
	char path[SDK_SECRET_PATH_MAX];
	int r = sdk_secret_path(s, path, ret_why);

	buf[0] = '\0';
	if (r < 0 || !path[0])
		return r;
	return explain(s, read_line(path, buf), ret_why);
}

int sdk_secret_probe(const struct sdk_secret *s, char ret_why[static SDK_SECRET_WHY_MAX])
{
	char buf[SDK_SECRET_MAX];
	int r = sdk_secret_read(s, buf, ret_why);

	explicit_bzero(buf, sizeof(buf));
	return r < 0 ? r : 0;
}
