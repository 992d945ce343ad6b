/* cmd_residents.c: the register of residents: who lives where, absences, sheets, versions, tables of it. */
#include "ctl/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/clock.h"

#define PIECE_MAX 20000 /* bytes of a table: JSON may make three of one */
#define DAY_LEN   10    /* "2026-10-07" */
#define PAST_KEPT (31 * DAY)

/* ---- tables ---- */

static void show_categories(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	out_words(row, "categories", to);
}

static void show_needs(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	out_words(row, "needs", to);
}

static void show_watches(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	out_words(row, "watches", to);
}

/* In hospital until then, or on a planned absence now. */
static void show_away(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *hospital = json_string_value(json_object_get(row, "hospital_until"));

	if (!json_is_true(json_object_get(row, "planned_away")))
		return;
	if (hospital)
		str_buf_printf(to, _("hospital until %s"), hospital);
	else
		str_buf_add(to, _("planned"));
}

static void show_consent(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *day = json_string_value(json_object_get(row, "consent"));

	str_buf_add(to, !day ? _("no") : str_equal(day, "refused") ? _("refused") : day);
}

#define KEYS                                                                                                        \
	"id", "name", "place", "categories", "needs", "dialysis_days", "floor", "phone", "contacts", "grid_worker", \
		"rules", "limits", "absences", "hospital_until", "consent"
#define SHEET "door_code", "illness", "doctor", "note", "cards"

/* clang-format off */
static const struct out_table residents = {
	.columns = (const struct out_column[]){
		{ N_("RESIDENT"),   OUT_LEFT, "id",    NULL,            NULL },
		{ N_("NAME"),       OUT_LEFT, "name",  NULL,            N_("masked; --names with --reason shows it, which is recorded") },
		{ N_("PLACE"),      OUT_LEFT, "place", NULL,            NULL },
		{ N_("CATEGORIES"), OUT_LEFT, NULL,    show_categories, N_("which rules watch over the dwelling") },
		{ N_("NEEDS"),      OUT_LEFT, NULL,    show_needs,      N_("what the resident depends on") },
		{ N_("AWAY"),       OUT_LEFT, NULL,    show_away,       N_("a planned absence, or hospital, that is now") },
		{ N_("CONSENT"),    OUT_LEFT, NULL,    show_consent,    N_("the day it was given") },
		{ N_("WATCHES"),    OUT_LEFT, NULL,    show_watches,    N_("rules that are awake for this resident") },
		{ 0 } },
	.keys = (const char *const[]){ KEYS, "watches", "planned_away", "version", "changed", "changed_by", NULL },
	.none = N_("no residents: nobody is watched"),
};

static const struct out_table sheet = {
	.keys = (const char *const[]){ KEYS, SHEET, "watches", "planned_away", "version", "changed", "changed_by", NULL },
	.none = "",
};

static const struct out_table whole = { .keys = (const char *const[]){ KEYS, SHEET, NULL }, .none = "" };

static void show_changed(const json_t *row, enum words_language l _unused_, struct str_buf *to)
{
	const char *field, *gap = "";
	json_t *values;

	json_object_foreach(json_object_get(row, "changed"), field, values)
	{
		str_buf_printf(to, "%s%s: '%s' -> '%s'", gap, field, json_string_value(json_object_get(values, "from")),
			       json_string_value(json_object_get(values, "to")));
		gap = "; ";
	}
}

static const struct out_table versions = {
	.columns = (const struct out_column[]){
		{ N_("VERSION"), OUT_RIGHT, "version", NULL,         NULL },
		{ N_("WHEN"),    OUT_LEFT,  "at",      NULL,         NULL },
		{ N_("WHO"),     OUT_LEFT,  "by",      NULL,         NULL },
		{ N_("CHANGED"), OUT_LEFT,  NULL,      show_changed, NULL },
		{ 0 } },
	.keys = (const char *const[]){ "version", "at", "by", "changed", NULL },
	.none = N_("no versions"),
};
/* clang-format on */

/* ---- reading ---- */

