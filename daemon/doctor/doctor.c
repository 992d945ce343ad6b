#include "doctor/doctor.h"

#include <signal.h>
#include <unistd.h>

#include "doctor/exam.h"

/* On a terminal, what takes seconds says so, and takes it back. */
static void show_progress(const struct exam_row *row, enum doctor_form form)
{
	if (form != DOCTOR_TEXT || !isatty(STDERR_FILENO) || (row && !row->is_network))
		return;
	if (row)
		fprintf(stderr, "\r\033[K%s …", row->name);
	else
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

int doctor_run(const struct patient_paths *paths, enum doctor_form form)
{
	_cleanup_findings_ struct findings found = { 0 };
	struct patient p;
	char *json;
	int status;

	signal(SIGPIPE, SIG_IGN);
	patient_init(&p, "", paths);
	for (const struct exam_row *row = exam_all; row->name; row++) {
		show_progress(row, form);
		row->run(&p, &found);
	}
	show_progress(NULL, form);
	if (form == DOCTOR_JSON) {
		json = finding_json(&found);
		puts(json);
		free(json);
	} else {
		finding_print(&found, stdout);
	}
	status = finding_count(&found, FINDING_FAULT) > 0 || fflush(stdout) != 0;
	patient_fini(&p);
	return status;
}
