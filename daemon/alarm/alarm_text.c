#include "alarm/alarm_text.h"

#include <math.h>
#include <string.h>

static double six_digits(double x)
{
	double unit;

	if (x == 0 || !isfinite(x))
		return x;
	unit = pow(10, 5 - floor(log10(fabs(x))));
	/* Dividing by a power of ten gives the double nearest to the decimal; huge and tiny numbers stay as they are. */
	return isfinite(unit) && unit >= 1 && unit <= 1e15 ? round(x * unit) / unit : x;
}

void alarm_text_value(const struct value *v, const char *unit, enum alarm_text_language l, struct str_buf *to)
{
	struct value shown = *v;

	if (v->type == VALUE_NONE) {
		str_buf_add(to, l == ALARM_TEXT_ZH ? "未知" : "unknown");
		return;
	}
	if (l == ALARM_TEXT_ZH && (v->type == VALUE_BOOL || (v->type == VALUE_EVENT && !v->text[0]))) {
		str_buf_add(to, value_true(v) ? "是" : "否");
		return;
	}
	if (v->type == VALUE_NUMBER)
		shown.number = six_digits(v->number);
	value_format(&shown, to);
	if (v->type == VALUE_NUMBER && unit && unit[0])
		str_buf_printf(to, " %s", unit);
}

struct age_unit {
	int64_t us, lesser_us;
	const char *zh, *zh_lesser;
};

void alarm_text_age(int64_t age_us, enum alarm_text_language l, struct str_buf *to)
{
	static const struct age_unit units[] = {
		{ DAY, HOUR, "天", "小时" },
		{ HOUR, MINUTE, "小时", "分" },
		{ MINUTE, 0, "分钟", NULL },
	};
	char buf[STR_DURATION_MAX];

	age_us = MAX(age_us, (int64_t)0);
	if (l == ALARM_TEXT_EN) {
		str_buf_add(to, str_from_age(age_us, buf));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		const struct age_unit *u = &units[i];
		long long lesser = u->lesser_us ? age_us % u->us / u->lesser_us : 0;

		if (age_us < u->us)
			continue;
		str_buf_printf(to, "%lld %s", (long long)(age_us / u->us), u->zh);
		if (lesser)
			str_buf_printf(to, " %lld %s", lesser, u->zh_lesser);
		return;
	}
	str_buf_printf(to, "%lld 秒", (long long)(age_us / S));
}

static void add_value(const struct alarm_text_facts *f, enum alarm_text_language l, struct str_buf *to)
{
	static const struct value none;

	if (f->why)
		str_buf_add(to, f->why);
	else
		alarm_text_value(f->value ? f->value : &none, f->unit, l, to);
}

/* Bytes of what parts {place} from the text behind it: blanks, and colons or commas of both kinds. */
static size_t separator_len(const char *text)
{
	static const char *const marks[] = { " ", ":", ",", "：", "，", "、" };
	size_t len = 0, i = 0;

	while (i < ARRAY_SIZE(marks)) {
		bool there = str_starts(text + len, marks[i]);

		len += there ? strlen(marks[i]) : 0;
		i = there ? 0 : i + 1;
	}
	return len;
}

/* Fills in the name that stands at `at`; where the text goes on, or NULL: no name that is known. */
static const char *fill(const char *at, enum alarm_text_language l, const struct alarm_text_facts *f,
			struct str_buf *to)
{
	const char *end = at + strcspn(at, "}") + 1;

	if (str_starts(at, "{device}"))
		str_buf_add(to, f->device);
	else if (str_starts(at, "{value}"))
		add_value(f, l, to);
	else if (str_starts(at, "{age}"))
		alarm_text_age(f->age_us, l, to);
	else if (str_starts(at, "{place}") && f->place[0])
		str_buf_add(to, f->place);
	else if (str_starts(at, "{place}"))
		return end + separator_len(end);
	else
		return NULL;
	return end;
}

char *alarm_text_render(const char *template, enum alarm_text_language l, const struct alarm_text_facts *f)
{
	struct str_buf out = { 0 };

	if (!template)
		return NULL;
	while (*template) {
		size_t plain = strcspn(template, "{");
		const char *next;

		str_buf_add_len(&out, template, plain);
		template += plain;
		if (!*template)
			break;
		next = fill(template, l, f, &out);
		if (!next)
			str_buf_add_len(&out, template, 1);
		template = next ? next : template + 1;
	}
	return str_buf_take(&out);
}
