/* exam_unit.c: does systemd start estated, keep it running and watch it, and may it open files enough? */
#include <stdio.h>
#include <unistd.h>

#include "doctor/exam.h"
#include "doctor/peek.h"

#define FILES_BASE 160 /* the API's connections, databases, timers, the log */
#define FILES_BUS  3
#define FILES_EACH 5 /* of a plugin: three pipes and what watches them */

static bool is_value(const struct patient *p, const char *key, const char *value)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	patient_unit_value(p, key, &text);
	return str_equal(str_buf_text(&text), value);
}

static void judge_start(const struct patient *p, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf enabled = { 0 }, file = { 0 };

	patient_unit_value(p, "UnitFileState", &enabled);
	patient_unit_value(p, "FragmentPath", &file);
	if (is_value(p, "LoadState", "masked"))
		finding_fault(f, N_("it is masked: nothing can start it"), N_("systemctl unmask estated"), NULL);
	else if (str_equal(str_buf_text(&enabled), "disabled"))
		finding_warning(f, N_("is not started with the box"), N_("systemctl enable estated"), NULL);
	else
		finding_ok(f, N_("installed as {file}, started with the box: {enabled}"), "file", str_buf_text(&file),
			   "enabled", enabled.len ? enabled.text : "?", NULL);
	if (is_value(p, "NeedDaemonReload", "yes"))
		finding_warning(f, N_("its file was changed, systemd still uses the old one"),
				N_("systemctl daemon-reload && systemctl restart estated"), NULL);
}

static void judge_run(const struct patient *p, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf active = { 0 }, sub = { 0 }, result = { 0 }, restarts = { 0 };

	patient_unit_value(p, "ActiveState", &active);
	patient_unit_value(p, "SubState", &sub);
	patient_unit_value(p, "Result", &result);
	patient_unit_value(p, "NRestarts", &restarts);
	if (str_equal(str_buf_text(&active), "active"))
		finding_ok(f, N_("runs; started anew {count} times since the last start by hand"), "count",
			   restarts.len ? restarts.text : "0", NULL);
	else if (str_equal(str_buf_text(&active), "failed") || str_equal(str_buf_text(&sub), "auto-restart"))
		finding_fault(f, N_("does not stay up: {result}, started anew {count} times"),
			      N_("journalctl -u estated -n 50; most often the configuration, see above"), "result",
			      str_buf_text(&result), "count", restarts.len ? restarts.text : "0", NULL);
	else
		finding_warning(f, N_("is {state}"), N_("systemctl start estated"), "state", str_buf_text(&active),
				NULL);
	/* Of a unit that is stopped systemd shows 0. */
	if (str_equal(str_buf_text(&active), "active") &&
	    (is_value(p, "WatchdogUSec", "0") || is_value(p, "WatchdogUSec", "infinity")))
		finding_warning(f, N_("has no watchdog: a daemon that hangs would stay so"),
				N_("put WatchdogSec=20s back into the unit"), NULL);
}

/* ---- open files ---- */

/* "Max open files            1024                 524288               files" */
static int64_t limit_of_process(const struct patient *p)
{
	_cleanup_str_buf_ struct str_buf path = { 0 }, text = { 0 };
	static const char key[] = "Max open files";
	const char *at;
	char number[24];
	size_t len;
	int64_t limit;

	str_buf_printf(&path, "/proc/%d/limits", (int)p->pid);
	if (p->pid <= 0 || peek_file(p->root, path.text, PEEK_MAX, &text) < 0)
		return 0;
	at = strstr(str_buf_text(&text), key);
	if (!at)
		return 0;
	at += strlen(key);
	at += strspn(at, " ");
	len = strcspn(at, " \n");
	snprintf(number, sizeof(number), "%.*s", (int)MIN(len, sizeof(number) - 1), at);
	return str_to_i64(number, &limit) == 0 ? limit : 0;
}

static void exam_files(const struct patient *p, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf of_unit = { 0 };
	int64_t limit = limit_of_process(p), need;
	char limit_text[24], need_text[24];

	if (p->is_units)
		patient_unit_value(p, "LimitNOFILE", &of_unit);
	if (!limit && str_to_i64(str_buf_text(&of_unit), &limit) < 0)
		limit = 0;
	if (!limit || !p->conf)
		return;
	need = FILES_BASE + FILES_BUS * (int64_t)p->conf->bus_count + FILES_EACH * (int64_t)p->conf->plugin_count;
	snprintf(limit_text, sizeof(limit_text), "%lld", (long long)limit);
	snprintf(need_text, sizeof(need_text), "%lld", (long long)need);
	finding_about(f, "limits", "open files");
	if (limit < need)
		finding_fault(f, N_("{limit} are allowed, this configuration needs about {need}"),
			      N_("systemctl edit estated: in [Service] write LimitNOFILE={need}, or more"), "limit",
			      limit_text, "need", need_text, NULL);
	else
		finding_ok(f, N_("{limit} are allowed, this configuration needs about {need}"), "limit", limit_text,
			   "need", need_text, NULL);
}

void exam_unit(struct patient *p, struct findings *f)
{
	finding_about(f, "service", "estated.service");
	if (!p->systemd && !p->unit)
		finding_warning(f, N_("systemd does not run here: nobody starts estated again when it has ended"),
				N_("see that something does, and that it watches for a hang"), NULL);
	else if (!p->unit)
		finding_warning(
			f, N_("is not installed, so estated is not started with the box"),
			N_("install it where systemd looks (configure --with-systemdsystemunitdir=DIR), then systemctl "
			   "enable --now estated"),
			NULL);
	else if (!p->is_units)
		finding_ok(f, N_("not asked: what is examined here is another estated than the unit's"), NULL);
	else {
		judge_start(p, f);
		if (p->systemd)
			judge_run(p, f);
	}
	exam_files(p, f);
}
