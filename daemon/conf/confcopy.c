#include "conf/confcopy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define HEAD    "estated-files 1\n"
#define END     "end "
#define END_LEN (sizeof(END) - 1 + 16 + 1) /* the checksum in hex, and a newline */

/* FNV-1a, 64 bits: against what a disk does, not against people. */
static uint64_t checksum(const char *text, size_t len)
{
	uint64_t sum = 14695981039346656037ULL;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)text[i]) * 1099511628211ULL;
	return sum;
}

void confcopy_begin(struct str_buf *copy)
{
	str_buf_clear(copy);
	str_buf_add(copy, HEAD);
}

void confcopy_add(struct str_buf *copy, const struct confcopy_file *f)
{
	str_buf_printf(copy, "file %d %zu %zu\n", (int)f->level, f->name_len, f->len);
	str_buf_add_len(copy, f->name, f->name_len);
	str_buf_add(copy, "\n");
	str_buf_add_len(copy, f->text, f->len);
	str_buf_add(copy, "\n");
}

void confcopy_end(struct str_buf *copy)
{
	str_buf_printf(copy, END "%016" PRIx64 "\n", checksum(copy->text, copy->len));
}

/* A decimal and the one byte behind it. */
static bool take_number(const struct confcopy *c, size_t *at, char behind, size_t *ret_number)
{
	size_t n = 0, from = *at;

	while (*at < c->len && *at - from < 10 && c->text[*at] >= '0' && c->text[*at] <= '9')
		n = n * 10 + (size_t)(c->text[(*at)++] - '0');
	if (*at == from || *at >= c->len || c->text[*at] != behind)
		return false;
	++*at;
	*ret_number = n;
	return true;
}

/* len bytes and a newline. */
static bool take_bytes(const struct confcopy *c, size_t *at, size_t len, const char **ret_bytes)
{
	if (len >= c->len - *at || c->text[*at + len] != '\n')
		return false;
	*ret_bytes = c->text + *at;
	*at += len + 1;
	return true;
}

static bool take_file(const struct confcopy *c, size_t *at, struct confcopy_file *ret_file)
{
	struct confcopy_file f = { 0 };
	size_t level;

	if (c->len - *at < 5 || memcmp(c->text + *at, "file ", 5) != 0)
		return false;
	*at += 5;
	if (!take_number(c, at, ' ', &level) || !take_number(c, at, ' ', &f.name_len) ||
	    !take_number(c, at, '\n', &f.len) || level > CONFFILE_MAIN)
		return false;
	f.level = (enum conffile_level)level;
	if (!take_bytes(c, at, f.name_len, &f.name) || !take_bytes(c, at, f.len, &f.text))
		return false;
	*ret_file = f;
	return true;
}

int confcopy_check(const struct confcopy *c)
{
	size_t at = sizeof(HEAD) - 1;
	char end[END_LEN + 1];
	struct confcopy_file f;

	if (c->len < sizeof(HEAD) - 1 + END_LEN || memcmp(c->text, HEAD, sizeof(HEAD) - 1) != 0)
		return -EBADMSG;
	snprintf(end, sizeof(end), END "%016" PRIx64 "\n", checksum(c->text, c->len - END_LEN));
	if (memcmp(c->text + c->len - END_LEN, end, END_LEN) != 0)
		return -EBADMSG;
	while (take_file(c, &at, &f))
		;
	return at == c->len - END_LEN ? 0 : -EBADMSG;
}

bool confcopy_next(const struct confcopy *c, size_t *position, struct confcopy_file *ret_file)
{
	if (*position == 0)
		*position = sizeof(HEAD) - 1;
	return take_file(c, position, ret_file);
}
