/* exam_socket.c: the daemon's socket: does anybody answer there, and who may ask? */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "doctor/exam.h"
#include "doctor/peek.h"

static void judge_rights(const struct patient *p, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf owner = { 0 }, group = { 0 };
	struct stat st;
	char mode[8];

	if (stat(p->socket_path, &st) < 0)
		return;
	patient_name_user(st.st_uid, &owner);
	patient_name_group(st.st_gid, &group);
	snprintf(mode, sizeof(mode), "%04o", (unsigned)st.st_mode & 07777);
	finding_ok(f, N_("root, {owner} and group {group} may ask there (mode {mode})"), "owner", str_buf_text(&owner),
		   "group", str_buf_text(&group), "mode", mode, NULL);
}

static void judge_answer(const struct patient *p, struct findings *f)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)p->pid);
	if (p->socket_error == -EAGAIN)
		finding_fault(f, N_("estated is there, but takes no connections"),
			      N_("'journalctl -u estated -n 50' says why; a daemon that hangs is started anew by its "
				 "watchdog"),
			      NULL);
	else if (p->pid)
		finding_ok(f, N_("estated answers, process {pid}, user {user}"), "pid", pid, "user", p->user_name,
			   NULL);
	else
		finding_ok(f, N_("somebody answers"), NULL);
}

void exam_socket(struct patient *p, struct findings *f)
{
	finding_about(f, "socket", p->socket_path);
	if (p->up) {
		judge_answer(p, f);
		judge_rights(p, f);
	} else if (p->socket_error == -ENOENT || p->socket_error == -ENOTDIR) {
		finding_warning(f, N_("estated does not run: there is no socket"),
				N_("start it: systemctl start estated; else see 'journalctl -u estated -n 50'"), NULL);
	} else if (p->socket_error == -ESHUTDOWN) {
		finding_warning(f, N_("estated does not run: its service is stopped"),
				N_("start it: systemctl start estated; else see 'journalctl -u estated -n 50'"), NULL);
	} else if (p->socket_error == -ECONNREFUSED) {
		finding_warning(f, N_("estated does not run: the socket is left over from one that was killed"),
				N_("start it: systemctl start estated; it takes the file's place by itself"), NULL);
	} else if (p->socket_error == -EACCES) {
		finding_warning(f, N_("you may not ask there, so it is not known whether estated runs"),
				N_("use sudo, or join the group: usermod -aG estated USER, and log in again"), NULL);
	} else {
		finding_fault(f, N_("no connection: {error}"), N_("name the right folder with --runtime-dir"), "error",
			      strerror(-p->socket_error), NULL);
	}
}
