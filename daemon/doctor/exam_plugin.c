/* exam_plugin.c: are the plugins' programs there, and does what they talk to answer? While no daemon runs, a plugin that
 * offers --probe (plugins/README.md) is asked; no other is ever started. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "doctor/child.h"
#include "doctor/exam.h"
#include "plugin/process.h"

#define HELP_US     (3 * S)
#define PROBE_US    (8 * S)
#define PLUGINS_MAX 32 /* asked at once; a box has a handful */

struct probe {
	const struct plugin *plugin;
	char *path, *hello;
	const char *help_argv[3], *probe_argv[3], *environment[4];
	char *credentials, *instance;
	bool offers;
};

/* ---- the programs ---- */

/* True when it can be started. */
static bool exam_program(const struct patient *p, const char *path, struct findings *f)
{
	const struct permit_user user = patient_plugin_user(p);
	struct stat st;
	int r = stat(path, &st) < 0 ? -errno : !S_ISREG(st.st_mode) ? -EISDIR : permit_path(&user, path, X_OK);

	if (r == -ENOENT)
		finding_fault(f, N_("its program {path} is not there"),
			      N_("install it, or correct 'program' of this plugin"), "path", path, NULL);
	else if (r == -EISDIR)
		finding_fault(f, N_("its program {path} is no file"), N_("correct 'program' of this plugin"), "path",
			      path, NULL);
	else if (r < 0)
		finding_fault(f, N_("its program {path} cannot be started: {error}"),
			      N_("chmod 0755 {path}, and 0755 for the folders above it"), "path", path, "error",
			      strerror(-r), NULL);
	return r == 0;
}

/* ---- what a probe says ---- */

struct probe_row {
	const char *result, *message, *advice;
};

/* clang-format off */
static const struct probe_row probe_rows[] = {
	{ "reached",     N_("{target} answers and lets it in"), "" },
	{ "unresolved",  N_("{target}: the name is not known, or no name server answered: {text}"),
	  N_("correct the address in its options; 'getent hosts NAME' asks too") },
	{ "refused",     N_("{target}: the host is there and refuses: nothing listens on this port"),
	  N_("start the broker, or correct the port in its options") },
	{ "unreachable", N_("{target}: there is no way to it: {text}"),
	  N_("check the network: cable, router, SIM card; 'ip route' shows this box's side") },
	{ "silent",      N_("{target}: no answer in time: {text}"),
	  N_("is the address right, is a firewall between, is it a server of this kind?") },
	{ "denied",      N_("{target} answers, but does not let it in: {text}"),
	  N_("correct user name, password_file and the rights of this user there") },
	{ "failed",      N_("{target}: {text}"), N_("correct its options") },
};
/* clang-format on */

static void judge_probe(const json_t *said, struct findings *f)
{
	const char *result = json_string_value(json_object_get(said, "result"));
	const char *target = json_string_value(json_object_get(said, "target"));
	const char *text = json_string_value(json_object_get(said, "text"));
	const struct probe_row *row = &probe_rows[ARRAY_SIZE(probe_rows) - 1];

	for (size_t i = 0; i < ARRAY_SIZE(probe_rows); i++)
		if (str_equal(probe_rows[i].result, result))
			row = &probe_rows[i];
	target = target ? target : "?";
	text = text && *text ? text : "?";
	if (!row->advice[0])
		finding_ok(f, row->message, "target", target, "text", text, NULL);
	else
		finding_fault(f, row->message, row->advice, "target", target, "text", text, NULL);
}

/* True when the line was one that says something. */
static bool take_line(const char *line, size_t len, struct findings *f)
{
	json_t *said = json_loadb(line, len, 0, NULL);
	const char *type = json_string_value(json_object_get(said, "type"));
	const char *text = json_string_value(json_object_get(said, "text"));
	bool taken = true;

	if (str_equal(type, "probe"))
		judge_probe(said, f);
	else if (str_equal(type, "fault"))
		finding_fault(f, N_("it refuses its options: {text}"), N_("correct them in the configuration"), "text",
			      text ? text : "?", NULL);
	else
		taken = false;
	json_decref(said);
	return taken;
}

static void judge_said(const struct child *c, struct findings *f)
{
	size_t taken = 0;

	for (const char *line = str_buf_text(&c->said); *line;) {
		size_t len = strcspn(line, "\n");

		taken += take_line(line, len, f);
		line += len + (line[len] == '\n');
	}
	if (taken)
		return;
	if (c->error == -ETIMEDOUT)
		finding_warning(f, N_("its probe did not end in 8 s"), N_("look into the log once estated runs"), NULL);
	else
		finding_warning(f, N_("its probe said nothing"), N_("run it by hand, see estated-plugin(7)"), NULL);
}

/* ---- asking ---- */

