/* cmd_import.c: a maker's register table, saved as CSV, becomes a profile. The daemon need not run. */
#include <errno.h>

#include "base/map.h"
#include "base/mem.h"
#include "ctl/command.h"
#include "ctl/conf_text.h"
#include "ctl/local.h"
#include "ctl/register_row.h"

struct import {
	const char *file, *class, *id;
	char own_id[64]; /* from the name of the file */
	enum register_base base;
	struct sheet sheet;
	struct register_head head;
	struct register_row *rows;
	size_t count, skipped, renamed;
	struct register_errors errors;
};

static void import_fini(struct import *m)
{
	for (size_t i = 0; i < m->count; i++)
		register_row_fini(&m->rows[i]);
	free(m->rows);
	str_buf_fini(&m->head.unused);
	str_buf_fini(&m->errors.text);
	sheet_fini(&m->sheet);
}

/* "/tmp/SDM 630.csv" → "sdm-630". */
static const char *id_of_file(const char *file, char *to, size_t room)
{
	const char *slash = strrchr(file, '/'), *from = slash ? slash + 1 : file;
	size_t len = 0;

	for (; *from && *from != '.' && len + 1 < room; from++) {
		char small = (char)(*from >= 'A' && *from <= 'Z' ? *from - 'A' + 'a' : *from);

		if ((small >= 'a' && small <= 'z') || (small >= '0' && small <= '9'))
			to[len++] = small;
		else if (len && to[len - 1] != '-')
			to[len++] = '-';
	}
	while (len && to[len - 1] == '-')
		len--;
	to[len] = '\0';
	if (!len)
		snprintf(to, room, "imported");
	return to;
}

static bool read_options(struct ctl *c, struct import *m, bool *ret_base_said)
{
	const char *base = c->args.values[ARGS_BASE];

	m->file = ctl_word(c, 0);
	m->class = c->args.values[ARGS_CLASS];
	m->id = c->args.values[ARGS_ID] ? c->args.values[ARGS_ID] : id_of_file(m->file, m->own_id, sizeof(m->own_id));
	*ret_base_said = base;
	if (base && str_equal(base, "1"))
		m->base = REGISTER_FROM_1;
	else if (base && str_equal(base, "paper"))
		m->base = REGISTER_PAPER;
	if (!m->class || !str_is_id(m->class))
		fprintf(stderr, "%s",
			_("estatectl: --class: expected what the device is, as meter, pump or environment: rules are "
			  "written once for each class\n"));
	else if (!str_is_id(m->id))
		fprintf(stderr, _("estatectl: --id: '%s': expected small letters, digits and '-'\n"), m->id);
	else if (base && !str_equal(base, "0") && !str_equal(base, "1") && !str_equal(base, "paper"))
		fprintf(stderr, _("estatectl: --base: '%s': expected 0, 1 or paper\n"), base);
	else
		return true;
	return false;
}

/* What stands behind an error may not have been read. */
static bool has_errors(const char *daemon)
{
	return local_try((const char *const[]){ daemon, "--check", NULL }) != 0;
}

/* Rules are written for classes: a profile of one that is not there would never be looked at by any. True where that is not to
 * be found out. */
static bool class_is_known(const char *class)
{
	struct str_buf body _cleanup_str_buf_ = { 0 };
	struct str_nearest nearest = { .word = class };
	char path[PATH_MAX];
	json_t *rows, *row;
	bool known = false;
	size_t i;

	local_find_daemon(path);
	rows = local_ask(path, "--classes", &body) < 0 ? NULL : json_loadb(str_buf_text(&body), body.len, 0, NULL);
	if (!json_array_size(rows)) {
		fprintf(stderr, _("estatectl: %s --classes: no answer: the class '%s' is not checked\n"), path, class);
		json_decref(rows);
		return true;
	}
	json_array_foreach(rows, i, row)
	{
		const char *id = json_string_value(json_object_get(row, "id"));

		known = known || str_equal(id, class);
		str_nearest_try(&nearest, id ? id : "");
	}
	if (!known && has_errors(path)) {
		fprintf(stderr,
			_("estatectl: --class: there is no class '%s' in what can be read of the configuration, which "
			  "has "
			  "errors ('estatectl config check'): it is not checked\n"),
			class);
		known = true;
	} else if (!known && nearest.best) {
		fprintf(stderr, _("estatectl: --class: there is no class '%s'; did you mean '%s'?\n"), class,
			nearest.best);
	} else if (!known) {
		fprintf(stderr,
			_("estatectl: --class: there is no class '%s'; 'estated --classes' shows them all, and "
			  "estated.conf may add one\n"),
			class);
	}
	json_decref(rows);
	return known;
}

/* Each name once: a profile's points are told apart by it. number is lent to the map. */
static void check_name(struct import *m, struct map *names, const struct register_row *row, const size_t *number)
{
	const size_t *other = map_find(names, row->name);

	if (other)
		register_row_twice(&m->head, *number, row, *other, &m->errors);
	else
		map_put(names, row->name, (void *)(uintptr_t)number);
}

static void read_rows(struct import *m)
{
	_cleanup_(freep) size_t *numbers = mem_array(m->sheet.count, sizeof(*numbers));
	struct map *names = map_new();

	m->rows = mem_array(m->sheet.count, sizeof(*m->rows));
	for (size_t i = 1; i < m->sheet.count; i++) {
		struct register_row *row = &m->rows[m->count];

		if (register_row_is_empty(&m->sheet.rows[i]))
			continue;
		if (register_row_read(&m->sheet.rows[i], i + 1, &m->head, m->base, row, &m->errors) < 0) {
			register_row_fini(row);
		} else if (row->write_only) {
			m->skipped++;
			register_row_fini(row);
		} else {
			m->renamed += row->named_by_address;
			numbers[m->count] = i + 1;
			check_name(m, names, row, &numbers[m->count++]);
		}
	}
	map_free(names);
	if (!m->count && !m->errors.count) {
		str_buf_printf(&m->errors.text, _("%s: expected rows of points below the first row\n"), m->file);
		m->errors.count++;
	}
}

