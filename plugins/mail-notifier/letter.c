#include "mail-notifier/letter.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"

#define ADDRESS_MAX 254
#define SUBJECT_MAX ((size_t)300) /* bytes */
#define WORD_BYTES \
	((size_t)42) /* of text in one encoded word: 56 of base64, 68 with what is around it; 75 are allowed */
#define LINE_BYTES ((size_t)57) /* of the body in one line: 76 of base64 */

const char *letter_check_address(const char *address)
{
	static const char wanted[] = "one mail address such as \"desk@example.org\"";
	const char *at = strchr(address, '@');
	size_t len = strlen(address);

	if (!at || at == address || !at[1] || strchr(at + 1, '@') || len > ADDRESS_MAX)
		return wanted;
	for (const char *c = address; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || strchr("<>()[]\\,;:\"", *c))
			return wanted;
	return at[1] == '.' || at[1] == '-' || address[len - 1] == '.' ? wanted : NULL;
}

/* How much of a text of len bytes goes into room bytes without a character being cut; a text that is no UTF-8 is cut anywhere. */
static size_t cut(const char *text, size_t len, size_t room)
{
	size_t at = room;

	if (len <= room)
		return len;
	while (at > room - 4 && at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
		at--;
	return at > 0 && ((unsigned char)text[at] & 0xc0) != 0x80 ? at : room;
}

static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] >= 0x7f)
			return false;
	return !memmem(text, len, "=?", 2);
}

static void write_base64(FILE *out, const char *bytes, size_t len)
{
	char text[4 * ((LINE_BYTES + 2) / 3) + 1];

	sodium_bin2base64(text, sizeof(text), (const unsigned char *)bytes, len, sodium_base64_VARIANT_ORIGINAL);
	fputs(text, out);
}

/* A text of a header: as it stands where it is short and plain, else in encoded words, one a line. Control characters are
 * encoded like all others, and shown by nobody. */
static void write_text(FILE *out, const char *text, size_t len)
{
	if (len <= 60 && is_plain(text, len)) {
		fwrite(text, 1, len, out);
		return;
	}
	for (bool first = true; len > 0; first = false) {
		size_t part = cut(text, len, WORD_BYTES);

		fputs(first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?", out);
		write_base64(out, text, part);
		fputs("?=", out);
		text += part;
		len -= part;
	}
}

/* "name <address>"; a name is always encoded: no quoting to get wrong. */
static void write_mailbox(FILE *out, const char *header, const char *name, const char *address)
{
	fprintf(out, "%s: ", header);
	for (size_t len = name ? strlen(name) : 0, part; len > 0; len -= part, name += part) {
		part = cut(name, len, WORD_BYTES);
		fputs("=?UTF-8?B?", out);
		write_base64(out, name, part);
		fputs("?=\r\n ", out);
	}
	fprintf(out, "<%s>\r\n", address);
}

static void write_subject(FILE *out, const struct letter *l)
{
	char *subject;
	int len = asprintf(&subject, "%s%s%.*s", l->prefix ? l->prefix : "", l->prefix ? " " : "",
			   (int)strcspn(l->text, "\r\n"), l->text);

	if (len < 0)
		abort();
	fputs("Subject: ", out);
	write_text(out, subject, cut(subject, (size_t)len, SUBJECT_MAX));
	fputs("\r\n", out);
	free(subject);
}

/* Lines end with CRLF within it, too. */
static void write_body(FILE *out, const char *text)
{
	size_t len = 0;
	char *body = NULL;
	FILE *lines = open_memstream(&body, &len);

	if (!lines)
		abort();
	for (const char *c = text; *c; c++)
		if (*c != '\r')
			fputs(*c == '\n' ? "\r\n" : (const char[]){ *c, '\0' }, lines);
	fputs("\r\n", lines);
	if (fclose(lines) != 0)
		abort();
	for (size_t at = 0; at < len; at += LINE_BYTES) {
		write_base64(out, body + at, len - at < LINE_BYTES ? len - at : LINE_BYTES);
		fputs("\r\n", out);
	}
	free(body);
}

/* A filter in the reader's mail program can go by these. */
static void write_marks(FILE *out, const struct letter *l)
{
	if (l->alarm && *l->alarm && strlen(l->alarm) <= 200 && is_plain(l->alarm, strlen(l->alarm)))
		fprintf(out, "Estate-Alarm: %s\r\n", l->alarm);
	if (l->urgent)
		fputs("X-Priority: 1\r\nImportance: high\r\n", out);
}

char *letter_make(const struct letter *l, size_t *ret_len)
{
	char date[SDK_CLOCK_TEXT_MAX], *mail = NULL;
	FILE *out = open_memstream(&mail, ret_len);

	if (!out)
		abort();
	sdk_clock_format_mail(l->wall_us, date);
	fprintf(out, "Date: %s\r\n", date);
	write_mailbox(out, "From", l->from_name, l->from);
	write_mailbox(out, "To", l->to_name, l->to);
	write_subject(out, l);
	fprintf(out, "Message-ID: <%s@%s>\r\n", l->id, strchr(l->from, '@') + 1);
	write_marks(out, l);
	fputs("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
	      "Content-Transfer-Encoding: base64\r\n\r\n",
	      out);
	write_body(out, l->text);
	if (fclose(out) != 0)
		abort();
	return mail;
}
