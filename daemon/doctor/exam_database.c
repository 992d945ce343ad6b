/* exam_database.c: the databases themselves; only looked through while no daemon has them open. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "doctor/exam.h"
#include "store/inspect.h"

#define LIMIT_US (4 * S) /* for each */

/* What the next start would refuse. */
static bool is_newer(const struct inspect_report *report, size_t known, struct findings *f)
{
	char has[24], knows[24];

	if (report->version <= known)
		return false;
	snprintf(has, sizeof(has), "%zu", report->version);
	snprintf(knows, sizeof(knows), "%zu", known);
	finding_fault(f, N_("is of a newer estated: its schema is version {version}, this one knows up to {known}"),
		      N_("install the newer estated again, or restore a backup that this one has made"), "version", has,
		      "known", knows, NULL);
	return true;
}

static void judge(const struct inspect_report *report, const char *why, struct findings *f)
{
	char megabytes[24];

	snprintf(megabytes, sizeof(megabytes), "%.1f", (double)report->bytes / (1024 * 1024));
	switch (report->verdict) {
	case INSPECT_GOOD: finding_ok(f, N_("intact, {size} MiB"), "size", megabytes, NULL); break;
	case INSPECT_HEADER:
		finding_ok(f,
			   N_("its header is intact; the last changes still wait beside it (an end by power cut), the "
			      "next start takes them in"),
			   NULL);
		break;
	case INSPECT_UNFINISHED:
		finding_ok(f, N_("its header is intact; with {size} MiB it is too large to be looked through here"),
			   "size", megabytes, NULL);
		break;
	case INSPECT_DAMAGED:
	case INSPECT_FOREIGN:
		finding_fault(f, N_("damaged: {why}"),
			      N_("keep a copy; the next start of estated puts it aside and goes on with what it can "
				 "save; think of a new SD card or disk"),
			      "why", why, NULL);
	}
}

static void exam_file(const struct patient *p, size_t index, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf path = { 0 }, why = { 0 };
	struct inspect_report report;
	int r;

	str_buf_printf(&path, "%s/%s", p->state_dir, inspect_files[index]);
	finding_about(f, "database", path.text);
	r = inspect_database(path.text, LIMIT_US, &report, &why);
	if (r == -ENOENT)
		return; /* the first start makes it */
	if (r == -EACCES)
		finding_warning(f, N_("you may not read it"), N_("use sudo"), NULL);
	else if (r < 0)
		finding_fault(f, N_("cannot be read: {error}"), N_("'dmesg | tail' says what the disk has"), "error",
			      strerror(-r), NULL);
	else if (!is_newer(&report, inspect_schema(index), f))
		judge(&report, str_buf_text(&why), f);
}

void exam_database(struct patient *p, struct findings *f)
{
	if (p->up) {
		finding_about(f, "database", p->state_dir);
		finding_ok(f, N_("not opened: the running estated has them, and says itself what is wrong with them"),
			   NULL);
		return;
	}
	for (size_t i = 0; inspect_files[i]; i++)
		exam_file(p, i, f);
}