static bool has_reason(const struct ctl *c, const char *command)
{
	if (c->args.values[ARGS_REASON])
		return true;
	fprintf(stderr, _("estatectl: %s: expected --reason: it goes into the audit\n"), command);
	return false;
}

static void add_names(const struct ctl *c, struct str_buf *path)
{
	if (c->args.values[ARGS_NAMES])
		talk_query(path, "names", "1");
	if (c->args.values[ARGS_REASON])
		talk_query(path, "reason", c->args.values[ARGS_REASON]);
}

enum ctl_exit cmd_residents_list(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	if (c->args.values[ARGS_NAMES] && !has_reason(c, "residents --names"))
		return CTL_USAGE;
	str_buf_add(&path, "/v1/residents");
	talk_query(&path, "match", ctl_word(c, 0));
	talk_query(&path, "place", c->args.values[ARGS_PLACE]);
	talk_query(&path, "category", c->args.values[ARGS_CATEGORY]);
	add_names(c, &path);
	return ctl_list(c, path.text, &residents);
}

static void add_id(struct str_buf *path, const struct ctl *c)
{
	str_buf_add(path, "/v1/residents/");
	talk_escape(path, ctl_word(c, 0));
}

/* "place  b3/u1/1204", a field a line. */
static void say_fields(struct ctl *c, const json_t *row)
{
	for (const char *const *key = sheet.keys; *key; key++) {
		struct str_buf text _cleanup_str_buf_ = { 0 };
		const json_t *value = json_object_get(row, *key);

		if (json_is_array(value))
			out_words(row, *key, &text);
		else
			out_value(value, c->out.language, &text);
		if (text.len)
			out_say(&c->out, "%-15s %s\n", *key, text.text);
	}
}

enum ctl_exit cmd_residents_show(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	bool with_sheet = c->args.values[ARGS_SHEET];
	enum ctl_exit exit;

	if ((with_sheet || c->args.values[ARGS_NAMES]) && !has_reason(c, "residents show"))
		return CTL_USAGE;
	add_id(&path, c);
	if (with_sheet) {
		str_buf_add(&path, "/sheet");
		talk_query(&path, "reason", c->args.values[ARGS_REASON]);
	} else {
		add_names(c, &path);
	}
	exit = ctl_get(c, path.text, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		say_fields(c, answer.json);
	else
		c->out.writer->object(&c->out, with_sheet ? &sheet : &residents, str_buf_text(&answer.body),
				      answer.json);
	return CTL_DONE;
}

enum ctl_exit cmd_residents_history(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };

	if (!has_reason(c, "residents history"))
		return CTL_USAGE;
	add_id(&path, c);
	str_buf_add(&path, "/history");
	talk_query(&path, "reason", c->args.values[ARGS_REASON]);
	return ctl_list(c, path.text, &versions);
}

/* ---- changes ---- */

/* FIELD=VALUE words from that one on. NULL: one is none, and it is said. */
static json_t *fields_of(const struct ctl *c, size_t from)
{
	json_t *fields = json_object();
	const char *word;

	for (size_t i = from; (word = ctl_word(c, i)); i++) {
		const char *equals = strchr(word, '=');
		char *name = equals && equals > word ? strndup(word, (size_t)(equals - word)) : NULL;
		bool good = name && json_object_set_new(fields, name, json_string(equals + 1)) == 0;

		free(name);
		if (good)
			continue;
		fprintf(stderr, _("estatectl: residents: '%s': expected FIELD=VALUE\n"), word);
		json_decref(fields);
		return NULL;
	}
	return fields;
}

/* Takes fields. */
static enum ctl_exit change(struct ctl *c, const char *path, json_t *fields, json_int_t version)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	const char *reason = c->args.values[ARGS_REASON];
	json_t *body = json_pack("{s:o, s:s*}", "fields", fields, "reason", reason);
	enum ctl_exit exit;

	if (version)
		json_object_set_new(body, "version", json_integer(version));
	exit = ctl_post(c, path, body, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		out_say(&c->out, _("%s: version %lld\n"), ctl_word(c, 0),
			(long long)json_integer_value(json_object_get(answer.json, "version")));
	else
		c->out.writer->object(&c->out, &residents, str_buf_text(&answer.body), answer.json);
	return CTL_DONE;
}

