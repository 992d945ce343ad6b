#include "store/audit_head.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#define SLOT_LEN   128
#define SYNC_EVERY MINUTE

const struct audit_head audit_head_none = { 0, "0000000000000000000000000000000000000000000000000000000000000000" };

void audit_head_chain(const struct audit_head *before, const char *record, char ret_hash[AUDIT_HEAD_HEX])
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const unsigned char *)before->hash, AUDIT_HEAD_HEX - 1);
	crypto_hash_sha256_update(&state, (const unsigned char *)record, strlen(record));
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(ret_hash, AUDIT_HEAD_HEX, hash, sizeof(hash));
}

/* "N HASH SUM\n", filled up with blanks before the line end. */
static void write_slot(const struct audit_head *head, char slot[SLOT_LEN + 1])
{
	char hash[AUDIT_HEAD_HEX], text[20 + 1 + AUDIT_HEAD_HEX];

	snprintf(text, sizeof(text), "%020" PRIu64 " %.64s", head->n, head->hash);
	audit_head_chain(&audit_head_none, text, hash);
	snprintf(slot, SLOT_LEN + 1, "%s %-41.16s\n", text, hash); /* 85 + 1 + 41 + 1 */
}

static bool read_slot(const char slot[SLOT_LEN], struct audit_head *ret_head)
{
	char copy[SLOT_LEN + 1], again[SLOT_LEN + 1];
	struct audit_head head;

	memcpy(copy, slot, SLOT_LEN);
	copy[SLOT_LEN] = '\0';
	/* A line that writes itself the same again is whole. */
	if (strlen(copy) != SLOT_LEN || strspn(copy, "0123456789") != 20)
		return false;
	head.n = strtoull(copy, NULL, 10);
	if (head.n > AUDIT_HEAD_N_MAX / 2)
		return false;
	memcpy(head.hash, copy + 21, AUDIT_HEAD_HEX - 1);
	head.hash[AUDIT_HEAD_HEX - 1] = '\0';
	write_slot(&head, again);
	if (memcmp(copy, again, SLOT_LEN) != 0)
		return false;
	*ret_head = head;
	return true;
}

int audit_head_open(struct audit_head_file *f, const char *path)
{
	char slots[2][SLOT_LEN] = { 0 };
	struct audit_head head;

	*f = (struct audit_head_file){ .kept = audit_head_none };
	f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (f->fd < 0)
		return -errno;
	if (pread(f->fd, slots, sizeof(slots), 0) < 0)
		return -errno;
	for (unsigned i = 0; i < 2; i++)
		if (read_slot(slots[i], &head) && head.n >= f->kept.n) {
			f->kept = head;
			f->slot = i;
		}
	return 0;
}

static void sync_now(struct audit_head_file *f, int64_t mono_us)
{
	fdatasync(f->fd); /* failing: it is behind, as it may be */
	f->synced_us = mono_us;
	f->dirty = false;
}

void audit_head_close(struct audit_head_file *f)
{
	if (f->fd < 0)
		return;
	if (f->dirty)
		sync_now(f, 0);
	close(f->fd);
	f->fd = -1;
}

void audit_head_put(struct audit_head_file *f, const struct audit_head *head, int64_t mono_us)
{
	char slot[SLOT_LEN + 1];

	if (f->fd < 0)
		return;
	if (head->n != f->kept.n) {
		write_slot(head, slot);
		if (pwrite(f->fd, slot, SLOT_LEN, (off_t)(f->slot ^ 1) * SLOT_LEN) != SLOT_LEN)
			return;
		f->slot ^= 1;
		f->kept = *head;
		f->dirty = true;
	}
	if (f->dirty && mono_us - f->synced_us >= SYNC_EVERY)
		sync_now(f, mono_us);
}
