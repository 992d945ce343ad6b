/* fuzz_prescan.c: conf/prescan.c: any text: errors stand on lines that exist, and what it refuses libconfig refuses too (a
 * guess must never refuse a good file). */
#include "fuzz.h"

#include <libconfig.h>

#include "base/str.h"
#include "conf/prescan.h"

/* libconfig 1.5 forgets the text it is at when it meets a syntax error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig\n";
}

/* What is refused although libconfig would read it: it must not stand in a file. */
static bool refused_on_purpose(const struct diag *d, struct fuzz_bytes text)
{
	/* libconfig reads a lone dot as 0.0. */
	static const char *const whys[] = { "'.' is not expected", "brackets in brackets", "@include is not" };

	if (!str_is_utf8((const char *)text.at, text.left) || (text.left && memchr(text.at, '\0', text.left)))
		return true;
	for (size_t i = 0; i < d->count; i++)
		for (size_t k = 0; k < sizeof(whys) / sizeof(whys[0]); k++)
			if (strstr(d->entries[i].text, whys[k]))
				return true;
	return false;
}

static bool libconfig_reads(const char *text)
{
	config_t config;
	bool good;

	config_init(&config);
	good = config_read_string(&config, text);
	config_destroy(&config);
	return good;
}

/* What opens and is never closed, a quote or a comment, silently takes the rest of a file with it, and libconfig reads that. */
static bool is_open_at_its_end(const char *text)
{
	_cleanup_str_buf_ struct str_buf more = { 0 };

	str_buf_printf(&more, "%s\n} = {", text);
	return libconfig_reads(str_buf_text(&more));
}

static unsigned count_lines(struct fuzz_bytes text)
{
	unsigned lines = 1;

	for (size_t i = 0; i < text.left; i++)
		lines += text.at[i] == '\n';
	return lines;
}

static void check_diag(const struct diag *d, unsigned lines)
{
	for (size_t i = 0; i < d->count; i++) {
		const char *text = d->entries[i].text;

		FUZZ_CLAIM(d->entries[i].line >= 1 && d->entries[i].line <= lines);
		FUZZ_CLAIM(text[0] && !strchr(text, '\n') && str_is_utf8(text, strlen(text)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	struct diag d = { 0 };
	struct prescan p = { .file = "x.conf", .diag = &d };
	unsigned lines = count_lines(in);
	char *text;
	int r = prescan_text((const char *)data, size, &p);

	FUZZ_CLAIM(p.start == 0 || p.start == 3);
	FUZZ_CLAIM(p.hint_line <= lines && p.hint_from <= lines && strnlen(p.hint, sizeof(p.hint)) < sizeof(p.hint));
	check_diag(&d, lines);
	FUZZ_CLAIM(r == 0 || d.errors > 0);
	text = fuzz_text((struct fuzz_bytes){ data + p.start, size - p.start });
	if (r < 0 && !refused_on_purpose(&d, in))
		FUZZ_CLAIM(!libconfig_reads(text) || is_open_at_its_end(text));
	free(text);
	diag_fini(&d);
	return 0;
}
