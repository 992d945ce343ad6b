#include "care/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* clang-format off */
const struct settings_row settings_rows[SETTINGS_KEYS] = {
	/* key = { rule, name, kind, usual, least, most, unit, help } */
	[SETTINGS_WELFARE_BUFFER] = { CONCERN_WELFARE, "buffer", SETTINGS_DURATION, 2 * HOUR, 15 * MINUTE, 24 * HOUR, NULL, "quiet beyond the longest that is known, before somebody is asked" },
	[SETTINGS_WELFARE_LEARN_MIN] = { CONCERN_WELFARE, "learn_min", SETTINGS_DURATION, 7 * DAY, DAY, 60 * DAY, NULL, "how long the fixed limit holds at first" },
	[SETTINGS_WELFARE_COLD_LIMIT] = { CONCERN_WELFARE, "cold_limit", SETTINGS_DURATION, 10 * HOUR, 2 * HOUR, 48 * HOUR, NULL, "the fixed limit, while too little is known" },
	[SETTINGS_WELFARE_PROMPT_FOR] = { CONCERN_WELFARE, "prompt_for", SETTINGS_DURATION, 30 * MINUTE, MINUTE, 2 * HOUR, NULL, "stage 1: asked in the home for so long, then the desk" },
	[SETTINGS_WELFARE_DESK_FOR] = { CONCERN_WELFARE, "desk_for", SETTINGS_DURATION, 30 * MINUTE, MINUTE, 6 * HOUR, NULL, "stage 2: at the desk for so long, then everybody" },
	[SETTINGS_WELFARE_AWAY_AFTER] = { CONCERN_WELFARE, "away_after", SETTINGS_DURATION, 10 * MINUTE, 2 * MINUTE, 2 * HOUR, NULL, "the entrance closed and nothing inside for so long: presumed away" },
	[SETTINGS_WELFARE_SOURCES] = { CONCERN_WELFARE, "sources", SETTINGS_NUMBER, 3, 2, 6, NULL, "so many independent sources silent beyond their own lines: call out at once" },
	[SETTINGS_WELFARE_HOT] = { CONCERN_WELFARE, "hot", SETTINGS_NUMBER, 33, 25, 45, "°C", "indoors above it for harsh_for: half the buffer, and a visit" },
	[SETTINGS_WELFARE_COLD] = { CONCERN_WELFARE, "cold", SETTINGS_NUMBER, 8, -10, 18, "°C", "indoors below it for harsh_for: half the buffer, and a visit" },
	[SETTINGS_WELFARE_HARSH_FOR] = { CONCERN_WELFARE, "harsh_for", SETTINGS_DURATION, 3 * HOUR, 30 * MINUTE, 24 * HOUR, NULL, "heat or cold must have lasted so long" },
	[SETTINGS_BATHROOM_BUFFER] = { CONCERN_BATHROOM, "buffer", SETTINGS_DURATION, HOUR, 5 * MINUTE, 12 * HOUR, NULL, "beyond the longest quiet in the bathroom" },
	[SETTINGS_BATHROOM_BUFFER_DISABLED] = { CONCERN_BATHROOM, "buffer_disabled", SETTINGS_DURATION, 30 * MINUTE, 5 * MINUTE, 12 * HOUR, NULL, "the same where somebody is disabled" },
	[SETTINGS_BATHROOM_AT_LEAST] = { CONCERN_BATHROOM, "at_least", SETTINGS_DURATION, 45 * MINUTE, 5 * MINUTE, 12 * HOUR, NULL, "never sooner than that" },
	[SETTINGS_BATHROOM_COLD_LIMIT] = { CONCERN_BATHROOM, "cold_limit", SETTINGS_DURATION, 2 * HOUR, 15 * MINUTE, 24 * HOUR, NULL, "the fixed limit, while too little is known" },
	[SETTINGS_BATHROOM_PROMPT_FOR] = { CONCERN_BATHROOM, "prompt_for", SETTINGS_DURATION, 5 * MINUTE, MINUTE, 2 * HOUR, NULL, "asked in the home for so long, then the desk" },
	[SETTINGS_NO_START_BUFFER] = { CONCERN_NO_START, "buffer", SETTINGS_DURATION, HOUR, 10 * MINUTE, 12 * HOUR, NULL, "beyond the latest first activity of a day" },
	[SETTINGS_NO_START_COLD] = { CONCERN_NO_START, "cold", SETTINGS_TIME_OF_DAY, 10 * 60 + 30, 0, 1439, NULL, "the time of day, while too little is known" },
	[SETTINGS_LONG_ABSENCE_FIRST] = { CONCERN_LONG_ABSENCE, "first", SETTINGS_DURATION, 24 * HOUR, HOUR, 30 * DAY, NULL, "presumed away without a plan for so long: told" },
	[SETTINGS_LONG_ABSENCE_SECOND] = { CONCERN_LONG_ABSENCE, "second", SETTINGS_DURATION, 48 * HOUR, HOUR, 60 * DAY, NULL, "the same, more urgent" },
	[SETTINGS_LONG_ABSENCE_UNKNOWN] = { CONCERN_LONG_ABSENCE, "unknown", SETTINGS_DURATION, 2 * HOUR, 90 * MINUTE, 60 * DAY, NULL, "presumed away, the entrance moved, nothing inside for so long: told" },
	[SETTINGS_NIGHT_FROM] = { CONCERN_NIGHT_EXIT, "from", SETTINGS_TIME_OF_DAY, 22 * 60, 0, 1439, NULL, "the night begins, for the door and the bed" },
	[SETTINGS_NIGHT_TO] = { CONCERN_NIGHT_EXIT, "to", SETTINGS_TIME_OF_DAY, 6 * 60, 0, 1439, NULL, "the night ends" },
	[SETTINGS_NIGHT_EXIT_FOR] = { CONCERN_NIGHT_EXIT, "for", SETTINGS_DURATION, 10 * MINUTE, MINUTE, 2 * HOUR, NULL, "nothing inside for so long after the door moved" },
	[SETTINGS_BED_FOR] = { CONCERN_BED_NO_RETURN, "for", SETTINGS_DURATION, 30 * MINUTE, 5 * MINUTE, 6 * HOUR, NULL, "out of bed at night for so long" },
	[SETTINGS_BED_FOR_ELSEWHERE] = { CONCERN_BED_NO_RETURN, "for_elsewhere", SETTINGS_DURATION, 45 * MINUTE, 5 * MINUTE, 6 * HOUR, NULL, "the same while another room is active" },
	[SETTINGS_DRIFT_K] = { CONCERN_DRIFT, "k", SETTINGS_NUMBER, 0.5, 0.1, 3, NULL, "CUSUM: what is let pass each day, in deviations" },
	[SETTINGS_DRIFT_H] = { CONCERN_DRIFT, "h", SETTINGS_NUMBER, 5, 1, 20, NULL, "CUSUM: the sum at which it is a change, in deviations" },
	[SETTINGS_DRIFT_DAYS] = { CONCERN_DRIFT, "days", SETTINGS_NUMBER, 3, 1, 28, NULL, "days that the change must have lasted" },
	[SETTINGS_STOVE_FOR] = { CONCERN_STOVE, "for", SETTINGS_DURATION, 45 * MINUTE, 5 * MINUTE, 12 * HOUR, NULL, "it runs for so long" },
	[SETTINGS_STOVE_QUIET] = { CONCERN_STOVE, "quiet", SETTINGS_DURATION, 30 * MINUTE, 5 * MINUTE, 12 * HOUR, NULL, "and nobody was noticed in the kitchen for so long" },
	[SETTINGS_STOVE_WATTS_LEAST] = { CONCERN_STOVE, "watts_least", SETTINGS_NUMBER, 200, 0, 20000, "W", "what uses less is on standby, or is no stove" },
	[SETTINGS_STOVE_WATTS_MOST] = { CONCERN_STOVE, "watts_most", SETTINGS_NUMBER, 6000, 10, 50000, "W", "what uses more is no stove" },
	[SETTINGS_NO_UTILITY_FOR] = { CONCERN_NO_UTILITY, "for", SETTINGS_DURATION, 24 * HOUR, 6 * HOUR, 7 * DAY, NULL, "no water or no power used for so long while somebody is in" },
	[SETTINGS_WEARABLE_HR_LOW] = { CONCERN_WEARABLE, "hr_low", SETTINGS_NUMBER, 40, 20, 100, "/min", "pulse below it" },
	[SETTINGS_WEARABLE_HR_HIGH] = { CONCERN_WEARABLE, "hr_high", SETTINGS_NUMBER, 130, 80, 220, "/min", "pulse above it" },
	[SETTINGS_WEARABLE_OFF_FOR] = { CONCERN_WEARABLE, "off_for", SETTINGS_DURATION, 4 * HOUR, 10 * MINUTE, 7 * DAY, NULL, "not worn for so long" },
	[SETTINGS_WEARABLE_BATTERY] = { CONCERN_WEARABLE, "battery", SETTINGS_NUMBER, 15, 0, 100, "%", "battery below it" },
	[SETTINGS_VISIT_LATE_FIRST] = { CONCERN_VISIT, "late_first", SETTINGS_DURATION, DAY, 0, 60 * DAY, NULL, "a visit is late by so long: told" },
	[SETTINGS_VISIT_LATE_SECOND] = { CONCERN_VISIT, "late_second", SETTINGS_DURATION, 3 * DAY, 0, 90 * DAY, NULL, "the same, more urgent" },
	[SETTINGS_VISIT_FROM] = { CONCERN_VISIT, "from", SETTINGS_TIME_OF_DAY, 9 * 60, 0, 1439, NULL, "at that time of the day it is told" },
	[SETTINGS_VISIT_EVERY] = { CONCERN_VISIT, "every", SETTINGS_DURATION, 0, 0, 366 * DAY, NULL, "time between two visits; 0: as the categories say" },
	[SETTINGS_VISIT_LIVES_ALONE] = { CONCERN_VISIT, "lives_alone", SETTINGS_DURATION, 7 * DAY, 0, 366 * DAY, NULL, "time between two visits to them; 0: none asked for" },
	[SETTINGS_VISIT_AGED] = { CONCERN_VISIT, "aged", SETTINGS_DURATION, 14 * DAY, 0, 366 * DAY, NULL, "time between two visits to them; 0: none asked for" },
	[SETTINGS_VISIT_DISABLED] = { CONCERN_VISIT, "disabled", SETTINGS_DURATION, 7 * DAY, 0, 366 * DAY, NULL, "time between two visits to them; 0: none asked for" },
	[SETTINGS_VISIT_DEMENTIA] = { CONCERN_VISIT, "dementia", SETTINGS_DURATION, 7 * DAY, 0, 366 * DAY, NULL, "time between two visits to them; 0: none asked for" },
	[SETTINGS_VISIT_EMPTY_NEST] = { CONCERN_VISIT, "empty_nest", SETTINGS_DURATION, 30 * DAY, 0, 366 * DAY, NULL, "time between two visits to them; 0: none asked for" },
	[SETTINGS_VISIT_LEFT_BEHIND] = { CONCERN_VISIT, "left_behind", SETTINGS_DURATION, 30 * DAY, 0, 366 * DAY, NULL, "time between two visits to them; 0: none asked for" },
	[SETTINGS_VISIT_SPECIAL_FAMILY] = { CONCERN_VISIT, "special_family", SETTINGS_DURATION, 7 * DAY, 0, 366 * DAY, NULL, "time between two visits to them; 0: none asked for" },
	[SETTINGS_VISIT_SEVERE_DISABILITY] = { CONCERN_VISIT, "severe_disability", SETTINGS_DURATION, 14 * DAY, 0, 366 * DAY, NULL, "time between two visits to them; 0: none asked for" },
};
/* clang-format on */

