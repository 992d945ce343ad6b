/* sim_record.c: see sim_record.h. */
#include "sim_record.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define WORDS_HEAD  "# estated recording 1:"
#define SECONDS_MAX 100000000 /* three years */

struct reading {
	struct sim_record *record;
	size_t room_chunks, room_bytes;
	bool headed;
	unsigned line;
	struct str_buf *problem;
};

void sim_record_fini(struct sim_record *r)
{
	free(r->chunks);
	free(r->bytes);
	*r = (struct sim_record){ 0 };
}

static int expected(struct reading *r, const char *what)
{
	str_buf_printf(r->problem, "line %u: expected %s", r->line, what);
	return -EINVAL;
}

static int add_chunk(struct reading *r, struct sim_record_chunk chunk)
{
	struct sim_record *record = r->record;

	if (!r->headed)
		return expected(r, "the head of a recording first: " WORDS_HEAD " …");
	if (record->count && chunk.at_us < record->chunks[record->count - 1].at_us)
		return expected(r, "a time not before the one above");
	if (record->count == r->room_chunks) {
		r->room_chunks = MAX(r->room_chunks * 2, (size_t)64);
		record->chunks = mem_realloc(record->chunks, r->room_chunks, sizeof(*record->chunks));
	}
	record->chunks[record->count++] = chunk;
	return 0;
}

static void add_byte(struct reading *r, uint8_t byte)
{
	struct sim_record *record = r->record;

	if (record->len == r->room_bytes) {
		r->room_bytes = MAX(r->room_bytes * 2, (size_t)1024);
		record->bytes = mem_realloc(record->bytes, r->room_bytes, 1);
	}
	record->bytes[record->len++] = byte;
}

static int digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* Pairs of digits, blanks between them, up to a # or the end. */
static int add_hex(struct reading *r, const char *hex, size_t *ret_len)
{
	size_t before = r->record->len;

	for (; *hex && *hex != '#'; hex++) {
		if (isblank((unsigned char)*hex))
			continue;
		if (digit(hex[0]) < 0 || digit(hex[1]) < 0)
			return expected(r, "bytes as pairs of hex digits");
		add_byte(r, (uint8_t)(digit(hex[0]) * 16 + digit(hex[1])));
		hex++;
	}
	*ret_len = r->record->len - before;
	return *ret_len > SIM_RECORD_CHUNK_MAX ? expected(r, "at most 512 bytes") : 0;
}

static int take_framing(struct reading *r, const char *framing, size_t len)
{
	if (len == 3 && memcmp(framing, "tcp", 3) == 0)
		r->record->framing = SIM_FRAMING_TCP;
	else if (len == 3 && memcmp(framing, "rtu", 3) == 0)
		r->record->framing = SIM_FRAMING_RTU;
	else
		return expected(r, "framing tcp or rtu in the head");
	if (r->headed)
		return expected(r, "one recording in the file");
	r->headed = true;
	return 0;
}

static int take_head(struct reading *r, const char *line)
{
	const char *framing = strstr(line, " framing "), *type = strstr(line, " type rtu ");

	if (!framing)
		return expected(r, "framing tcp or rtu in the head");
	framing += strlen(" framing ");
	r->record->serial = type != NULL;
	return take_framing(r, framing, strcspn(framing, " "));
}

/* "12.000456": microseconds. -EINVAL. */
static int seconds(const char *text, size_t len, int64_t *ret_us)
{
	int64_t whole = 0, part = 0;
	size_t i = 0, digits = 0;

	for (; i < len && isdigit((unsigned char)text[i]) && whole < SECONDS_MAX; i++)
		whole = whole * 10 + text[i] - '0';
	if (i == 0 || i >= len || text[i] != '.' || whole >= SECONDS_MAX)
		return -EINVAL;
	for (i++; i < len && isdigit((unsigned char)text[i]) && digits < 6; i++, digits++)
		part = part * 10 + text[i] - '0';
	if (i != len || digits != 6)
		return -EINVAL;
	*ret_us = whole * 1000000 + part;
	return 0;
}

