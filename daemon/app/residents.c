#include "app/residents.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "care/concern.h"
#include "care/settings.h"

#define COLUMNS_MAX 64
#define ROW_MAX     (64 * 1024) /* bytes of a line */

static const char *const chinese[RESIDENT_FIELDS] = {
	[RESIDENT_FIELD_ID] = "编号",           [RESIDENT_FIELD_NAME] = "姓名",
	[RESIDENT_FIELD_PLACE] = "住处",        [RESIDENT_FIELD_CATEGORIES] = "类别",
	[RESIDENT_FIELD_NEEDS] = "需要",        [RESIDENT_FIELD_DIALYSIS_DAYS] = "透析日",
	[RESIDENT_FIELD_FLOOR] = "楼层",        [RESIDENT_FIELD_PHONE] = "电话",
	[RESIDENT_FIELD_CONTACTS] = "联系人",   [RESIDENT_FIELD_GRID_WORKER] = "网格员",
	[RESIDENT_FIELD_RULES] = "规则",        [RESIDENT_FIELD_LIMITS] = "限值",
	[RESIDENT_FIELD_ABSENCES] = "离家计划", [RESIDENT_FIELD_HOSPITAL_UNTIL] = "住院至",
	[RESIDENT_FIELD_CONSENT] = "同意日期",  [RESIDENT_FIELD_DOOR_CODE] = "门码",
	[RESIDENT_FIELD_ILLNESS] = "病情",      [RESIDENT_FIELD_DOCTOR] = "医生",
	[RESIDENT_FIELD_NOTE] = "备注",         [RESIDENT_FIELD_CARDS] = "卡号",
};

enum purpose { TO_REPLAY, TO_IMPORT };

struct residents_reader {
	const struct conf *conf; /* as of the piece that is read */
	enum purpose purpose;
	struct diag *diag;
	struct diag_at at;
	struct csv_parser parser;
	struct str_buf rest;       /* of a line whose end has not come yet */
	int field_of[COLUMNS_MAX]; /* an enum resident_field; -1: none */
	size_t column_count;       /* of the header */
	char *cells[COLUMNS_MAX];
	size_t cell_count;
	bool head_seen, overfull, over; /* over: what comes after it cannot be read */
	bool parted;                    /* what parts the cells is known */
	struct map *ids;                /* to numbers of rows; keys are those of read */
	struct residents *read;
};

void residents_fini(struct residents *r)
{
	for (size_t i = 0; i < r->count; i++)
		resident_fini(&r->all[i]);
	free(r->all);
	free(r->lines);
	*r = (struct residents){ 0 };
}

/* ---- what the estate knows ---- */

static bool place_known(const char *place, const struct conf *conf)
{
	size_t len = strcspn(place, "/");

	for (size_t i = 0; i < conf->place_count; i++)
		if (strlen(conf->places[i].id) == len && memcmp(conf->places[i].id, place, len) == 0)
			return true;
	return false;
}

static int fit_contacts(const char *list, const struct conf *conf, struct str_buf *problem)
{
	_cleanup_(freep) char *word = NULL;

	while ((free(word), word = resident_next_word(&list))) {
		struct str_nearest nearest = { .word = word };
		size_t i = 0;

		for (; i < conf->contact_count && !str_equal(conf->contacts[i].id, word); i++)
			str_nearest_try(&nearest, conf->contacts[i].id);
		if (i < conf->contact_count)
			continue;
		str_buf_printf(problem, "contact '%s': expected one of the configuration%s%s%s", word,
			       nearest.best ? "; did you mean '" : "", nearest.best ? nearest.best : "",
			       nearest.best ? "'?" : "");
		return -EINVAL;
	}
	return 0;
}

static int fit_rules(const char *list, struct str_buf *problem)
{
	_cleanup_(freep) char *word = NULL;

	while ((free(word), word = resident_next_word(&list))) {
		struct str_nearest nearest = { .word = word + 1 };
		int rule = 0;

		for (; rule < CONCERN_RULES; rule++) {
			const char *id = concern_rule_id((enum concern_rule)rule);

			if (str_equal(id, word + 1))
				break;
			str_nearest_try(&nearest, id);
		}
		if (rule < CONCERN_RULES)
			continue;
		str_buf_printf(problem, "rule '%s': expected one that a resident may wish for or refuse, as '%s'",
			       word + 1, concern_rule_id(CONCERN_WELFARE));
		if (nearest.best)
			str_buf_printf(problem, "; did you mean '%s'?", nearest.best);
		return -EINVAL;
	}
	return 0;
}

