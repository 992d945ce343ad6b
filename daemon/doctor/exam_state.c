/* exam_state.c: the folder of the databases: is it there, whose is it, does it survive a power cut, is there room? */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "doctor/exam.h"

#define MIB          ((uint64_t)1024 * 1024)
#define FREE_FAULT   (32 * MIB)  /* below: the next days end in a full disk */
#define FREE_WARNING (256 * MIB) /* what history and outbox may grow by before somebody comes */
#define FILES_FAULT  16
#define FILES_SHARE  100 /* a hundredth of all is little */

struct fs_kind {
	long type;
	const char *name;
	enum { FS_FORGETS, FS_REMOTE, FS_UNSAFE } kind;
};

static const struct fs_kind fs_kinds[] = {
	{ TMPFS_MAGIC, "tmpfs", FS_FORGETS },
	{ RAMFS_MAGIC, "ramfs", FS_FORGETS },
	{ OVERLAYFS_SUPER_MAGIC, "overlay", FS_FORGETS },
	{ NFS_SUPER_MAGIC, "nfs", FS_REMOTE },
	{ 0xff534d42, "cifs", FS_REMOTE },
	{ 0xfe534d42, "smb", FS_REMOTE },
	{ 0x01021997, "9p", FS_REMOTE },
	{ CEPH_SUPER_MAGIC, "ceph", FS_REMOTE },
	{ FUSE_SUPER_MAGIC, "fuse", FS_UNSAFE },
	{ MSDOS_SUPER_MAGIC, "vfat", FS_UNSAFE },
	{ 0x2011bab0, "exfat", FS_UNSAFE },
};

static void judge_fs(const struct exam_state_facts *x, struct findings *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(fs_kinds); i++) {
		const struct fs_kind *k = &fs_kinds[i];

		/* The field is signed and 32 bits wide on some machines. */
		if ((uint32_t)k->type != (uint32_t)x->fs_type)
			continue;
		if (k->kind == FS_FORGETS)
			finding_warning(f, N_("is on {fs}: alarms and history may be gone after a restart of the box"),
					N_("put it on a disk: a partition with ext4"), "fs", k->name, NULL);
		else if (k->kind == FS_REMOTE)
			finding_warning(f, N_("is on {fs}: without the network nothing can be stored"),
					N_("put it on a disk of this box: a partition with ext4"), "fs", k->name, NULL);
		else
			finding_warning(f, N_("is on {fs}: a power cut may lose what was stored"),
					N_("put it on a partition with ext4"), "fs", k->name, NULL);
	}
}

static void judge_room(const struct exam_state_facts *x, struct findings *f)
{
	char megabytes[24], files[24];

	snprintf(megabytes, sizeof(megabytes), "%llu", (unsigned long long)(x->free_bytes / MIB));
	snprintf(files, sizeof(files), "%llu", (unsigned long long)x->free_files);
	if (x->free_bytes < FREE_FAULT)
		finding_fault(f, N_("the disk is full: {free} MiB are free, at least 32 are needed"),
			      N_("free some: 'du -xh / | sort -h | tail', 'journalctl --vacuum-size=100M'"), "free",
			      megabytes, NULL);
	else if (x->free_bytes < FREE_WARNING)
		finding_warning(f, N_("{free} MiB are free, expected at least 256"),
				N_("free some: 'du -xh / | sort -h | tail', 'journalctl --vacuum-size=100M'"), "free",
				megabytes, NULL);
	/* Some file systems make inodes as they need them and say 0. */
	if (x->files && x->free_files < FILES_FAULT)
		finding_fault(f, N_("no more files can be made: {files} inodes are free"),
			      N_("remove folders with very many small files"), "files", files, NULL);
	else if (x->files && x->free_files < x->files / FILES_SHARE)
		finding_warning(f, N_("{files} inodes are free, less than a hundredth"),
				N_("remove folders with very many small files"), "files", files, NULL);
}

