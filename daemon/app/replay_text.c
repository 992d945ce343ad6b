#include "app/replay_text.h"

#include <math.h>

#include "base/str.h"

#define AT_SECONDS 17 /* in YYYY-MM-DDTHH:MM:SS.mmm+hh:mm */
#define AT_MS      20

static void put_digits(char *at, int number, int digits)
{
	for (; digits > 0; number /= 10)
		at[--digits] = (char)('0' + number % 10);
}

static bool says_second(const char *iso, int second)
{
	return iso[AT_SECONDS - 1] == ':' && iso[AT_SECONDS] == '0' + second / 10 &&
	       iso[AT_SECONDS + 1] == '0' + second % 10;
}

static void add_stamp(struct replay_text *x, int64_t wall_us, struct str_buf *to)
{
	int64_t minute = wall_us / MINUTE;
	int second = (int)(wall_us / S % 60);
	char *iso = x->minutes[(uint64_t)minute % REPLAY_TEXT_MINUTES].iso, plain[CLOCK_ISO_MAX];

	str_buf_add_len(to, "\"", 1);
	if (wall_us < 0) {
		str_buf_add(to, clock_format_iso(wall_us, plain));
	} else if (iso[0] && x->minutes[(uint64_t)minute % REPLAY_TEXT_MINUTES].minute == minute) {
		put_digits(iso + AT_SECONDS, second, 2);
		put_digits(iso + AT_MS, (int)(wall_us % S / MS), 3);
		str_buf_add(to, iso);
	} else {
		str_buf_add(to, clock_format_iso(wall_us, iso));
		x->minutes[(uint64_t)minute % REPLAY_TEXT_MINUTES].minute = minute;
		if (!says_second(iso, second)) /* a zone of before 1900 */
			iso[0] = '\0';
	}
	str_buf_add_len(to, "\"", 1);
}

static void add_text(const char *text, struct str_buf *to)
{
	str_buf_add_json(to, text ? text : "");
}

static void add_value(const struct value *v, struct str_buf *to)
{
	char number[STR_DOUBLE_MAX];

	switch (v->type) {
	case VALUE_NUMBER: str_buf_add(to, isfinite(v->number) ? str_from_double(v->number, number) : "null"); break;
	case VALUE_BOOL: str_buf_add(to, v->boolean ? "true" : "false"); break;
	case VALUE_TEXT: add_text(v->text, to); break;
	case VALUE_EVENT:
		if (v->text[0])
			add_text(v->text, to);
		else
			str_buf_add(to, "true");
		break;
	case VALUE_NONE: str_buf_add(to, "null"); break;
	}
}

static void add_input(struct replay_text *x, const struct alarm_reading *input, struct str_buf *to)
{
	str_buf_add(to, "{\"point\":");
	add_text(input->point, to);
	str_buf_add(to, ",\"value\":");
	add_value(&input->value, to);
	str_buf_add(to, ",\"quality\":\"");
	str_buf_add(to, value_quality_name(input->quality));
	str_buf_add(to, "\",\"at\":");
	if (input->at_us < 0 || input->at_us >= MS) /* else no moment */
		add_stamp(x, input->at_us, to);
	else
		str_buf_add(to, "null");
	str_buf_add(to, "}");
}

static void add_number(const char *key, int number, struct str_buf *to)
{
	char digit[] = { (char)('0' + number), '\0' };

	str_buf_add(to, key);
	if (number >= 0 && number <= 9)
		str_buf_add(to, digit);
	else
		str_buf_printf(to, "%d", number);
}

void replay_text_transition(struct replay_text *x, const struct alarm_transition *t, struct str_buf *to)
{
	const struct alarm *a = &t->alarm;

	str_buf_add(to, "{\"t\":");
	add_stamp(x, t->at.wall_us, to);
	str_buf_add(to, ",\"alarm\":");
	add_text(a->id, to);
	str_buf_add(to, ",\"state\":\"");
	str_buf_add(to, alarm_state_name(a->state));
	add_number("\",\"priority\":", a->priority, to);
	add_number(",\"stage\":", a->stage, to);
	str_buf_add(to, ",\"reason\":{\"when\":");
	add_text(a->reason.when, to);
	str_buf_add(to, ",\"inputs\":[");
	for (size_t i = 0; i < a->reason.input_count; i++) {
		if (i > 0)
			str_buf_add(to, ",");
		add_input(x, &a->reason.inputs[i], to);
	}
	str_buf_add(to, "]},\"text\":{\"zh\":");
	add_text(a->text_zh, to);
	str_buf_add(to, ",\"en\":");
	add_text(a->text_en, to);
	str_buf_add(to, a->test ? "},\"test\":true}" : "}}");
}