int residents_fit(const struct resident *r, enum resident_field f, const struct conf *conf, struct str_buf *problem)
{
	switch (f) {
	case RESIDENT_FIELD_PLACE:
		if (r->place && place_known(r->place, conf))
			return 0;
		str_buf_printf(problem, "place '%s': expected one below a place of the estate, as '%s/u1/1204'",
			       r->place ? r->place : "", conf->place_count ? conf->places[0].id : "b1");
		return -EINVAL;
	case RESIDENT_FIELD_CONTACTS: return fit_contacts(r->contacts, conf, problem);
	case RESIDENT_FIELD_GRID_WORKER: return fit_contacts(r->grid_worker, conf, problem);
	case RESIDENT_FIELD_RULES: return fit_rules(r->rules, problem);
	case RESIDENT_FIELD_LIMITS: return r->limits ? settings_apply(NULL, r->limits, problem) : 0;
	default: return 0;
	}
}

/* ---- one row ---- */

/* What a replay does nothing with may stand there as it likes. */
static bool is_wanted(const struct residents_reader *t, int field)
{
	switch (field) {
	case RESIDENT_FIELD_NAME:
	case RESIDENT_FIELD_PHONE:
	case RESIDENT_FIELD_CONTACTS:
	case RESIDENT_FIELD_GRID_WORKER:
	case RESIDENT_FIELD_DOOR_CODE:
	case RESIDENT_FIELD_ILLNESS:
	case RESIDENT_FIELD_DOCTOR:
	case RESIDENT_FIELD_NOTE: return t->purpose == TO_IMPORT;
	default: return field >= 0;
	}
}

static void take_cell(struct residents_reader *t, struct resident *r, size_t column)
{
	_cleanup_str_buf_ struct str_buf problem = { 0 }, unsaid = { 0 };
	int field = t->field_of[column];
	const char *text = column < t->cell_count ? t->cells[column] : "";

	if (!is_wanted(t, field))
		return;
	if (field == RESIDENT_FIELD_ID && !*text)
		str_buf_add(&problem, "no id: expected one of this resident's own");
	else if (t->purpose == TO_REPLAY && field == RESIDENT_FIELD_CONSENT)
		resident_field_set(r, RESIDENT_FIELD_CONSENT, text, &unsaid); /* whatever an office keeps there */
	else if (resident_field_set(r, (enum resident_field)field, text, &problem) == 0)
		residents_fit(r, (enum resident_field)field, t->conf, &problem);
	if (problem.len)
		diag_error(t->diag, t->at, "column %zu: %s", column + 1, problem.text);
}

static void keep_row(struct residents_reader *t, struct resident *r)
{
	struct residents *read = t->read;

	if ((read->count & (read->count - 1)) == 0) { /* 0 and the powers of two: it doubles */
		size_t room = MAX(read->count * 2, (size_t)1);

		read->all = mem_realloc(read->all, room, sizeof(*read->all));
		read->lines = mem_realloc(read->lines, room, sizeof(*read->lines));
	}
	read->lines[read->count] = t->at.line;
	read->all[read->count++] = *r;
	if (r->id)
		map_put(t->ids, r->id, r->id);
}

static void take_row(struct residents_reader *t)
{
	struct resident r = { 0 };

	if (t->read->count == RESIDENTS_MAX) {
		if (!t->overfull)
			diag_error(t->diag, t->at, "more than %d residents: expected fewer in one table",
				   RESIDENTS_MAX);
		t->overfull = true;
		return;
	}
	for (size_t i = 0; i < t->column_count; i++)
		take_cell(t, &r, i);
	for (size_t i = t->column_count; i < t->cell_count; i++)
		if (*t->cells[i])
			diag_error(t->diag, t->at, "column %zu: '%s': expected no more cells than the header has",
				   i + 1, t->cells[i]);
	if (r.id && map_find(t->ids, r.id))
		diag_error(t->diag, t->at, "id '%s' is there twice: expected one of this resident's own", r.id);
	keep_row(t, &r);
}