enum ctl_exit cmd_residents_add(struct ctl *c)
{
	json_t *fields = fields_of(c, 1);

	if (!fields)
		return CTL_USAGE;
	json_object_set_new(fields, "id", json_string(ctl_word(c, 0)));
	return change(c, "/v1/residents", fields, 0);
}

enum ctl_exit cmd_residents_set(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };
	json_t *fields = fields_of(c, 1);

	if (!fields)
		return CTL_USAGE;
	add_id(&path, c);
	return change(c, path.text, fields, 0);
}

enum ctl_exit cmd_residents_hospital(struct ctl *c)
{
	struct str_buf path _cleanup_str_buf_ = { 0 };
	const char *until = c->args.values[ARGS_UNTIL];

	if (!until) {
		fprintf(stderr, "%s", _("estatectl: residents hospital: expected --until DAY; --until '' ends it\n"));
		return CTL_USAGE;
	}
	add_id(&path, c);
	return change(c, path.text, json_pack("{s:s}", "hospital_until", until), 0);
}

/* "2026-10-01/2026-10-07", over for a month: it would take the place of one that is to come. Earlier versions have it. */
static bool is_past(const char *span)
{
	const char *slash = strchr(span, '/');
	struct str_buf day _cleanup_str_buf_ = { 0 };
	int64_t until_us;

	if (!slash || strlen(slash + 1) < DAY_LEN)
		return false;
	str_buf_add_len(&day, slash + 1, DAY_LEN);
	str_buf_add(&day, "T00:00");
	return clock_parse(day.text, &until_us) == 0 && until_us < clock_wall_us() - PAST_KEPT;
}

/* One span beside those that are planned already; made of the version that was looked at. */
enum ctl_exit cmd_residents_away(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 }, spans _cleanup_str_buf_ = { 0 };
	const char *from = c->args.values[ARGS_FROM], *until = c->args.values[ARGS_UNTIL];
	const json_t *span;
	enum ctl_exit exit;
	size_t i;

	if (!from || !until) {
		fprintf(stderr, "%s", _("estatectl: residents away: expected --from DAY and --until DAY\n"));
		return CTL_USAGE;
	}
	add_id(&path, c);
	exit = ctl_get(c, path.text, &answer);
	if (exit != CTL_DONE)
		return exit;
	json_array_foreach(json_object_get(answer.json, "absences"), i, span) if (!is_past(json_string_value(span)))
		str_buf_printf(&spans, "%s;", json_string_value(span));
	str_buf_printf(&spans, "%s/%s", from, until);
	return change(c, path.text, json_pack("{s:s}", "absences", spans.text),
		      json_integer_value(json_object_get(answer.json, "version")));
}

enum ctl_exit cmd_residents_erase(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	enum ctl_exit exit;

	if (!has_reason(c, "residents erase"))
		return CTL_USAGE;
	add_id(&path, c);
	str_buf_add(&path, "/erase");
	exit = ctl_post(c, path.text, json_pack("{s:s}", "reason", c->args.values[ARGS_REASON]), &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer != &out_text_writer)
		out_say(&c->out, "%s\n", str_buf_text(&answer.body));
	else if (json_is_true(json_object_get(answer.json, "samples")))
		out_say(&c->out, _("%s: erased, with what the sensors of the dwelling have said\n"), ctl_word(c, 0));
	else
		out_say(&c->out, _("%s: erased; somebody else lives there: what the sensors have said stays\n"),
			ctl_word(c, 0));
	return CTL_DONE;
}

/* ---- tables of it ---- */

static int read_file(const char *path, struct str_buf *to)
{
	FILE *from = str_equal(path, "-") ? stdin : fopen(path, "re");
	char buf[4096];
	size_t len;
	int error = from ? 0 : -errno;

	while (from && (len = fread(buf, 1, sizeof(buf), from)) > 0)
		str_buf_add_len(to, buf, len);
	if (from && ferror(from))
		error = -EIO;
	if (from && from != stdin)
		fclose(from);
	return error;
}