/* A number for a key that takes a whole or a broken one; what changes nothing is left out. */
static void add_number(struct str_buf *to, const char *key, const char *text, double otherwise)
{
	char number[STR_DOUBLE_MAX];
	double value;

	if (text && str_to_double(text, &value) == 0 && value != otherwise)
		str_buf_printf(to, " %s = %s;", key, str_from_double(value, number));
}

static void add_range(struct str_buf *to, const struct register_row *row)
{
	char low[STR_DOUBLE_MAX], high[STR_DOUBLE_MAX];
	double min, max;

	if (!row->min || !row->max || str_to_double(row->min, &min) < 0 || str_to_double(row->max, &max) < 0)
		return;
	str_buf_printf(to, " range = ( %s, %s );", str_from_double(min, low), str_from_double(max, high));
}

/* "# 出水温度: 只读": what the maker says, for whoever reads the profile. */
static void add_comment(struct str_buf *to, const struct register_row *row)
{
	const char *before = " # ";

	for (size_t i = 0; i < 2; i++) {
		const char *text = i == 0 ? row->title : row->note;

		if (!*text || (i == 0 && str_equal(text, row->name)))
			continue;
		str_buf_add(to, before);
		for (; *text; text++)
			str_buf_add_len(to, *text == '\n' ? " " : text, 1);
		before = ": ";
	}
}

static void add_point(struct str_buf *to, const struct register_row *row, bool last)
{
	str_buf_printf(to, "\t\t\t{ name = \"%s\"; at = \"%s:%u", row->name, row->table, row->address);
	if (row->has_bits && row->bit_low != row->bit_high)
		str_buf_printf(to, ".%u-%u", row->bit_low, row->bit_high);
	else if (row->has_bits)
		str_buf_printf(to, ".%u", row->bit_low);
	str_buf_add(to, "\";");
	conf_text_add(to, "type", row->type);
	conf_text_add(to, "order", row->order);
	if (str_equal(row->type, "string"))
		str_buf_printf(to, " length = %u;", row->count);
	add_number(to, "scale", row->scale, 1);
	add_number(to, "offset", row->offset, 0);
	conf_text_add(to, "unit", row->unit);
	add_range(to, row);
	conf_text_add(to, "period", row->period);
	if (row->values.len)
		str_buf_printf(to, " values = ( %s );", row->values.text);
	str_buf_printf(to, " }%s", last ? "" : ",");
	add_comment(to, row);
	str_buf_add(to, "\n");
}

static void write_profile(const struct import *m, FILE *to)
{
	static const char *const bases[] = { "from 0", "from 1", "as on paper (40001 and up)" };
	struct str_buf text _cleanup_str_buf_ = { 0 };
	const char *slash = strrchr(m->file, '/');

	str_buf_printf(&text, "# From %s, its addresses counted %s.\n", slash ? slash + 1 : m->file, bases[m->base]);
	str_buf_printf(&text, "profiles: (\n\t{\n\t\tid = \"%s\"; class = \"%s\";\n\t\tpoints: (\n", m->id, m->class);
	for (size_t i = 0; i < m->count; i++)
		add_point(&text, &m->rows[i], i + 1 == m->count);
	str_buf_add(&text, "\t\t);\n\t}\n);\n");
	fputs(str_buf_text(&text), to);
}

static void tell_what_next(const struct import *m)
{
	fprintf(stderr, _("estatectl: %zu points\n"), m->count);
	if (m->head.unused.len)
		fprintf(stderr, _("estatectl: columns that were not used: %s\n"), m->head.unused.text);
	if (m->skipped)
		fprintf(stderr, _("estatectl: %zu rows that can only be written were left out\n"), m->skipped);
	if (m->renamed)
		fprintf(stderr,
			_("estatectl: %zu points are called after their address, as their names have no letters a-z: "
			  "give "
			  "them the class's own names where rules should see them ('estatectl config keys classes')\n"),
			m->renamed);
	fprintf(stderr,
		_("estatectl: save it as profiles/%s.conf beside estated.conf, then 'estatectl config check'\n"),
		m->id);
}

enum ctl_exit cmd_import(struct ctl *c)
{
	struct import m _cleanup_(import_fini) = { 0 };
	struct str_buf problem _cleanup_str_buf_ = { 0 };
	bool base_said;

	if (!read_options(c, &m, &base_said) || !class_is_known(m.class))
		return CTL_USAGE;
	m.errors.file = m.file;
	if (sheet_read(m.file, &m.sheet, &problem) < 0) {
		fprintf(stderr, "%s: %s\n", m.file, str_buf_text(&problem));
		return CTL_FAILED;
	}
	if (!m.sheet.count) {
		fprintf(stderr, _("%s: expected the names of the columns in the first row; the file is empty\n"),
			m.file);
		return CTL_FAILED;
	}
	if (register_row_head(&m.sheet.rows[0], &m.head, &m.errors) == 0) {
		if (!base_said)
			m.base = register_row_guess_base(&m.sheet, &m.head);
		read_rows(&m);
	}
	if (m.errors.count) {
		fputs(str_buf_text(&m.errors.text), stderr);
		fprintf(stderr,
			ngettext("estatectl: %zu wrong cell; nothing was written\n",
				 "estatectl: %zu wrong cells; nothing was written\n", m.errors.count),
			m.errors.count);
		return CTL_FAILED;
	}
	write_profile(&m, c->out.to);
	tell_what_next(&m);
	return CTL_DONE;
}
