#include "app/residents.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

#define COLUMNS_MAX 64
#define ROW_MAX     (64 * 1024) /* bytes of a line */

enum column { COLUMN_ID, COLUMN_PLACE, COLUMN_CATEGORIES, COLUMN_NEEDS, COLUMN_COUNT };

static const struct {
	const char *name;
	bool needed;
} columns[COLUMN_COUNT] = {
	[COLUMN_ID] = { "id", true },
	[COLUMN_PLACE] = { "place", true },
	[COLUMN_CATEGORIES] = { "categories", true },
	[COLUMN_NEEDS] = { "needs", false },
};

/* Each in English, then in Chinese. */
static const char *const categories[] = {
	"lives_alone", "独居", "aged",        "高龄", "disabled",       "失能",     "dementia",          "失智",
	"empty_nest",  "空巢", "left_behind", "留守", "special_family", "计生特殊", "severe_disability", "重残",
	NULL,
};
static const char *const needs[] = {
	"mobility", "行动不便", "oxygen",   "吸氧", "air_mattress", "气垫床",
	"care_bed", "护理床",   "dialysis", "透析", NULL,
};

struct table {
	const struct conf *conf;
	struct diag *diag;
	struct diag_at at;
	int place_of[COLUMN_COUNT]; /* which cell of a row it is; -1: none */
	char *cells[COLUMNS_MAX];
	size_t cell_count;
	bool head_seen;
	size_t count;
	struct map *ids; /* each owned */
};

static const char *cell(const struct table *t, enum column c)
{
	int at = t->place_of[c];

	return at >= 0 && (size_t)at < t->cell_count ? t->cells[at] : "";
}

/* ---- one row ---- */

static void check_words(struct table *t, enum column c, const char *const *words)
{
	_cleanup_(freep) char *list = mem_strdup(cell(t, c));
	char *rest = list, *word;

	while ((word = strsep(&rest, ";"))) {
		struct str_nearest nearest = { .word = word };
		const char *const *w = words;

		word += strspn(word, " ");
		word[strcspn(word, " ")] = '\0';
		nearest.word = word;
		for (; *w && !str_equal(*w, word); w++)
			str_nearest_try(&nearest, *w);
		if (*word && !*w)
			diag_error(t->diag, t->at, "%s: '%s': expected words as '%s'%s%s%s", columns[c].name, word,
				   words[0], nearest.best ? "; did you mean '" : "", nearest.best ? nearest.best : "",
				   nearest.best ? "'?" : "");
	}
}

static void check_place(struct table *t)
{
	const char *place = cell(t, COLUMN_PLACE);
	size_t len = strcspn(place, "/");

	for (size_t i = 0; i < t->conf->place_count; i++)
		if (strlen(t->conf->places[i].id) == len && memcmp(t->conf->places[i].id, place, len) == 0)
			return;
	diag_error(t->diag, t->at, "place '%s': expected one below a place of the estate, as '%s/u1/1204'", place,
		   t->conf->place_count ? t->conf->places[0].id : "b1");
}

static void check_id(struct table *t)
{
	const char *id = cell(t, COLUMN_ID);
	char *known;

	if (!*id) {
		diag_error(t->diag, t->at, "no id: expected one of this resident's own");
		return;
	}
	if (map_find(t->ids, id)) {
		diag_error(t->diag, t->at, "id '%s' is there twice: expected one of this resident's own", id);
		return;
	}
	known = mem_strdup(id);
	map_put(t->ids, known, known);
}

static void take_head(struct table *t)
{
	for (size_t c = 0; c < COLUMN_COUNT; c++) {
		t->place_of[c] = -1;
		for (size_t i = 0; i < t->cell_count; i++)
			if (str_equal(t->cells[i], columns[c].name))
				t->place_of[c] = (int)i;
		if (columns[c].needed && t->place_of[c] < 0)
			diag_error(t->diag, t->at,
				   "no column '%s': expected a header as id,name,place,categories,needs,phone",
				   columns[c].name);
	}
	t->head_seen = true;
}

static void on_cell(void *text, size_t len, void *context)
{
	struct table *t = context;

	if (t->cell_count < COLUMNS_MAX)
		t->cells[t->cell_count++] = mem_strndup(text ? text : "", len);
}

static void on_row(int end, void *context)
{
	struct table *t = context;
	bool empty = t->cell_count == 0 || (t->cell_count == 1 && !*t->cells[0]);

	(void)end;
	if (!empty && !t->head_seen) {
		take_head(t);
	} else if (!empty && !diag_failed(t->diag)) {
		t->count++;
		check_id(t);
		check_place(t);
		check_words(t, COLUMN_CATEGORIES, categories);
		check_words(t, COLUMN_NEEDS, needs);
	}
	while (t->cell_count)
		free(t->cells[--t->cell_count]);
}

/* ---- the file ---- */

/* The header tells: a comma, or nothing but semicolons. */
static unsigned char separator_of(const char *line)
{
	return strchr(line, ';') && !strchr(line, ',') ? ';' : ',';
}

static void parse_line(struct table *t, struct csv_parser *parser, char *line, size_t len)
{
	if (t->at.line++ == 0) {
		if (len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
			line += 3;
			len -= 3;
		}
		csv_set_delim(parser, separator_of(line));
	}
	if (!str_is_utf8(line, len))
		diag_error(t->diag, t->at, "no UTF-8: expected a file that was saved as \"CSV UTF-8\"");
	else if (csv_parse(parser, line, len, on_cell, on_row, t) != len)
		diag_error(t->diag, t->at, "%s: expected CSV: a quote inside a quoted cell is written twice",
			   csv_strerror(csv_error(parser)));
}

static void parse(struct table *t, struct csv_parser *parser, FILE *file)
{
	_cleanup_(freep) char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, file)) > 0 && !diag_failed(t->diag) && len <= ROW_MAX)
		parse_line(t, parser, line, (size_t)len);
	if (len > ROW_MAX)
		diag_error(t->diag, t->at, "the next line is longer than 64 KiB: expected one resident a line");
	if (!diag_failed(t->diag) && csv_fini(parser, on_cell, on_row, t) != 0)
		diag_error(t->diag, t->at, "%s: expected CSV: a quoted cell has no end",
			   csv_strerror(csv_error(parser)));
	if (!t->head_seen && !diag_failed(t->diag))
		diag_error(t->diag, (struct diag_at){ t->at.file, 1 },
			   "empty: expected a header as id,name,place,categories,needs,phone");
}

size_t residents_check(const char *path, const struct conf *conf, struct diag *d)
{
	struct table t = { .conf = conf, .diag = d, .at = { .file = path } };
	FILE *file = fopen(path, "re");
	struct csv_parser parser;
	char *id;

	if (!file) {
		diag_error(d, t.at, "%s: expected the register of residents as CSV", strerror(errno));
		return 0;
	}
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		abort();
	t.ids = map_new();
	parse(&t, &parser, file);
	csv_free(&parser);
	fclose(file);
	while (t.cell_count)
		free(t.cells[--t.cell_count]);
	for (size_t position = 0; (id = map_next(t.ids, &position));)
		free(id);
	map_free(t.ids);
	return t.count;
}
