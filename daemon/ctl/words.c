#include "ctl/words.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* The language of the first part of "zh_CN:en" that we have. */
static bool find_language(const char *list, enum words_language *ret_language)
{
	for (const char *name = list; *name; name += strcspn(name, ":"), name += *name == ':')
		if (str_starts(name, "zh") || str_starts(name, "en")) {
			*ret_language = str_starts(name, "zh") ? WORDS_ZH : WORDS_EN;
			return true;
		}
	return false;
}

enum words_language words_language(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	const char *value = NULL, *list = getenv("LANGUAGE");
	enum words_language l;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !(value && *value); i++)
		value = getenv(names[i]);
	if (!value || !*value || str_equal(value, "C") || str_equal(value, "POSIX"))
		return WORDS_EN;
	if (list && find_language(list, &l))
		return l;
	return str_starts(value, "zh") ? WORDS_ZH : WORDS_EN;
}

void words_start(enum words_language l, const char *folder)
{
	static const char *const locales[] = { "C.UTF-8", "zh_CN.UTF-8", "en_US.UTF-8" };
	bool valid = false;

	if (l == WORDS_EN)
		return; /* the program stays in the locale C, in which gettext says what stands in the code */
	/* Any locale but C makes gettext look at $LANGUAGE: it need not be the reader's, which may not be installed. */
	for (size_t i = 0; i < ARRAY_SIZE(locales) && !valid; i++)
		valid = setlocale(LC_MESSAGES, locales[i]) && setlocale(LC_CTYPE, locales[i]);
	setenv("LANGUAGE", "zh_CN", 1);
	bindtextdomain("estated", folder);
	bind_textdomain_codeset("estated", "UTF-8");
	textdomain("estated");
}

const char *words_tr(const char *text)
{
	return text && *text ? gettext(text) : text;
}

const char *words_priority(int priority)
{
	static const char *const words[] = { N_("now"), N_("15 min"), N_("shift"), N_("note") };

	return _(words[CLAMP(priority, 1, 4) - 1]);
}

const char *words_in_context(const char *context, const char *word, const char *const *known, size_t count)
{
	char key[64];
	const char *translated;

	for (size_t i = 0; word && i < count; i++) {
		if (!str_equal(known[i], word))
			continue;
		/* A message with context is looked up as context, EOT, text: these words mean other things elsewhere. */
		snprintf(key, sizeof(key), "%s\004%s", context, word);
		translated = gettext(key);
		return translated == key ? known[i] : translated;
	}
	return word ? word : "";
}

const char *words_state(const char *state)
{
	/* clang-format off */
	static const char *const known[] = {
		/* of an alarm */
		NC_("state", "normal"), NC_("state", "unacked"), NC_("state", "acked"), NC_("state", "rtn_unacked"),
		NC_("state", "latched"), NC_("state", "shelved"), NC_("state", "suppressed"), NC_("state", "out_of_service"),
		/* of a bus or a plugin */
		NC_("state", "up"), NC_("state", "connecting"), NC_("state", "down"), NC_("state", "paused"), NC_("state", "starting"),
		NC_("state", "ok"), NC_("state", "new"), /* of a unit */
		NC_("state", "fault"), NC_("state", "waiting"), NC_("state", "stopping"), NC_("state", "stopped"),
		/* the quality of a value */
		NC_("state", "good"), NC_("state", "stale"), NC_("state", "bad"), NC_("state", "lost"), NC_("state", "suspect"),
	};
	/* clang-format on */

	return words_in_context("state", state, known, ARRAY_SIZE(known));
}

void words_age(int64_t age_us, struct str_buf *to)
{
	words_age_s(age_us / S, to);
}

void words_age_s(int64_t age_s, struct str_buf *to)
{
	long long s = MAX(age_s, 0);

	if (s < 90)
		str_buf_printf(to, _("%lld s"), s);
	else if (s < 5400)
		str_buf_printf(to, _("%lld min"), s / 60);
	else if (s < 2 * 86400)
		str_buf_printf(to, _("%lld h %lld min"), s / 3600, s % 3600 / 60);
	else
		str_buf_printf(to, _("%lld d %lld h"), s / 86400, s % 86400 / 3600);
}

void words_age_since(const json_t *since, struct str_buf *to)
{
	int64_t since_us;

	if (json_is_string(since) && clock_parse(json_string_value(since), &since_us) == 0)
		words_age(clock_wall_us() - since_us, to);
}

const char *words_text(enum words_language l, const json_t *text)
{
	const char *zh = json_string_value(json_object_get(text, "zh"));
	const char *en = json_string_value(json_object_get(text, "en"));
	const char *first = l == WORDS_ZH ? zh : en, *second = l == WORDS_ZH ? en : zh;

	if (json_is_string(text))
		return json_string_value(text);
	if (first && *first)
		return first;
	return second ? second : "";
}