static enum ctl_exit send_pieces(struct ctl *c, const struct str_buf *table, struct ctl_answer *answer)
{
	enum ctl_exit exit = CTL_DONE;
	size_t at = 0;

	do {
		size_t len = str_utf8_cut(table->text + at, MIN(table->len - at, (size_t)PIECE_MAX));
		bool first = at == 0;
		json_t *text;

		if (len == 0) /* a zero byte: estated says what is wrong with it */
			len = MIN(table->len - at, (size_t)PIECE_MAX);
		text = json_stringn(table->text + at, len);
		at += len;
		ctl_answer_fini(answer);
		*answer = (struct ctl_answer){ 0 };
		exit = ctl_post(c, "/v1/residents/import",
				json_pack("{s:o, s:b, s:b, s:b, s:s*}", "text", text, "first", first, "last",
					  at == table->len, "dry_run", c->args.values[ARGS_DRY_RUN] != NULL, "reason",
					  c->args.values[ARGS_REASON]),
				answer);
	} while (exit == CTL_DONE && at < table->len);
	return exit;
}

static long long number(const json_t *row, const char *key)
{
	return (long long)json_integer_value(json_object_get(row, key));
}

static void say_import(struct ctl *c, const json_t *answer)
{
	const json_t *warning;
	size_t i;

	json_array_foreach(json_object_get(answer, "warnings"), i, warning)
		fprintf(stderr, _("%s:%lld: warning: %s\n"), ctl_word(c, 0), number(warning, "line"),
			json_string_value(json_object_get(warning, "text")));
	out_say(&c->out,
		json_is_true(json_object_get(answer, "dry_run"))
			? _("would add %lld, change %lld, leave %lld as they are\n")
			: _("added %lld, changed %lld, left %lld as they are\n"),
		number(answer, "added"), number(answer, "changed"), number(answer, "same"));
}

enum ctl_exit cmd_residents_import(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf table _cleanup_str_buf_ = { 0 };
	int error = read_file(ctl_word(c, 0), &table);
	enum ctl_exit exit;

	if (error < 0 || table.len == 0 || !str_is_utf8(table.text, table.len)) {
		fprintf(stderr, _("estatectl: %s: %s\n"), ctl_word(c, 0),
			error < 0 ? strerror(-error) : _("expected a table that was saved as \"CSV UTF-8\""));
		return CTL_FAILED;
	}
	exit = send_pieces(c, &table, &answer);
	if (exit != CTL_DONE)
		return exit;
	if (c->out.writer == &out_text_writer)
		say_import(c, answer.json);
	else
		out_say(&c->out, "%s\n", str_buf_text(&answer.body));
	return CTL_DONE;
}

/* Only for who writes it to read: it has all that the register has. */
static FILE *open_private(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd < 0 ? NULL : fdopen(fd, "w");
}

enum ctl_exit cmd_residents_export(struct ctl *c)
{
	struct ctl_answer answer _cleanup_answer_ = { 0 };
	struct str_buf path _cleanup_str_buf_ = { 0 };
	const char *file = c->args.values[ARGS_OUT];
	struct out out = c->out;
	enum ctl_exit exit;

	if (!has_reason(c, "residents export"))
		return CTL_USAGE;
	str_buf_add(&path, "/v1/residents/export");
	talk_query(&path, "reason", c->args.values[ARGS_REASON]);
	exit = ctl_get(c, path.text, &answer);
	if (exit != CTL_DONE)
		return exit;
	out.to = file ? open_private(file) : c->out.to;
	if (!out.to) {
		fprintf(stderr, _("estatectl: %s: %s\n"), file, strerror(errno));
		return CTL_FAILED;
	}
	/* A spreadsheet opens it with its Chinese right. */
	fprintf(out.to, "\xef\xbb\xbf");
	out_csv_writer.list(&out, &whole, str_buf_text(&answer.body), answer.json);
	if (fflush(out.to) != 0 || (file && fclose(out.to) != 0)) {
		fprintf(stderr, _("estatectl: %s: %s\n"), file ? file : "-", strerror(errno));
		return CTL_FAILED;
	}
	return CTL_DONE;
}
