#include "base/fill.h"

static const char *find(const char *const *values, const char *name, size_t len)
{
	for (; values && values[0]; values += 2)
		if (strlen(values[0]) == len && memcmp(values[0], name, len) == 0)
			return values[1];
	return NULL;
}

void fill_text(struct str_buf *to, const char *text, const char *const *values)
{
	while (*text) {
		size_t plain = strcspn(text, "{"), len;
		const char *value;

		str_buf_add_len(to, text, plain);
		text += plain;
		if (!*text)
			return;
		len = strcspn(text + 1, "{}");
		value = text[1 + len] == '}' ? find(values, text + 1, len) : NULL;
		if (value) {
			str_buf_add(to, value);
			text += len + 2;
		} else {
			str_buf_add_len(to, text++, 1);
		}
	}
}
