#include "base/diag.h"

#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

void diag_fini(struct diag *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->entries[i].file);
		free(d->entries[i].text);
	}
	free(d->entries);
	*d = (struct diag){ 0 };
}

/* Bytes of the character that begins there; 0: it is none. */
static size_t char_len(const char *text)
{
	for (size_t len = 1; len <= 4 && text[len - 1]; len++)
		if (str_is_utf8(text, len))
			return len;
	return 0;
}

/* What came from a file may hold line ends, and by its escapes bytes that are no UTF-8; a message is one line of text. */
static void make_line(char *text)
{
	while (*text) {
		size_t len = char_len(text);

		if (len == 0)
			*text = '?';
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
		text += MAX(len, (size_t)1);
	}
}

static void add(struct diag *d, const struct diag_entry *entry)
{
	if (d->count == DIAG_MAX) {
		d->dropped++;
		free(entry->text);
		return;
	}
	if ((d->count & (d->count - 1)) == 0)
		d->entries = mem_realloc(d->entries, d->count ? d->count * 2 : 1, sizeof(*d->entries));
	make_line(entry->text);
	d->entries[d->count] = *entry;
	d->entries[d->count].file = mem_strdup(entry->file);
	d->count++;
}

void diag_error(struct diag *d, struct diag_at at, const char *fmt, ...)
{
	struct str_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	d->errors++;
	add(d, &(struct diag_entry){ DIAG_ERROR, (char *)at.file, at.line, str_buf_take(&text) });
}

void diag_warning(struct diag *d, struct diag_at at, const char *fmt, ...)
{
	struct str_buf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	d->warnings++;
	add(d, &(struct diag_entry){ DIAG_WARNING, (char *)at.file, at.line, str_buf_take(&text) });
}

bool diag_failed(const struct diag *d)
{
	return d->errors > 0;
}

/* Indices, so that entries of one line stay in the order in which they were reported. */
static int compare(const void *left, const void *right, void *context)
{
	const struct diag *d = context;
	size_t i = *(const size_t *)left, j = *(const size_t *)right;
	const struct diag_entry *a = &d->entries[i], *b = &d->entries[j];
	int order = strcmp(a->file ? a->file : "", b->file ? b->file : "");

	if (order)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return i < j ? -1 : i > j;
}

static void print_one(const struct diag_entry *e, FILE *to)
{
	if (e->file && e->line)
		fprintf(to, "%s:%u: ", e->file, e->line);
	else if (e->file)
		fprintf(to, "%s: ", e->file);
	fprintf(to, "%s: %s\n", e->severity == DIAG_ERROR ? "error" : "warning", e->text);
}

static bool same(const struct diag_entry *a, const struct diag_entry *b)
{
	return a->severity == b->severity && a->line == b->line && str_equal(a->file, b->file) &&
	       str_equal(a->text, b->text);
}

void diag_print(const struct diag *d, FILE *to)
{
	_cleanup_(freep) void *memory = mem_array(d->count, sizeof(size_t));
	size_t *order = memory;

	for (size_t i = 0; i < d->count; i++)
		order[i] = i;
	qsort_r(order, d->count, sizeof(*order), compare, (void *)d);
	for (size_t i = 0; i < d->count; i++)
		if (i == 0 || !same(&d->entries[order[i]], &d->entries[order[i - 1]]))
			print_one(&d->entries[order[i]], to);
	if (d->dropped)
		fprintf(to, "%zu further messages are not shown\n", d->dropped);
}