/* ---- the header ---- */

/* "ID", "Hospital Until": as spreadsheets like to write them. */
static int find_field(const char *title)
{
	_cleanup_(freep) char *name = mem_strdup(title);

	for (int f = 0; f < RESIDENT_FIELDS; f++)
		if (str_equal(chinese[f], name))
			return f;
	for (char *c = name; *c; c++)
		*c = *c == ' ' ? '_' : *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	return resident_field_find(name);
}

static void tell_unknown(struct residents_reader *t, size_t column)
{
	struct str_nearest nearest = { .word = t->cells[column] };

	for (int f = 0; f < RESIDENT_FIELDS; f++)
		str_nearest_try(&nearest, resident_field_rows[f].name);
	diag_warning(t->diag, t->at, "column %zu: nobody knows '%s': it is passed over%s%s%s", column + 1,
		     t->cells[column], nearest.best ? "; did you mean '" : "", nearest.best ? nearest.best : "",
		     nearest.best ? "'?" : "");
}

static void take_head(struct residents_reader *t)
{
	static const enum resident_field needed[] = { RESIDENT_FIELD_ID, RESIDENT_FIELD_PLACE,
						      RESIDENT_FIELD_CATEGORIES };

	t->column_count = t->cell_count;
	for (size_t i = 0; i < t->cell_count; i++) {
		_cleanup_(freep) char *name = resident_trimmed(t->cells[i], strlen(t->cells[i]));
		int field = t->field_of[i] = find_field(name);

		if (field < 0 && t->purpose == TO_IMPORT && *name)
			tell_unknown(t, i);
		if (field >= 0 && t->read->has[field])
			diag_error(t->diag, t->at, "column %zu: '%s' is there twice", i + 1, name);
		if (field >= 0)
			t->read->has[field] = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!t->read->has[needed[i]])
			diag_error(t->diag, t->at,
				   "no column '%s': expected a header as id,name,place,categories,needs,phone",
				   resident_field_rows[needed[i]].name);
	t->head_seen = true;
}

/* ---- the file ---- */

static void on_cell(void *text, size_t len, void *context)
{
	struct residents_reader *t = context;

	if (t->cell_count < COLUMNS_MAX)
		t->cells[t->cell_count++] = mem_strndup(text ? text : "", len);
}

static void on_row(int end, void *context)
{
	struct residents_reader *t = context;
	bool empty = true;

	(void)end;
	for (size_t i = 0; i < t->cell_count; i++)
		empty = empty && !*t->cells[i];
	if (!empty && !t->head_seen)
		take_head(t);
	else if (!empty)
		take_row(t);
	while (t->cell_count)
		free(t->cells[--t->cell_count]);
}

/* The header tells: a comma, else semicolons, else tabs (what was copied out of a spreadsheet). */
static unsigned char separator_of(const char *line)
{
	if (strchr(line, ','))
		return ',';
	return strchr(line, ';') ? ';' : strchr(line, '\t') ? '\t' : ',';
}

/* "sep=;": a line for a spreadsheet, before the header. */
static bool says_separator(const char *line, size_t len, unsigned char *ret_separator)
{
	if (len < 5 || memcmp(line, "sep=", 4) != 0 || strspn(line + 5, "\r\n") != len - 5)
		return false;
	*ret_separator = (unsigned char)line[4];
	return strchr(",;\t", line[4]) != NULL;
}

/* The lines before it, and the one of the header, tell what parts the cells. False: it has told all that it says. */
static bool take_separator(struct residents_reader *t, const char *line, size_t len)
{
	unsigned char separator;

	t->parted = true;
	if (says_separator(line, len, &separator)) {
		csv_set_delim(&t->parser, separator);
		return false;
	}
	csv_set_delim(&t->parser, separator_of(line));
	return true;
}

