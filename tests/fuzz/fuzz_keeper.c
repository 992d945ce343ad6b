/* fuzz_keeper.c: app/keeper.c: the record of an unconfirmed configuration, whatever a damaged disk makes of it: it is read as
 * damaged, or as a record that means the same when it is written and read again; the time that is left is never more than it
 * was, and never less than none.
 *
 * Input: eight bytes of the monotonic time it is now, then the file. The state directory is below $TMPDIR (else /dev/shm). */
#include "fuzz.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/keeper.h"

#define BOOT "0123456789abcdef0123456789abcdef" /* in an input: this boot */

static char dir[200], config[220], record[240];

static void remove_files(void)
{
	unlink(record);
	rmdir(config);
	rmdir(dir);
}

static void make_files(void)
{
	const char *base = getenv("TMPDIR");

	if (dir[0])
		return;
	base = base ? base : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(dir, sizeof(dir), "%.150s/fuzz-keeper.%d", base, (int)getpid());
	snprintf(config, sizeof(config), "%s/config", dir);
	snprintf(record, sizeof(record), "%s/record", config);
	FUZZ_CLAIM(mkdir(dir, 0700) == 0 && mkdir(config, 0700) == 0);
	atexit(remove_files);
}

static void write_record(struct fuzz_bytes text)
{
	FILE *f = fopen(record, "we");
	char *bytes = malloc(text.left + 1), *boot;

	FUZZ_CLAIM(f && bytes);
	if (text.left)
		memcpy(bytes, text.at, text.left);
	boot = memmem(bytes, text.left, BOOT, strlen(BOOT));
	if (boot && strlen(clock_boot_id()) == strlen(BOOT))
		memcpy(boot, clock_boot_id(), strlen(BOOT));
	FUZZ_CLAIM(fwrite(bytes, 1, text.left, f) == text.left && fclose(f) == 0);
	free(bytes);
}

static void check_record(const struct keeper_record *r, int64_t now_us)
{
	struct keeper_record again = { 0 };
	int64_t left_us = keeper_left_us(r, now_us);

	FUZZ_CLAIM(r->state == KEEPER_TRIAL || r->state == KEEPER_HELD);
	FUZZ_CLAIM(r->cause < KEEPER_CAUSES && r->left_us >= 0 && r->ends <= 1000);
	FUZZ_CLAIM(strnlen(r->boot, sizeof(r->boot)) < sizeof(r->boot));
	FUZZ_CLAIM(left_us >= 0 && left_us <= r->left_us);
	FUZZ_CLAIM(keeper_state_name(r->state) && keeper_cause_text(r->cause));
	/* A text that is cut within a character cannot be written: nothing but damage makes one. */
	if (!str_is_utf8(r->boot, strlen(r->boot)))
		return;
	FUZZ_CLAIM(keeper_write(dir, r) == 0 && keeper_read(dir, &again) == 0);
	FUZZ_CLAIM(again.state == r->state && again.cause == r->cause && again.left_us == r->left_us);
	FUZZ_CLAIM(again.mono_us == r->mono_us && again.ends == r->ends && again.in_order == r->in_order);
	FUZZ_CLAIM(strcmp(again.boot, r->boot) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	int64_t now_us = (int64_t)(fuzz_u64(&in) >> 1); /* a monotonic clock is never negative */
	struct keeper_record r = { 0 };
	int result;

	make_files();
	write_record(in);
	result = keeper_read(dir, &r);
	FUZZ_CLAIM(result == 0 || result == -EBADMSG || (result == -EFBIG && in.left > 1000));
	if (result == 0)
		check_record(&r, now_us);
	return 0;
}
