#include "doctor/finding.h"

#include <jansson.h>
#include <stdarg.h>

#include "base/fill.h"
#include "base/mem.h"

const char *finding_level_name(enum finding_level level)
{
	static const char *const names[] = { "ok", "warning", "fault" };

	return names[level];
}

static void free_values(char **values)
{
	for (size_t i = 0; values && values[i]; i++)
		free(values[i]);
	free(values);
}

void finding_fini(struct findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->list[i].subject);
		free_values(f->list[i].values);
	}
	free(f->list);
	free(f->subject);
	*f = (struct findings){ 0 };
}

void finding_about(struct findings *f, const char *check, const char *subject)
{
	char *copy = mem_strdup(subject);

	free(f->subject);
	f->subject = copy;
	f->check = check;
}

static char **copy_values(va_list ap)
{
	char **values = mem_zalloc(sizeof(char *));
	const char *text;

	for (size_t count = 0; (text = va_arg(ap, const char *)); count++) {
		values = mem_realloc(values, count + 2, sizeof(char *));
		values[count] = mem_strdup(text);
		values[count + 1] = NULL;
	}
	return values;
}

static void add(struct findings *f, struct finding found, va_list ap)
{
	if (f->count == f->room) {
		f->room = f->room ? f->room * 2 : 32;
		f->list = mem_realloc(f->list, f->room, sizeof(*f->list));
	}
	found.check = f->check;
	found.subject = mem_strdup(f->subject);
	found.values = copy_values(ap);
	f->list[f->count++] = found;
}

void finding_ok(struct findings *f, const char *message, ...)
{
	va_list ap;

	va_start(ap, message);
	add(f, (struct finding){ .level = FINDING_OK, .message = message, .advice = "" }, ap);
	va_end(ap);
}

void finding_warning(struct findings *f, const char *message, const char *advice, ...)
{
	va_list ap;

	va_start(ap, advice);
	add(f, (struct finding){ .level = FINDING_WARNING, .message = message, .advice = advice }, ap);
	va_end(ap);
}

void finding_fault(struct findings *f, const char *message, const char *advice, ...)
{
	va_list ap;

	va_start(ap, advice);
	add(f, (struct finding){ .level = FINDING_FAULT, .message = message, .advice = advice }, ap);
	va_end(ap);
}

size_t finding_count(const struct findings *f, enum finding_level level)
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		count += f->list[i].level == level;
	return count;
}

bool finding_clean_since(const struct findings *f, size_t count)
{
	for (size_t i = count; i < f->count; i++)
		if (f->list[i].level != FINDING_OK)
			return false;
	return true;
}

/* Texts come from files, plugins and other programs: one line stays one line, and nothing steers the terminal. */
static void add_clean(struct str_buf *to, const char *text)
{
	for (; *text; text++)
		str_buf_add_len(to, (unsigned char)*text < ' ' || *text == 127 ? " " : text, 1);
}

static void print_one(const struct finding *x, FILE *to)
{
	_cleanup_str_buf_ struct str_buf text = { 0 }, line = { 0 };

	str_buf_printf(&text, "%-8s %s %s: ", finding_level_name(x->level), x->check, x->subject);
	fill_text(&text, x->message, (const char *const *)x->values);
	if (x->advice[0])
		str_buf_add(&text, " → ");
	fill_text(&text, x->advice, (const char *const *)x->values);
	add_clean(&line, str_buf_text(&text));
	fprintf(to, "%s\n", str_buf_text(&line));
}

/* "; 2 faults: serial riser-3, clock time" */
static void add_summary(struct str_buf *to, const struct findings *f, enum finding_level level)
{
	size_t count = finding_count(f, level);
	const char *between = ": ";

	if (count == 0)
		return;
	str_buf_printf(to, "%zu %s%s", count, finding_level_name(level), count == 1 ? "" : "s");
	for (size_t i = 0; i < f->count; i++)
		if (f->list[i].level == level) {
			str_buf_printf(to, "%s%s %s", between, f->list[i].check, f->list[i].subject);
			between = ", ";
		}
	str_buf_add(to, "; ");
}

void finding_print(const struct findings *f, FILE *to)
{
	_cleanup_str_buf_ struct str_buf line = { 0 };

	for (size_t i = 0; i < f->count; i++)
		print_one(&f->list[i], to);
	add_summary(&line, f, FINDING_FAULT);
	add_summary(&line, f, FINDING_WARNING);
	str_buf_printf(&line, "%zu ok", finding_count(f, FINDING_OK));
	fprintf(to, "%s\n", str_buf_text(&line));
}

/* A text that may be no UTF-8: a file's name, what a program said. */
static json_t *text_json(const char *text)
{
	_cleanup_str_buf_ struct str_buf quoted = { 0 };
	json_t *value = json_string(text);

	if (value)
		return value;
	str_buf_add_json(&quoted, text);
	return json_loads(str_buf_text(&quoted), JSON_DECODE_ANY, NULL);
}

static json_t *filled_json(const char *template, char **values)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };

	fill_text(&text, template, (const char *const *)values);
	return text_json(str_buf_text(&text));
}

static json_t *one_json(const struct finding *x)
{
	json_t *row = json_object(), *values = json_object();

	json_object_set_new(row, "check", json_string(x->check));
	json_object_set_new(row, "level", json_string(finding_level_name(x->level)));
	json_object_set_new(row, "subject", text_json(x->subject));
	json_object_set_new(row, "text", filled_json(x->message, x->values));
	json_object_set_new(row, "hint", filled_json(x->advice, x->values));
	json_object_set_new(row, "message", json_string(x->message));
	json_object_set_new(row, "advice", json_string(x->advice));
	for (size_t i = 0; x->values[i]; i += 2)
		json_object_set_new(values, x->values[i], text_json(x->values[i + 1]));
	json_object_set_new(row, "values", values);
	return row;
}

char *finding_json(const struct findings *f)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; i < f->count; i++)
		json_array_append_new(list, one_json(&f->list[i]));
	text = json_dumps(list, JSON_INDENT(1));
	json_decref(list);
	if (!text)
		abort();
	return text;
}
