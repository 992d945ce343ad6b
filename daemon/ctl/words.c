#include "ctl/words.h"

#include <stdlib.h>

#include "base/clock.h"

enum words_language words_language(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return str_starts(value, "zh") ? WORDS_ZH : WORDS_EN;
	}
	return WORDS_EN;
}

const char *words_priority(enum words_language l, int priority)
{
	static const char *const words[][2] = {
		{ "now", "立即" }, { "15 min", "15分钟" }, { "shift", "本班" }, { "note", "提示" }
	};

	return words[CLAMP(priority, 1, 4) - 1][l];
}

const char *words_state(enum words_language l, const char *state)
{
	static const char *const words[][2] = {
		{ "normal", "正常" },     { "unacked", "未确认" },
		{ "acked", "已确认" },    { "rtn_unacked", "恢复未确认" },
		{ "latched", "待复位" },  { "shelved", "搁置" },
		{ "suppressed", "抑制" }, { "out_of_service", "停用" },
	};

	for (size_t i = 0; l == WORDS_ZH && i < ARRAY_SIZE(words); i++)
		if (str_equal(words[i][0], state))
			return words[i][1];
	return state;
}

void words_age(enum words_language l, int64_t age_us, struct str_buf *to)
{
	int64_t seconds = MAX(age_us, 0) / S;
	char text[STR_DURATION_MAX];

	if (l == WORDS_EN)
		str_buf_add(to, str_from_age(MAX(age_us, 0), text));
	else if (seconds < 60)
		str_buf_printf(to, "%d 秒", (int)seconds);
	else if (seconds < 3600)
		str_buf_printf(to, "%d 分钟", (int)(seconds / 60));
	else if (seconds < 86400)
		str_buf_printf(to, "%d 小时 %d 分", (int)(seconds / 3600), (int)(seconds / 60 % 60));
	else
		str_buf_printf(to, "%lld 天 %d 小时", (long long)(seconds / 86400), (int)(seconds / 3600 % 24));
}

void words_age_since(enum words_language l, const json_t *since, struct str_buf *to)
{
	int64_t since_us;

	if (json_is_string(since) && clock_parse(json_string_value(since), &since_us) == 0)
		words_age(l, clock_wall_us() - since_us, to);
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