static void judge_missing(const struct exam_state_facts *x, struct findings *f)
{
	if (x->error == -EACCES)
		finding_warning(f, N_("you may not look into it"), N_("use sudo"), NULL);
	else if (x->error != -ENOENT && x->error)
		finding_fault(f, N_("cannot be used: {error}"), N_("name the right folder with --state-dir"), "error",
			      strerror(-x->error), NULL);
	else if (x->error && x->can_be_made)
		finding_warning(f, N_("is not there yet: estated has never run here"),
				N_("nothing, if that is so: its first start makes it"), NULL);
	else if (x->error)
		finding_fault(f, N_("is missing, and user {user} cannot make it"),
			      N_("mkdir -p {dir} && chown {user}: {dir} && chmod 0700 {dir}"), "user", x->user, "dir",
			      x->dir, NULL);
	else
		finding_fault(f, N_("is no folder"), N_("remove it, or name another one with --state-dir"), NULL);
}

void exam_state_judge(const struct exam_state_facts *x, struct findings *f)
{
	size_t before = f->count;
	char mode[8], megabytes[24];

	if (x->error || !x->is_dir) {
		judge_missing(x, f);
		return;
	}
	snprintf(mode, sizeof(mode), "%04o", x->mode & 07777);
	snprintf(megabytes, sizeof(megabytes), "%llu", (unsigned long long)(x->free_bytes / MIB));
	if (x->is_read_only)
		finding_fault(f, N_("its file system is mounted read-only: nothing can be stored"),
			      N_("'dmesg | tail' says why (a dying SD card?); then mount -o remount,rw"), NULL);
	else if (x->may_error)
		finding_fault(
			f,
			N_("user {user}, as whom estated runs, cannot write there; it belongs to {owner}, mode {mode}"),
			N_("chown -R {user}: {dir}"), "user", x->user, "owner", x->owner, "mode", mode, "dir", x->dir,
			NULL);
	else if (!x->is_users)
		finding_warning(f, N_("belongs to {owner} and not to {user}, as whom estated runs"),
				N_("chown -R {user}: {dir}"), "owner", x->owner, "user", x->user, "dir", x->dir, NULL);
	if (x->mode & 077)
		finding_warning(f, N_("others on this box may look into it (mode {mode}): it has data of residents"),
				N_("chmod 0700 {dir}"), "mode", mode, "dir", x->dir, NULL);
	judge_fs(x, f);
	if (!x->is_read_only)
		judge_room(x, f);
	if (finding_clean_since(f, before))
		finding_ok(f, N_("user {user} can write there, {free} MiB are free"), "user", x->user, "free",
			   megabytes, NULL);
}

/* The nearest folder above that is there; whether a folder can be made in it. */
static bool can_be_made(const struct patient *p)
{
	_cleanup_str_buf_ struct str_buf managed = { 0 };
	_cleanup_(freep) char *path = mem_strdup(p->state_dir);
	char *slash;

	if (p->is_units)
		patient_unit_value(p, "StateDirectory", &managed);
	if (managed.len)
		return true;
	while ((slash = strrchr(path, '/'))) {
		slash[slash == path] = '\0';
		if (access(path, F_OK) == 0)
			return patient_may(p, path, W_OK | X_OK) == 0;
		if (slash == path)
			break;
	}
	return false;
}

void exam_state(struct patient *p, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf owner = { 0 };
	struct exam_state_facts x = { .dir = p->state_dir, .user = p->user_name, .owner = "?" };
	struct statvfs room;
	struct statfs fs;
	struct stat st;

	finding_about(f, "state", p->state_dir);
	if (stat(p->state_dir, &st) < 0) {
		x.error = -errno;
		x.can_be_made = can_be_made(p);
		exam_state_judge(&x, f);
		return;
	}
	patient_name_user(st.st_uid, &owner);
	x.owner = str_buf_text(&owner);
	x.is_dir = S_ISDIR(st.st_mode);
	x.is_users = st.st_uid == p->user.uid;
	x.mode = st.st_mode & 07777;
	x.may_error = patient_may(p, p->state_dir, R_OK | W_OK | X_OK);
	if (statfs(p->state_dir, &fs) == 0)
		x.fs_type = fs.f_type;
	if (statvfs(p->state_dir, &room) == 0) {
		x.is_read_only = room.f_flag & ST_RDONLY;
		x.free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
		x.free_files = room.f_favail;
		x.files = room.f_files;
	}
	exam_state_judge(&x, f);
}
