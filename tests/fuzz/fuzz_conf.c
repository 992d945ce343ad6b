/* fuzz_conf.c: conf/ whole: any files of a configuration, from their bytes to the immutable struct: either every error has
 * its place, or everything in the struct is such that the rest of the daemon may rely on it: references resolved, ranges
 * kept, life safety untouched; its points can be read, its rules bound and evaluated, its buses planned.
 *
 * Input: files, each begun by a line "=== NAME" (estated.conf conf.d/a.conf profiles/a.conf rules/a.conf, or
 * data/classes.conf data/rules/a.conf of the installed data); what stands before the first is estated.conf. Read by the
 * real code, so they are written into a folder of our own: $TMPDIR, else /dev/shm. */
#include "fuzz.h"

#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "conf/conf.h"
#include "conf/difference.h"
#include "field/plan.h"
#include "field/plan_measure.h"

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

static const char data_classes[] =
	"classes: ( { id = \"tank\"; points: ( { name = \"level\"; type = \"number\"; unit = \"%\"; },"
	" { name = \"high\"; type = \"bool\"; } ); },\n"
	"{ id = \"sos\"; points: ( { name = \"pressed\"; type = \"event\"; } ); },\n"
	"{ id = \"lift\"; points: ( { name = \"floor\"; type = \"number\"; }, { name = \"trapped\"; type = \"bool\"; },"
	" { name = \"direction\"; type = \"text\"; } ); } );\n";
static const char data_rules[] =
	"rules: ( { id = \"sos\"; class = \"sos\"; when = \"pressed\"; priority = 1; latch = true; life_safety = true;"
	" text: { zh = \"求助\"; en = \"help\"; }; },\n"
	"{ id = \"lift-trapped\"; class = \"lift\"; when = \"trapped\"; for = \"60s\"; priority = 1; life_safety = "
	"true;"
	" text: { zh = \"困人\"; en = \"trapped\"; }; },\n"
	"{ id = \"tank-high\"; class = \"tank\"; when = \"level > 90\"; hysteresis = 2;"
	" text: { zh = \"高\"; en = \"high\"; }; } );\n";

static const struct {
	const char *name, *usual; /* what stands there unless the input says otherwise; NULL: nothing */
} files[] = {
	{ "estated.conf", "" },
	{ "conf.d/a.conf", NULL },
	{ "conf.d/b.conf", NULL },
	{ "profiles/a.conf", NULL },
	{ "rules/a.conf", NULL },
	{ "data/classes.conf", data_classes },
	{ "data/rules/a.conf", data_rules },
	{ "data/profiles/a.conf", NULL },
};
#define FILES (sizeof(files) / sizeof(files[0]))

static char folder[256];
static const char *written[FILES]; /* what was put there last: NULL nothing, "?" of an input */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_folder(void)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *path_of(const char *name, char buf[512])
{
	snprintf(buf, 512, "%s/%s", folder, name);
	return buf;
}

static void make_folder(void)
{
	static const char *const inner[] = { "conf.d", "profiles", "rules", "data", "data/rules", "data/profiles" };
	const char *base = getenv("TMPDIR");
	char path[512];

	base = base ? base : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(folder, sizeof(folder), "%s/fuzz-conf.XXXXXX", base);
	FUZZ_CLAIM(mkdtemp(folder));
	atexit(remove_folder);
	for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
		FUZZ_CLAIM(mkdir(path_of(inner[i], path), 0700) == 0);
}

