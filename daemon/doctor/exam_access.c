/* exam_access.c: files of the configuration and of secrets: may the daemon read them, and nobody else change or read them
 * who should not? */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "doctor/exam.h"
#include "doctor/peek.h"

struct walk {
	const struct patient *p;
	struct findings *f;
	size_t count;
};

static void judge_unreadable(const struct patient *p, const char *path, struct findings *f)
{
	finding_about(f, "access", path);
	finding_fault(f, N_("user {user}, as whom estated runs, cannot read it"),
		      N_("chmod 0644 {path}, and 0755 for the folders above it"), "user", p->user_name, "path", path,
		      NULL);
}

/* One file or folder of the configuration. */
static void look_at(struct walk *w, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return; /* exam_conf has said so, or it need not be there */
	w->count++;
	if (patient_may(w->p, path, S_ISDIR(st.st_mode) ? R_OK | X_OK : R_OK) == -EACCES)
		judge_unreadable(w->p, path, w->f);
	if (!(st.st_mode & S_IWOTH))
		return;
	finding_about(w->f, "access", path);
	finding_warning(w->f, N_("everybody on this box may change it, and with it what is an alarm"),
			N_("chmod o-w {path}"), "path", path, NULL);
}

static void look_into(struct walk *w, const char *dir)
{
	DIR *entries = opendir(dir);
	struct dirent *e;

	if (!entries)
		return;
	look_at(w, dir);
	while ((e = readdir(entries))) {
		_cleanup_str_buf_ struct str_buf path = { 0 };
		size_t len = strlen(e->d_name);

		if (e->d_name[0] == '.' || len < 5 || !str_equal(e->d_name + len - 5, ".conf"))
			continue;
		str_buf_printf(&path, "%s/%s", dir, e->d_name);
		look_at(w, path.text);
	}
	closedir(entries);
}

static void exam_files(struct patient *p, struct findings *f)
{
	static const char *const folders[] = { "conf.d", "profiles", "rules" };
	struct walk w = { .p = p, .f = f };
	const char *slash = strrchr(p->conf_path, '/');
	size_t before = f->count;
	char count[24];

	look_at(&w, p->conf_path);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_str_buf_ struct str_buf dir = { 0 };

		str_buf_add_len(&dir, p->conf_path, slash ? (size_t)(slash - p->conf_path) + 1 : 0);
		str_buf_add(&dir, folders[i]);
		look_into(&w, dir.text);
	}
	if (w.count == 0 || !finding_clean_since(f, before))
		return;
	snprintf(count, sizeof(count), "%zu", w.count);
	finding_about(f, "access", p->conf_path);
	finding_ok(f, N_("user {user} can read all {count} files of the configuration, not everybody can change them"),
		   "user", p->user_name, "count", count, NULL);
}

/* ---- secrets ---- */

static void judge_secret(const struct patient *p, const char *path, struct findings *f)
{
	const struct permit_user user = patient_plugin_user(p);
	_cleanup_str_buf_ struct str_buf name = { 0 };
	struct stat st;
	int r;

	patient_name_user(user.uid, &name);
	r = user.uid == p->user.uid ? patient_may(p, path, R_OK) : permit_path(&user, path, R_OK);
	if (r == -ENOENT)
		finding_fault(f, N_("{path} is missing"),
			      N_("write the secret as its first line, then: install -o {user} -m 400 FILE {path}"),
			      "path", path, "user", str_buf_text(&name), NULL);
	else if (r < 0)
		finding_fault(f, N_("{path}: user {user}, as whom the plugin runs, cannot read it: {error}"),
			      N_("chown root:{user} {path}; chmod 0640 {path}; and let it through the folders above"),
			      "path", path, "user", str_buf_text(&name), "error", strerror(-r), NULL);
	else if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & S_IROTH)
		finding_warning(f, N_("{path}: everybody on this box can read the secret"), N_("chmod o= {path}"),
				"path", path, NULL);
	else if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
		finding_fault(f, N_("{path} is empty"), N_("write the secret as its first line"), "path", path, NULL);
	else
		finding_ok(f, N_("{path}: user {user} can read it, not everybody can"), "path", path, "user",
			   str_buf_text(&name), NULL);
}

/* Is it among those that systemd passes on? */
static bool is_passed_on(const struct patient *p, const char *name)
{
	_cleanup_str_buf_ struct str_buf path = { 0 }, key = { 0 };

	str_buf_printf(&path, "/run/credentials/estated.service/%s", name);
	str_buf_printf(&key, "Credential=%s:", name);
	return p->is_units && (peek_exists(p->root, path.text) || (p->unit && strstr(p->unit, key.text)));
}

static void judge_credential(const struct patient *p, const char *name, struct findings *f)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };

	if (is_passed_on(p, name)) {
		finding_ok(f, N_("credential {name} is passed on by systemd"), "name", name, NULL);
		return;
	}
	patient_credentials(p, &path);
	str_buf_printf(&path, "/%s", name);
	judge_secret(p, path.text, f);
}

static bool ends_with(const char *text, const char *ending)
{
	size_t len = strlen(text), ending_len = strlen(ending);

	return len > ending_len && str_equal(text + len - ending_len, ending);
}

/* Options whose name ends with _file are files that the plugin reads, those with _credential names of such. */
static void exam_secrets_of(const struct patient *p, const struct plugin *plugin, struct findings *f)
{
	json_t *options = json_loads(plugin->options_json, 0, NULL), *value;
	const char *key;

	json_object_foreach(options, key, value)
	{
		finding_about(f, "secret", plugin->id);
		if (json_is_string(value) && ends_with(key, "_file"))
			judge_secret(p, json_string_value(value), f);
		else if (json_is_string(value) && ends_with(key, "_credential"))
			judge_credential(p, json_string_value(value), f);
	}
	json_decref(options);
}

void exam_access(struct patient *p, struct findings *f)
{
	exam_files(p, f);
	for (size_t i = 0; p->conf && i < p->conf->plugin_count; i++)
		exam_secrets_of(p, &p->conf->plugins[i], f);
}