void settings_usual(struct settings *ret_settings)
{
	for (int i = 0; i < SETTINGS_KEYS; i++)
		ret_settings->values[i] = settings_rows[i].usual;
}

/* The same name, whether its words are joined by - or by _; a is len long. */
static bool same_name(const char *a, size_t len, const char *b)
{
	if (strlen(b) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
			return false;
	return true;
}

/* A rule may be said by its first word: visit for visit-overdue. */
static bool same_rule(const char *said, const char *id)
{
	return same_name(said, strlen(said), id) || (strlen(said) == strcspn(id, "-") && str_starts(id, said));
}

int settings_find(const char *rule, const char *name)
{
	for (int i = 0; i < SETTINGS_KEYS; i++)
		if (same_name(name, strlen(name), settings_rows[i].name) &&
		    same_rule(rule, concern_rule_id(settings_rows[i].rule)))
			return i;
	return -1;
}

/* "22:00" or "7:30" */
static int parse_time_of_day(const char *text, double *ret_minutes)
{
	char hour[3] = { 0 };
	uint16_t hours, minutes;
	size_t len = strcspn(text, ":");

	if (len < 1 || len > 2 || text[len] != ':' || strlen(text + len + 1) != 2)
		return -EINVAL;
	memcpy(hour, text, len);
	if (strspn(hour, "0123456789") != len || strspn(text + len + 1, "0123456789") != 2 ||
	    str_to_u16(hour, &hours) < 0 || str_to_u16(text + len + 1, &minutes) < 0)
		return -EINVAL;
	if (hours > 23 || minutes > 59)
		return -ERANGE;
	*ret_minutes = hours * 60 + minutes;
	return 0;
}

int settings_parse(const struct settings_row *row, const char *text, double *ret_value)
{
	double value;
	int64_t us;
	int r;

	switch (row->kind) {
	case SETTINGS_DURATION:
		r = str_to_duration(text, &us);
		value = r < 0 ? 0 : (double)us;
		break;
	case SETTINGS_TIME_OF_DAY: r = parse_time_of_day(text, &value); break;
	default: r = str_to_double(text, &value); break;
	}
	if (r < 0)
		return r;
	if (value < row->least || value > row->most)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

static void say_figure(const struct settings_row *row, double value, struct str_buf *to)
{
	char text[MAX(STR_DURATION_MAX, STR_DOUBLE_MAX)];

	if (row->kind == SETTINGS_DURATION)
		str_buf_add(to, str_from_duration((int64_t)value, text));
	else if (row->kind == SETTINGS_TIME_OF_DAY)
		str_buf_printf(to, "%02d:%02d", (int)value / 60, (int)value % 60);
	else
		str_buf_add(to, str_from_double(value, text));
}

static void say_expected(const struct settings_row *row, const char *word, struct str_buf *problem)
{
	if (!problem)
		return;
	str_buf_printf(problem, "%s: expected ", word);
	say_figure(row, row->least, problem);
	str_buf_add(problem, "..");
	say_figure(row, row->most, problem);
}

static int apply_word(struct settings *s, char *word, struct str_buf *problem)
{
	char *dot = strchr(word, '.'), *equals = strchr(word, '='), whole[96];
	double value;
	int key = -1;

	snprintf(whole, sizeof(whole), "%s", word);
	if (dot && equals && dot < equals) {
		*dot = *equals = '\0';
		key = settings_find(word, dot + 1);
	}
	if (key < 0) {
		if (problem)
			str_buf_printf(problem, "%s: expected RULE.NAME=VALUE, such as welfare.buffer=3h", whole);
		return -EINVAL;
	}
	if (settings_parse(&settings_rows[key], equals + 1, &value) < 0) {
		say_expected(&settings_rows[key], whole, problem);
		return -EINVAL;
	}
	if (s)
		s->values[key] = value;
	return 0;
}

int settings_apply(struct settings *s, const char *limits, struct str_buf *problem)
{
	for (const char *at = limits ? limits + strspn(limits, "; ") : ""; *at; at += strspn(at, "; ")) {
		size_t len = strcspn(at, "; ");
		char word[96];
		int r;

		if (len >= sizeof(word)) {
			if (problem)
				str_buf_printf(problem, "%.40s…: expected RULE.NAME=VALUE", at);
			return -EINVAL;
		}
		memcpy(word, at, len);
		word[len] = '\0';
		r = apply_word(s, word, problem);
		if (r < 0)
			return r;
		at += len;
	}
	return 0;
}
