#include "app/logline.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

/* A field that has no room is left out whole: half an id would be another one's. */
static void add_field(struct logline *line, const char *name, const char *value)
{
	size_t room = sizeof(line->fields) - line->fields_len;
	int len = snprintf(line->fields + line->fields_len, room, "%s=%s", name, value);

	if (len >= 0 && (size_t)len < room)
		line->fields_len += (size_t)len + 1;
}

struct logline logline_of(const struct log_entry *entry, int64_t wall_us)
{
	struct logline line = {
		.level = entry->level,
		.id = entry->id,
		.room = entry->room,
		.unit = entry->about ? entry->about->unit : 0,
		.line = entry->line,
		.wall_us = wall_us,
		.file = entry->file,
		.func = entry->func,
	};
	const size_t prefix = strlen(LOGLINE_MESSAGE);
	const char *name, *value;

	for (unsigned position = 0; log_next_field(entry->about, &position, &name, &value);)
		add_field(&line, name, value);
	memcpy(line.text, LOGLINE_MESSAGE, prefix);
	memcpy(line.text + prefix, entry->text, str_utf8_cut(entry->text, sizeof(line.text) - prefix - 1));
	return line;
}

struct composer {
	char *words;
	size_t used;
	struct iovec *parts;
	int count;
};

static void add_part(struct composer *c, const void *text, size_t len)
{
	assert(c->count < LOGLINE_IOVEC_MAX);
	c->parts[c->count++] = (struct iovec){ .iov_base = (void *)text, .iov_len = len };
}

static void _printf_(2, 3) add_words(struct composer *c, const char *fmt, ...)
{
	size_t room = LOGLINE_WORDS_MAX - c->used;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(c->words + c->used, room, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= room)
		return;
	add_part(c, c->words + c->used, (size_t)len);
	c->used += (size_t)len + 1;
}

int logline_compose(const struct logline *line, char *words, struct iovec *ret_parts)
{
	struct composer c = { .words = words, .parts = ret_parts };

	add_part(&c, line->text, strlen(line->text));
	add_words(&c, "PRIORITY=%d", (int)line->level);
	add_words(&c, "ESTATE_ROOM=%s", logid_room_name(line->room));
	if (line->id) {
		add_words(&c, "MESSAGE_ID=%s", logid_uuid(line->id));
		add_words(&c, "ESTATE_EVENT=%s", logid_name(line->id));
	}
	add_words(&c, "CODE_FILE=daemon/%s", line->file);
	add_words(&c, "CODE_LINE=%d", line->line);
	if (line->func[0])
		add_words(&c, "CODE_FUNC=%s", line->func);
	if (line->unit)
		add_words(&c, "ESTATE_UNIT=%u", line->unit);
	for (size_t at = 0; at < line->fields_len; at += strlen(line->fields + at) + 1)
		add_part(&c, line->fields + at, strlen(line->fields + at));
	return c.count;
}

size_t logline_format(const struct logline *line, char *buf)
{
	char stamp[CLOCK_ISO_MAX];
	int len = snprintf(buf, LOGLINE_TEXT_MAX + 100, "%s %s: %s\n", clock_format_iso(line->wall_us, stamp),
			   logid_level_name(line->level), line->text + strlen(LOGLINE_MESSAGE));

	return len < 0 ? 0 : (size_t)len;
}