static void write_file(size_t number, const void *bytes, size_t len)
{
	char path[512];
	FILE *f = fopen(path_of(files[number].name, path), "we");

	FUZZ_CLAIM(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
}

static void remove_file(size_t number)
{
	char path[512];

	unlink(path_of(files[number].name, path));
}

/* Puts back what an input before has changed. */
static void write_usual(const bool *of_input)
{
	for (size_t i = 0; i < FILES; i++) {
		if (of_input[i] || written[i] == files[i].usual)
			continue;
		if (files[i].usual)
			write_file(i, files[i].usual, strlen(files[i].usual));
		else
			remove_file(i);
		written[i] = files[i].usual;
	}
}

static size_t file_named(struct fuzz_bytes line)
{
	for (size_t i = 0; i < FILES; i++)
		if (line.left == strlen(files[i].name) + 4 && memcmp(line.at + 4, files[i].name, line.left - 4) == 0)
			return i;
	return 0;
}

static bool is_mark(struct fuzz_bytes line)
{
	return line.left > 4 && memcmp(line.at, "=== ", 4) == 0;
}

/* Up to the next mark, or the end; *ret_next: the file that the mark names, FILES at the end. */
static struct fuzz_bytes read_section(struct fuzz_bytes *in, size_t *ret_next)
{
	struct fuzz_bytes section = { in->at, 0 };

	*ret_next = FILES;
	while (in->left && *ret_next == FILES) {
		struct fuzz_bytes line = fuzz_line(in);

		if (is_mark(line))
			*ret_next = file_named(line);
		else
			section.left = (size_t)(in->at - section.at);
	}
	return section;
}

/* Writes the files of the input; one that is named twice is replaced. */
static void write_input(struct fuzz_bytes in, bool *ret_of_input)
{
	for (size_t number = 0, next; number < FILES; number = next) {
		struct fuzz_bytes section = read_section(&in, &next);

		write_file(number, section.at, section.left);
		ret_of_input[number] = true;
		written[number] = "?";
	}
}

/* ---- what must hold ---- */

static void check_diag(const struct diag *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const char *text = d->entries[i].text;

		FUZZ_CLAIM(text[0] && !strchr(text, '\n') && str_is_utf8(text, strlen(text)));
		FUZZ_CLAIM(d->entries[i].file && strncmp(d->entries[i].file, folder, strlen(folder)) == 0);
	}
}

static void check_point(const struct profile_point *p)
{
	uint16_t zeros[128] = { 0 };
	struct value v = { 0 };

	FUZZ_CLAIM(p->name && p->name[0] && p->unit && p->type != VALUE_NONE);
	FUZZ_CLAIM(isfinite(p->deadband) && p->deadband >= 0 && p->period_us >= 0 && p->max_age_us >= 0);
	if (p->wire.table == CODEC_TABLE_NONE) {
		FUZZ_CLAIM(p->field.path && isfinite(p->field.scale) && isfinite(p->field.offset));
		return;
	}
	FUZZ_CLAIM(p->period_us > 0 && p->wire.registers >= 1 && p->wire.registers <= 125);
	FUZZ_CLAIM(p->wire.address + p->wire.registers <= 65536);
	FUZZ_CLAIM(isfinite(p->wire.scale) && isfinite(p->wire.offset) && p->wire.scale != 0);
	if (!codec_table_is_bits(p->wire.table) && codec_decode_registers(&p->wire, zeros, 128, &v) == 0)
		FUZZ_CLAIM(v.type == codec_value_type(&p->wire) && (v.type != VALUE_NUMBER || isfinite(v.number)));
}

static bool is_within(const void *row, const void *rows, size_t bytes)
{
	return (const char *)row >= (const char *)rows && (const char *)row < (const char *)rows + bytes;
}

static void check_device(const struct conf *c, const struct device *d)
{
	FUZZ_CLAIM(str_is_id(d->id) && conf_find_device(c, d->id) == d && d->name && d->name[0]);
	FUZZ_CLAIM(d->class && d->profile && d->profile->class == d->class && place_path_valid(d->place) && d->room);
	FUZZ_CLAIM(is_within(d->class, c->classes, c->class_count * sizeof(*c->classes)));
	FUZZ_CLAIM(!d->bus || (is_within(d->bus, c->buses, c->bus_count * sizeof(*c->buses)) && !d->plugin));
	FUZZ_CLAIM(!d->plugin || is_within(d->plugin, c->plugins, c->plugin_count * sizeof(*c->plugins)));
	FUZZ_CLAIM(d->first_point + d->profile->point_count <= c->point_count);
	FUZZ_CLAIM(d->max_registers >= 1 && d->max_registers <= 125 && d->max_bits >= 1 && d->max_bits <= 2000);
	for (size_t i = 0; i < d->profile->point_count; i++)
		check_point(&d->profile->points[i]);
}

