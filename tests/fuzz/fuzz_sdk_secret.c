/* fuzz_sdk_secret.c: plugins/sdk/sdk_secret.c: a password file or a credential, whatever somebody wrote into it: either its first
 * line, byte for byte, or an error that says what to do; nothing of the secret is in the error; a name that is taken leads
 * into the folder of credentials and nowhere else.
 *
 * Input: the name of the credential, a line ("" takes the file by its path); then the file. */
#include "fuzz.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sdk/sdk_secret.h"

static char folder[200], file[500];

static void remove_files(void)
{
	unlink(file);
	rmdir(folder);
}

static void make_files(void)
{
	const char *base = getenv("TMPDIR");

	if (folder[0])
		return;
	base = base ? base : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(folder, sizeof(folder), "%.150s/fuzz-secret.%d", base, (int)getpid());
	FUZZ_CLAIM(mkdir(folder, 0700) == 0);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	setenv("ESTATE_CREDENTIALS", "", 1);
	atexit(remove_files);
}

static void write_file(const char *name, struct fuzz_bytes text)
{
	FILE *f;

	unlink(file);
	snprintf(file, sizeof(file), "%s/%s", folder, name);
	f = fopen(file, "we");
	FUZZ_CLAIM(f && (text.left == 0 || fwrite(text.at, 1, text.left, f) == text.left) && fclose(f) == 0);
}

/* What must come of it: the length of the first line, or the error. */
static int wanted(struct fuzz_bytes text)
{
	size_t len = 0;

	while (len < text.left && len < SDK_SECRET_MAX && !memchr("\r\n", text.at[len], 3))
		len++;
	return len == SDK_SECRET_MAX ? -E2BIG : len == 0 ? -ENODATA : (int)len;
}

static void check(const struct sdk_secret *secret, struct fuzz_bytes text)
{
	char *buf = malloc(SDK_SECRET_MAX), *why = malloc(SDK_SECRET_WHY_MAX);
	int r, length = wanted(text);

	FUZZ_CLAIM(buf && why);
	r = sdk_secret_read(secret, buf, why);
	FUZZ_CLAIM(r == length);
	if (r > 0)
		FUZZ_CLAIM(strlen(buf) == (size_t)r && memcmp(buf, text.at, (size_t)r) == 0 && !why[0]);
	else
		FUZZ_CLAIM(why[0] && strnlen(why, SDK_SECRET_WHY_MAX) < SDK_SECRET_WHY_MAX);
	FUZZ_CLAIM(sdk_secret_probe(secret, why) == (r < 0 ? r : 0));
	free(buf);
	free(why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *name = fuzz_text(fuzz_line(&in));

	make_files();
	if (!name[0]) {
		write_file("password", in);
		FUZZ_CLAIM(!sdk_secret_check_file(file));
		check(&(struct sdk_secret){ .file = file }, in);
	} else if (!sdk_secret_check_credential(name)) {
		FUZZ_CLAIM(!strchr(name, '/') && name[0] != '.' && strlen(name) <= 255);
		write_file(name, in);
		check(&(struct sdk_secret){ .credential = name }, in);
	}
	free(name);
	return 0;
}
