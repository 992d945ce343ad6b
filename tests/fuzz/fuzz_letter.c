/* fuzz_letter.c: plugins/mail-notifier/letter.c: any texts as a mail:
 *
 * - only the headers that are meant, each of printable ASCII, none longer than a line may be; lines end with CRLF;
 * - the body reads back as the text, with CRLF;
 * - an address that is accepted has nothing in it that ends one.
 *
 * Input: a line each: name of the sender, name of the receiver, prefix, alarm, an address; the rest is the text. */
#include "fuzz.h"

#include <sodium.h>
#include <stdlib.h>

#include "mail-notifier/letter.h"

static const char *const headers[] = { "Date: ",
				       "From: ",
				       "To: ",
				       "Subject: ",
				       "Message-ID: ",
				       "Estate-Alarm: ",
				       "X-Priority: ",
				       "Importance: ",
				       "Auto-Submitted: ",
				       "MIME-Version: ",
				       "Content-Type: ",
				       "Content-Transfer-Encoding: ",
				       " " };

static bool is_header(const char *line)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (strncmp(line, headers[i], strlen(headers[i])) == 0)
			return true;
	return false;
}

/* The line at *at without its end, moved behind it. */
static char *take_line(const char **at)
{
	const char *end = strstr(*at, "\r\n");
	char *line;

	FUZZ_CLAIM(end);
	line = strndup(*at, (size_t)(end - *at));
	if (!line)
		abort();
	*at = end + 2;
	for (const char *c = line; *c; c++)
		FUZZ_CLAIM(*c >= ' ' && *c < 0x7f);
	FUZZ_CLAIM(strlen(line) <= 300);
	return line;
}

static void check_headers(const char **at)
{
	for (;;) {
		char *line = take_line(at);
		bool last = !*line;

		FUZZ_CLAIM(last || is_header(line));
		free(line);
		if (last)
			return;
	}
}

static void check_body(const char *at, const char *text)
{
	size_t room = strlen(at) + 1, len = 0;
	char *wanted = calloc(1, 2 * strlen(text) + 3), *to = wanted;
	unsigned char *body = malloc(room);

	if (!wanted || !body)
		abort();
	for (const char *c = text; *c; c++) {
		if (*c == '\n')
			*to++ = '\r';
		if (*c != '\r')
			*to++ = *c;
	}
	memcpy(to, "\r\n", 2);
	FUZZ_CLAIM(sodium_base642bin(body, room, at, strlen(at), "\r\n", &len, NULL, sodium_base64_VARIANT_ORIGINAL) ==
		   0);
	FUZZ_CLAIM(len == strlen(wanted) && memcmp(body, wanted, len) == 0);
	free(wanted);
	free(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *from_name = fuzz_text(fuzz_line(&in)), *to_name = fuzz_text(fuzz_line(&in)),
	     *prefix = fuzz_text(fuzz_line(&in));
	char *alarm = fuzz_text(fuzz_line(&in)), *address = fuzz_text(fuzz_line(&in)), *text = fuzz_rest(&in);
	bool fine = !letter_check_address(address);
	size_t len = 0;
	const char *at;
	char *mail;

	FUZZ_CLAIM(!fine || !strpbrk(address, "<> \r\n\t,;:\""));
	mail = letter_make(&(struct letter){ .from = "estate@demo.example",
					     .from_name = from_name,
					     .to = fine ? address : "desk@demo.example",
					     .to_name = *to_name ? to_name : NULL,
					     .prefix = *prefix ? prefix : NULL,
					     .text = text,
					     .alarm = alarm,
					     .id = "1.2",
					     .wall_us = 1718000000000000,
					     .urgent = *to_name != 0 },
			   &len);
	FUZZ_CLAIM(strlen(mail) == len);
	at = mail;
	check_headers(&at);
	check_body(at, text);
	free(mail);
	free(from_name);
	free(to_name);
	free(prefix);
	free(alarm);
	free(address);
	free(text);
	return 0;
}
