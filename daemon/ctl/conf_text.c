#include "ctl/conf_text.h"

void conf_text_add(struct str_buf *to, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	str_buf_printf(to, " %s = \"", key);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			str_buf_add(to, "\\");
		str_buf_add_len(to, (unsigned char)*text < 0x20 || *text == 0x7f ? " " : text, 1);
	}
	str_buf_add(to, "\";");
}