static int take_frame(struct reading *r, const char *line)
{
	static const char signs[] = "><+-";
	struct sim_record_chunk chunk = { .first = r->record->len };
	const char *at = line + strcspn(line, " \t"), *sign;
	size_t len;
	int e;

	at += strspn(at, " \t");
	len = strcspn(at, " \t");
	if (seconds(at, len, &chunk.at_us) < 0)
		return expected(r, "a time of day, then seconds like 12.000456");
	at += len;
	at += strspn(at, " \t");
	sign = *at ? strchr(signs, *at) : NULL;
	if (!sign)
		return expected(r, "> < + or - behind the seconds");
	chunk.way = (enum sim_record_way)(sign - signs);
	e = add_hex(r, at + 1, &chunk.len);
	return e < 0 ? e : add_chunk(r, chunk);
}

static int way_of(const char *name, enum sim_record_way *ret_way)
{
	static const char *const names[] = { "sent", "received", "opened", "closed" };

	for (size_t i = 0; name && i < ARRAY_SIZE(names); i++)
		if (str_equal(names[i], name)) {
			*ret_way = (enum sim_record_way)i;
			return 0;
		}
	return -EINVAL;
}

static int take_object(struct reading *r, const json_t *object)
{
	struct sim_record_chunk chunk = { .first = r->record->len };
	const char *framing = json_string_value(json_object_get(object, "framing"));
	const char *type = json_string_value(json_object_get(object, "type"));
	const char *hex = json_string_value(json_object_get(object, "hex"));
	int e;

	if (json_object_get(object, "missed"))
		return 0;
	if (json_object_get(object, "recording")) {
		r->record->serial = str_equal(type, "rtu");
		return take_framing(r, framing ? framing : "", framing ? strlen(framing) : 0);
	}
	chunk.at_us = json_integer_value(json_object_get(object, "us"));
	if (!json_is_integer(json_object_get(object, "us")) || chunk.at_us < 0 ||
	    chunk.at_us >= (int64_t)SECONDS_MAX * 1000000 ||
	    way_of(json_string_value(json_object_get(object, "way")), &chunk.way) < 0 || !hex)
		return expected(r, "us, way and hex");
	e = add_hex(r, hex, &chunk.len);
	return e < 0 ? e : add_chunk(r, chunk);
}

static int take_line(struct reading *r, const char *line)
{
	json_t *object;
	int e;

	if (str_starts(line, WORDS_HEAD))
		return take_head(r, line);
	if (!line[strspn(line, " \t\r")] || line[0] == '#')
		return 0;
	if (line[0] != '{')
		return take_frame(r, line);
	object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	e = json_is_object(object) ? take_object(r, object) : expected(r, "one JSON object");
	json_decref(object);
	return e;
}

int sim_record_parse(const char *text, size_t len, struct sim_record *ret_record, struct str_buf *ret_problem)
{
	struct sim_record record = { 0 };
	struct reading r = { .record = &record, .problem = ret_problem };
	_cleanup_str_buf_ struct str_buf line = { 0 };
	int e = 0;

	for (size_t at = 0; at < len && e == 0;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;

		r.line++;
		str_buf_clear(&line);
		str_buf_add_len(&line, text + at, n);
		while (line.len && line.text[line.len - 1] == '\r')
			line.text[--line.len] = '\0';
		e = strlen(str_buf_text(&line)) < line.len ? expected(&r, "text, without zero bytes")
							   : take_line(&r, str_buf_text(&line));
		at += n + 1;
	}
	if (e == 0 && !r.headed)
		e = expected(&r, "the head of a recording: " WORDS_HEAD " …");
	if (e < 0) {
		sim_record_fini(&record);
		return e;
	}
	*ret_record = record;
	return 0;
}

int sim_record_read(const char *path, struct sim_record *ret_record, struct str_buf *ret_problem)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	FILE *file = fopen(path, "re");
	char buf[65536];
	size_t n = 0;
	int r = file ? 0 : -errno;

	while (file && text.len <= SIM_RECORD_BYTES_MAX && (n = fread(buf, 1, sizeof(buf), file)) > 0)
		str_buf_add_len(&text, buf, n);
	if (file && ferror(file))
		r = -EIO;
	if (file)
		fclose(file);
	if (text.len > SIM_RECORD_BYTES_MAX)
		r = -EFBIG;
	if (r == 0)
		return sim_record_parse(str_buf_text(&text), text.len, ret_record, ret_problem);
	str_buf_printf(ret_problem, "%s", strerror(-r));
	return r;
}