static char *hello_of(const struct patient *p, const struct plugin *plugin)
{
	json_t *options = json_loads(plugin->options_json, 0, NULL);
	json_t *hello = json_pack("{ss si ss ss sf so s[]}", "type", "hello", "protocol", 1, "instance", plugin->id,
				  "estate", p->conf->estate.id, "max_age", (double)plugin->max_age_us / (double)S,
				  "options", options ? options : json_object(), "devices");
	char *text = json_dumps(hello, JSON_COMPACT);
	_cleanup_str_buf_ struct str_buf line = { 0 };

	json_decref(hello);
	str_buf_printf(&line, "%s\n", text ? text : "{}");
	free(text);
	return str_buf_take(&line);
}

/* Runs those that have words to be started with, all at once. */
static void ask(struct child *children, size_t count, int64_t limit_us)
{
	struct child running[PLUGINS_MAX];
	size_t which[PLUGINS_MAX], used = 0;

	for (size_t i = 0; i < count; i++)
		if (children[i].argv) {
			running[used] = children[i];
			which[used++] = i;
		}
	child_run_all(running, used, limit_us);
	for (size_t i = 0; i < used; i++)
		children[which[i]] = running[i];
}

/* Every plugin prints its options on --help, and does nothing else; one that can be probed has --probe among them. */
static void find_offers(struct probe *probes, size_t count, const struct permit_user *user)
{
	struct child children[PLUGINS_MAX] = { 0 };

	for (size_t i = 0; i < count; i++)
		children[i] = (struct child){ .argv = probes[i].help_argv, .user = user };
	ask(children, count, HELP_US);
	for (size_t i = 0; i < count; i++) {
		probes[i].offers = children[i].error == 0 && WIFEXITED(children[i].status) &&
				   WEXITSTATUS(children[i].status) == 0 &&
				   strstr(str_buf_text(&children[i].said), "--probe");
		child_fini(&children[i]);
	}
}

static void run_probes(struct probe *probes, size_t count, const struct permit_user *user, struct findings *f)
{
	struct child children[PLUGINS_MAX] = { 0 };

	find_offers(probes, count, user);
	for (size_t i = 0; i < count; i++)
		if (probes[i].offers)
			children[i] = (struct child){ .argv = probes[i].probe_argv,
						      .environment = probes[i].environment,
						      .input = probes[i].hello,
						      .user = user };
	ask(children, count, PROBE_US);
	for (size_t i = 0; i < count; i++) {
		finding_about(f, "plugin", probes[i].plugin->id);
		if (probes[i].offers)
			judge_said(&children[i], f);
		else
			finding_ok(f, N_("its program {path} is there; it offers no probe"), "path", probes[i].path,
				   NULL);
		child_fini(&children[i]);
	}
}

/* As the daemon gives it, but for TMPDIR. */
static void make_environment(const struct patient *p, struct probe *probe)
{
	_cleanup_str_buf_ struct str_buf credentials = { 0 }, instance = { 0 };

	str_buf_add(&credentials, "ESTATE_CREDENTIALS=");
	patient_credentials(p, &credentials);
	str_buf_printf(&instance, "ESTATE_INSTANCE=%s", probe->plugin->id);
	probe->credentials = str_buf_take(&credentials);
	probe->instance = str_buf_take(&instance);
	probe->environment[0] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	probe->environment[1] = probe->credentials;
	probe->environment[2] = probe->instance;
}

static void take_plugin(const struct patient *p, const struct plugin *plugin, char *path, struct probe *probe)
{
	*probe = (struct probe){ .plugin = plugin,
				 .path = path,
				 .hello = hello_of(p, plugin),
				 .help_argv = { path, "--help", NULL },
				 .probe_argv = { path, "--probe", NULL } };
	make_environment(p, probe);
}

void exam_plugin(struct patient *p, struct findings *f)
{
	const struct permit_user user = patient_plugin_user(p);
	_cleanup_(freep) struct probe *probes = mem_array(PLUGINS_MAX, sizeof(*probes));
	size_t count = 0;

	for (size_t i = 0; p->conf && i < p->conf->plugin_count; i++) {
		const struct plugin *plugin = &p->conf->plugins[i];
		char *path = process_path(p->plugin_dir, plugin->program);

		finding_about(f, "plugin", plugin->id);
		if (!exam_program(p, path, f)) {
			free(path);
		} else if (p->up || count == PLUGINS_MAX) {
			finding_ok(f, N_("its program {path} is there"), "path", path, NULL);
			free(path);
		} else {
			take_plugin(p, plugin, path, &probes[count++]);
		}
	}
	run_probes(probes, count, &user, f);
	for (size_t i = 0; i < count; i++) {
		free(probes[i].path);
		free(probes[i].hello);
		free(probes[i].credentials);
		free(probes[i].instance);
	}
}