/* False: what comes after it cannot be read. line has a zero byte behind it. */
static bool parse_line(struct residents_reader *t, const char *line, size_t len)
{
	if (t->at.line++ == 0 && len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3;
		len -= 3;
	}
	if (len > ROW_MAX)
		diag_error(t->diag, t->at, "longer than 64 KiB: expected one resident a line");
	else if (!str_is_utf8(line, len))
		diag_error(t->diag, t->at, "no UTF-8: expected a file that was saved as \"CSV UTF-8\"");
	else if (memchr(line, '\0', len))
		diag_error(t->diag, t->at, "it has a zero byte: expected a file that was saved as \"CSV UTF-8\"");
	else if (!t->parted && !take_separator(t, line, len))
		return true;
	else if (csv_parse(&t->parser, line, len, on_cell, on_row, t) != len)
		diag_error(t->diag, t->at, "%s: expected CSV: a quote inside a quoted cell is written twice",
			   csv_strerror(csv_error(&t->parser)));
	else
		return !t->head_seen || t->column_count > 0;
	return false;
}

static void take_line(struct residents_reader *t)
{
	if (!parse_line(t, str_buf_text(&t->rest), t->rest.len) || (t->read->count == 0 && diag_failed(t->diag)))
		t->over = true;
	str_buf_clear(&t->rest);
}

static struct residents_reader *reader_new(const char *name, enum purpose purpose, struct diag *d,
					   struct residents *ret_read)
{
	struct residents_reader *t = MEM_NEW(struct residents_reader);

	*t = (struct residents_reader){
		.purpose = purpose, .diag = d, .at = { .file = name }, .read = ret_read, .ids = map_new()
	};
	if (csv_init(&t->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		abort();
	return t;
}

struct residents_reader *residents_begin(const char *name, struct diag *d, struct residents *ret_read)
{
	return reader_new(name, TO_IMPORT, d, ret_read);
}

void residents_feed(struct residents_reader *t, const struct conf *conf, const char *text, size_t len)
{
	t->conf = conf;
	while (len && !t->over) {
		const char *end = memchr(text, '\n', len);
		size_t part = end ? (size_t)(end - text) + 1 : len;

		str_buf_add_len(&t->rest, text, part);
		/* A line without an end is not waited for. */
		if (end || t->rest.len > ROW_MAX)
			take_line(t);
		text += part;
		len -= part;
	}
}

void residents_end(struct residents_reader *t, const struct conf *conf)
{
	t->conf = conf;
	if (t->rest.len && !t->over)
		take_line(t);
	if (!t->over && csv_fini(&t->parser, on_cell, on_row, t) != 0)
		diag_error(t->diag, t->at, "%s: expected CSV: a quoted cell has no end",
			   csv_strerror(csv_error(&t->parser)));
	if (!t->over && !t->head_seen && !diag_failed(t->diag))
		diag_error(t->diag, (struct diag_at){ t->at.file, 1 },
			   "empty: expected a header as id,name,place,categories,needs,phone");
}

void residents_reader_free(struct residents_reader *t)
{
	if (!t)
		return;
	csv_free(&t->parser);
	while (t->cell_count)
		free(t->cells[--t->cell_count]);
	str_buf_fini(&t->rest);
	map_free(t->ids);
	free(t);
}

size_t residents_read(const char *path, const struct conf *conf, struct diag *d, struct residents *ret_read)
{
	_cleanup_(residents_reader_freep) struct residents_reader *t = reader_new(path, TO_REPLAY, d, ret_read);
	FILE *file = fopen(path, "re");
	char piece[16 * 1024];
	size_t len;

	if (!file) {
		diag_error(d, t->at, "%s: expected the register of residents as CSV", strerror(errno));
		return 0;
	}
	while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
		residents_feed(t, conf, piece, len);
	fclose(file);
	residents_end(t, conf);
	return ret_read->count;
}

size_t residents_parse(const struct residents_text *text, const struct conf *conf, struct diag *d,
		       struct residents *ret_read)
{
	_cleanup_(residents_reader_freep) struct residents_reader *t = residents_begin(text->name, d, ret_read);

	residents_feed(t, conf, text->text, text->len);
	residents_end(t, conf);
	return ret_read->count;
}