static void check_rule(const struct conf *c, const struct rule *r)
{
	const struct rule_limit *limit = rule_limit_find(r->id);

	FUZZ_CLAIM(str_is_id(r->id) && r->enabled && r->priority >= 1 && r->priority <= 4);
	FUZZ_CLAIM(!r->when == !r->expr && r->for_us >= 0 && r->off_for_us >= 0 && isfinite(r->hysteresis));
	FUZZ_CLAIM(!limit || (r->for_us <= limit->longest_for_us && r->life_safety));
	FUZZ_CLAIM(!r->device || conf_find_device(c, r->device));
	FUZZ_CLAIM(r->times >= 0 && (r->times == 0 || r->within_us > 0));
}

static void check_rows(const struct conf *c)
{
	FUZZ_CLAIM(str_is_id(c->estate.id) && c->estate.name && c->estate.timezone);
	for (size_t i = 0; i < c->device_count; i++)
		check_device(c, &c->devices[i]);
	for (size_t i = 0; i < c->rule_count; i++)
		check_rule(c, &c->rules[i]);
	for (size_t i = 0; i < c->bus_count; i++)
		FUZZ_CLAIM(c->buses[i].timeout_us > 0 && conf_find_bus(c, c->buses[i].id) == &c->buses[i]);
	for (size_t i = 0; i < c->plugin_count; i++) {
		json_t *options = json_loads(c->plugins[i].options_json, 0, NULL);

		FUZZ_CLAIM(json_is_object(options) && !strchr(c->plugins[i].options_json, '\n'));
		FUZZ_CLAIM(c->plugins[i].max_age_us > 0 && conf_find_plugin(c, c->plugins[i].id) == &c->plugins[i]);
		json_decref(options);
	}
}

/* As the engine does it at start. */
static void use(const struct conf *c)
{
	struct device_list devices = conf_devices(c);
	struct point_table *table = point_table_new(devices);
	struct expr_moment moment = { .event_point = UINT32_MAX };

	FUZZ_CLAIM(table->count == c->point_count);
	for (size_t i = 0; i < c->rule_count; i++)
		for (size_t k = 0; k < c->device_count && c->rules[i].expr; k++) {
			struct expr_binding *b;

			if (c->rules[i].device ? !str_equal(c->rules[i].device, c->devices[k].id)
					       : c->rules[i].class != c->devices[k].class)
				continue;
			if (expr_binding_new(c->rules[i].expr, table, &c->devices[k], &b) < 0)
				continue; /* it has nothing of what the rule reads */
			FUZZ_CLAIM(expr_evaluate(b, &moment) <= EXPR_UNKNOWN);
			expr_binding_free(b);
		}
	for (size_t i = 0; i < c->bus_count; i++) {
		struct plan *plan = plan_build(&c->buses[i], devices);

		FUZZ_CLAIM(plan_measure(plan).points <= c->point_count);
		plan_free(plan);
	}
	point_table_free(table);
}

/* The same files read again are the same configuration: a reload restarts nothing. */
static void check_reload(const struct conf *c, const char *path, const char *data_dir)
{
	struct difference difference;
	struct conf *again = NULL;
	struct diag d = { 0 };

	FUZZ_CLAIM(conf_load(path, data_dir, &d, &again) == 0);
	difference_find(c, again, &difference);
	FUZZ_CLAIM(difference.count == 0);
	difference_fini(&difference);
	conf_free(again);
	diag_fini(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool of_input[FILES] = { false };
	struct conf *c = NULL;
	struct diag d = { 0 };
	char path[512], data_dir[512];
	int r;

	if (!folder[0])
		make_folder();
	write_input((struct fuzz_bytes){ data, size }, of_input);
	write_usual(of_input);
	r = conf_load(path_of("estated.conf", path), path_of("data", data_dir), &d, &c);
	FUZZ_CLAIM((r == 0) == (c != NULL) && (r == 0) == (d.errors == 0));
	FUZZ_CLAIM(r == 0 || r == -EINVAL);
	check_diag(&d);
	if (c) {
		check_rows(c);
		use(c);
		if (size % 4 == 0)
			check_reload(c, path_of("estated.conf", path), data_dir);
	}
	conf_free(c);
	diag_fini(&d);
	return 0;
}
