/* letter.h: one message as a mail: headers that no text can break, a body of UTF-8. Pure.
 *
 * Texts come from devices and places: each header that holds one is either plain printable ASCII or encoded (RFC 2047), so
 * neither a newline nor a second header can come of it. The body is base64. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct letter {                       /* lent */
	const char *from, *from_name; /* address; name or NULL */
	const char *to, *to_name;
	const char *prefix; /* before the subject; NULL: none */
	const char *text;   /* its first line is the subject */
	const char *alarm;  /* id; NULL: not said */
	const char *id;     /* unlike that of any other mail: letters, digits, '.' and '-' */
	int64_t wall_us;
	bool urgent;
};
/* The whole mail with CRLF; the caller frees. */
char *letter_make(const struct letter *l, size_t *ret_len);
/* For the option table and for `to`: NULL, or what was expected. */
const char *letter_check_address(const char *address);
