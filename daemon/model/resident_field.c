#include "model/resident_field.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/place.h"

#define FLOOR_LOWEST  -9
#define FLOOR_HIGHEST 150
#define ISO_DAY       10 /* bytes of "2026-10-01" */
#define ISO_ZONE      23 /* where the offset begins in a time with milliseconds */

const struct resident_field_row resident_field_rows[RESIDENT_FIELDS] = {
	[RESIDENT_FIELD_ID] = { "id", RESIDENT_OPEN, 63, "an id of this resident's own, without blanks and '/'" },
	[RESIDENT_FIELD_NAME] = { "name", RESIDENT_PERSONAL, 100, "a name" },
	[RESIDENT_FIELD_PLACE] = { "place", RESIDENT_OPEN, PLACE_PATH_MAX - 1, "ids joined by '/', as b3/u1/1204" },
	[RESIDENT_FIELD_CATEGORIES] = { "categories", RESIDENT_OPEN, 200, "words as 'lives_alone' or '独居'" },
	[RESIDENT_FIELD_NEEDS] = { "needs", RESIDENT_OPEN, 200, "words as 'mobility' or '行动不便'" },
	[RESIDENT_FIELD_DIALYSIS_DAYS] = { "dialysis_days", RESIDENT_OPEN, 100,
					   "days as 'mon;wed;fri' or '周一、周三、周五'" },
	[RESIDENT_FIELD_FLOOR] = { "floor", RESIDENT_OPEN, 20, "a floor of -9..150, or nothing: as the place says" },
	[RESIDENT_FIELD_PHONE] = { "phone", RESIDENT_PERSONAL, 60, "a telephone number" },
	[RESIDENT_FIELD_CONTACTS] = { "contacts", RESIDENT_OPEN, 300, "ids of contacts joined by ';'" },
	[RESIDENT_FIELD_GRID_WORKER] = { "grid_worker", RESIDENT_OPEN, 63, "the id of a contact" },
	[RESIDENT_FIELD_RULES] = { "rules", RESIDENT_OPEN, 300, "rules with + or -, as '+night-exit;-drift'" },
	[RESIDENT_FIELD_LIMITS] = { "limits", RESIDENT_OPEN, 500, "settings of rules, as 'welfare.buffer=3h'" },
	[RESIDENT_FIELD_ABSENCES] = { "absences", RESIDENT_OPEN, 1000,
				      "at most 16 spans FROM/UNTIL, as 2026-10-01/2026-10-07" },
	[RESIDENT_FIELD_HOSPITAL_UNTIL] = { "hospital_until", RESIDENT_OPEN, 40, "a day or a time, as 2026-10-07" },
	[RESIDENT_FIELD_CONSENT] = { "consent", RESIDENT_OPEN, 40,
				     "the day it was given, as 2026-01-31, or 'refused'" },
	[RESIDENT_FIELD_DOOR_CODE] = { "door_code", RESIDENT_SHEET, 100, "a text" },
	[RESIDENT_FIELD_ILLNESS] = { "illness", RESIDENT_SHEET, 500, "a text" },
	[RESIDENT_FIELD_DOCTOR] = { "doctor", RESIDENT_SHEET, 200, "a text" },
	[RESIDENT_FIELD_NOTE] = { "note", RESIDENT_SHEET, 1000, "a text" },
	[RESIDENT_FIELD_CARDS] = { "cards", RESIDENT_SHEET, 400,
				   "numbers of cards as readers say them (in a spreadsheet: as texts), joined by ';', "
				   "each at "
				   "most 63 bytes" },
};

int resident_field_find(const char *name)
{
	for (int f = 0; f < RESIDENT_FIELDS; f++)
		if (str_equal(resident_field_rows[f].name, name))
			return f;
	return -1;
}

/* Where a field stands that is a text; NULL: it is none. */
static char **text_of(struct resident *r, enum resident_field f)
{
	switch (f) {
	case RESIDENT_FIELD_ID: return &r->id;
	case RESIDENT_FIELD_NAME: return &r->name;
	case RESIDENT_FIELD_PLACE: return &r->place;
	case RESIDENT_FIELD_PHONE: return &r->phone;
	case RESIDENT_FIELD_CONTACTS: return &r->contacts;
	case RESIDENT_FIELD_GRID_WORKER: return &r->grid_worker;
	case RESIDENT_FIELD_RULES: return &r->rules;
	case RESIDENT_FIELD_LIMITS: return &r->limits;
	case RESIDENT_FIELD_DOOR_CODE: return &r->sheet.door_code;
	case RESIDENT_FIELD_ILLNESS: return &r->sheet.illness;
	case RESIDENT_FIELD_DOCTOR: return &r->sheet.doctor;
	case RESIDENT_FIELD_NOTE: return &r->sheet.note;
	case RESIDENT_FIELD_CARDS: return &r->cards;
	default: return NULL;
	}
}

/* ---- times ---- */

/* One or two digits, and then that character; NULL: something else. */
static const char *take_two(const char *text, char end, int *ret_number)
{
	size_t len = strspn(text, "0123456789");

	if (len < 1 || len > 2 || text[len] != end)
		return NULL;
	*ret_number = len == 1 ? text[0] - '0' : (text[0] - '0') * 10 + text[1] - '0';
	return text + len + (end != '\0');
}

/* 2026-01-31; a spreadsheet that has had the table makes 2026/1/31 of it. */
static int parse_day(const char *day, int64_t *ret_us)
{
	char text[ISO_DAY + sizeof("T00:00")], mark = strspn(day, "0123456789") == 4 ? day[4] : '\0';
	const char *rest;
	int month, of_month;

	if (mark != '-' && mark != '/')
		return -EINVAL;
	rest = take_two(day + 5, mark, &month);
	if (!rest || !take_two(rest, '\0', &of_month))
		return -EINVAL;
	snprintf(text, sizeof(text), "%.4s-%02d-%02dT00:00", day, month, of_month);
	return clock_parse(text, ret_us) < 0 ? -EINVAL : 0;
}

/* In the zone of the estate, whatever its days' lengths are. */
static int day_after(int64_t day_us, int64_t *ret_us)
{
	char iso[CLOCK_ISO_MAX];

	clock_format_iso(day_us + 36 * HOUR, iso);
	iso[ISO_DAY] = '\0';
	return parse_day(iso, ret_us);
}

int resident_field_parse_time(const char *text, enum resident_day day, int64_t *ret_us)
{
	int64_t us;

	if (parse_day(text, &us) == 0)
		return day == RESIDENT_DAY_ENDS ? day_after(us, ret_us) : (*ret_us = us, 0);
	/* Seconds since 1970 are nothing that a person writes here: a mistyped day is not taken for them. */
	if (strlen(text) <= ISO_DAY || !strchr(text, '-') || clock_parse(text, &us) < 0)
		return -EINVAL;
	*ret_us = us;
	return 0;
}

static bool begins_a_day(int64_t us)
{
	struct clock_calendar c;

	clock_calendar(us, &c);
	return c.hour == 0 && c.minute == 0 && c.second == 0 && us % S == 0;
}

static void write_time(int64_t us, enum resident_day day, struct str_buf *to)
{
	char iso[CLOCK_ISO_MAX];

	if (begins_a_day(us)) {
		clock_format_iso(day == RESIDENT_DAY_ENDS ? us - 1 : us, iso);
		str_buf_add_len(to, iso, ISO_DAY);
	} else {
		clock_format_iso(us, iso);
		str_buf_add(to, iso);
	}
}

static int set_time(int64_t *to, const char *text, enum resident_day day)
{
	int64_t us = 0;

	if (*text && resident_field_parse_time(text, day, &us) < 0)
		return -EINVAL;
	*to = us;
	return 0;
}

/* ---- consent ---- */

/* The first is how it is written; who took it back has refused. */
static const char *const refused[] = { "refused", "withdrawn", "拒绝", "撤回", "不同意", "no", "否" };

static int set_consent(struct resident *r, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (str_equal(text, refused[i])) {
			r->consent_us = RESIDENT_REFUSED;
			return 0;
		}
	return set_time(&r->consent_us, text, RESIDENT_DAY_BEGINS);
}

/* ---- lists ---- */

/* Blanks around its members go, whatever parts them becomes ';'. The caller frees. */
static char *tidy_list(const char *text)
{
	_cleanup_str_buf_ struct str_buf tidy = { 0 };
	_cleanup_(freep) char *word = NULL;

	while ((free(word), word = resident_next_word(&text)))
		if (*word)
			str_buf_printf(&tidy, "%s%s", tidy.len ? ";" : "", word);
	return str_buf_take(&tidy);
}

static int parse_absence(char *span, struct resident_absence *ret)
{
	char *slash = strchr(span, '/');

	if (!slash)
		return -EINVAL;
	*slash = '\0';
	if (resident_field_parse_time(span, RESIDENT_DAY_BEGINS, &ret->from_us) < 0 ||
	    resident_field_parse_time(slash + 1, RESIDENT_DAY_ENDS, &ret->to_us) < 0 || ret->from_us >= ret->to_us)
		return -EINVAL;
	return 0;
}

static int set_absences(struct resident *r, const char *text)
{
	struct resident_absence absences[RESIDENT_ABSENCES_MAX] = { 0 };
	_cleanup_(freep) char *span = NULL;
	size_t count = 0;

	while ((free(span), span = resident_next_word(&text))) {
		if (!*span)
			continue;
		if (count == RESIDENT_ABSENCES_MAX || parse_absence(span, &absences[count++]) < 0)
			return -EINVAL;
	}
	memcpy(r->absences, absences, sizeof(absences));
	r->absence_count = count;
	return 0;
}

static void write_absences(const struct resident *r, struct str_buf *to)
{
	for (size_t i = 0; i < r->absence_count; i++) {
		str_buf_add(to, i ? ";" : "");
		write_time(r->absences[i].from_us, RESIDENT_DAY_BEGINS, to);
		str_buf_add(to, "/");
		write_time(r->absences[i].to_us, RESIDENT_DAY_ENDS, to);
	}
}

static bool each_is(const char *list, bool (*is)(const char *word))
{
	_cleanup_(freep) char *word = NULL;

	while ((free(word), word = resident_next_word(&list)))
		if (*word && !is(word))
			return false;
	return true;
}

static bool is_wish(const char *word)
{
	return (*word == '+' || *word == '-') && str_is_id(word + 1);
}

/* Whatever a spreadsheet has made of a long number, 1.23457E+12, is no card: its last digits are gone. */
static bool is_rounded(const char *word)
{
	size_t digits = strspn(word, "0123456789.");
	const char *power = word + digits;

	if (!digits || (*power != 'E' && *power != 'e') || power[1] != '+' || !power[2])
		return false;
	return power[2 + strspn(power + 2, "0123456789")] == '\0';
}

static bool is_card(const char *word)
{
	return strlen(word) < RESIDENT_CARD_MAX && !is_rounded(word);
}

/* ---- texts ---- */

/* A line of a sheet may be long, but it is one: CSV, tables and messages stay readable. */
static bool is_text(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return str_is_utf8(text, strlen(text));
}

static bool is_good_id(const char *text)
{
	return *text && !strpbrk(text, " /;,\"'%?&#");
}

static bool is_good(enum resident_field f, const char *text)
{
	switch (f) {
	case RESIDENT_FIELD_ID: return is_good_id(text);
	case RESIDENT_FIELD_PLACE: return place_path_valid(text);
	case RESIDENT_FIELD_CONTACTS: return each_is(text, str_is_id);
	case RESIDENT_FIELD_GRID_WORKER: return !*text || str_is_id(text);
	case RESIDENT_FIELD_RULES: return each_is(text, is_wish);
	case RESIDENT_FIELD_CARDS: return each_is(text, is_card);
	case RESIDENT_FIELD_PHONE: return text[strspn(text, "0123456789+-()*#;, ")] == '\0';
	default: return true;
	}
}

static int set_text(struct resident *r, enum resident_field f, const char *text)
{
	bool list = f == RESIDENT_FIELD_CONTACTS || f == RESIDENT_FIELD_RULES || f == RESIDENT_FIELD_LIMITS ||
		    f == RESIDENT_FIELD_CARDS;
	char **to = text_of(r, f);

	if (!is_good(f, text))
		return -EINVAL;
	free(*to);
	*to = !*text ? NULL : list ? tidy_list(text) : mem_strdup(text);
	return 0;
}

static int set_floor(struct resident *r, const char *text)
{
	int64_t floor = 0;

	if (*text && (str_to_i64(text, &floor) < 0 || floor < FLOOR_LOWEST || floor > FLOOR_HIGHEST))
		return -EINVAL;
	r->floor = (int)floor;
	return 0;
}

static int set(struct resident *r, enum resident_field f, const char *text)
{
	switch (f) {
	case RESIDENT_FIELD_FLOOR: return set_floor(r, text);
	case RESIDENT_FIELD_ABSENCES: return set_absences(r, text);
	case RESIDENT_FIELD_HOSPITAL_UNTIL: return set_time(&r->hospital_until_us, text, RESIDENT_DAY_ENDS);
	case RESIDENT_FIELD_CONSENT: return set_consent(r, text);
	default: return set_text(r, f, text);
	}
}

/* Of a set of words. */
static bool is_words(enum resident_field f)
{
	return f == RESIDENT_FIELD_CATEGORIES || f == RESIDENT_FIELD_NEEDS || f == RESIDENT_FIELD_DIALYSIS_DAYS;
}

static int set_words(struct resident *r, enum resident_field f, const char *text, struct str_buf *problem)
{
	_cleanup_str_buf_ struct str_buf why = { 0 };
	int error = f == RESIDENT_FIELD_NEEDS        ? resident_parse_needs(text, &r->needs, &why)
		    : f == RESIDENT_FIELD_CATEGORIES ? resident_parse_categories(text, &r->categories, &why)
						     : resident_parse_weekdays(text, &r->dialysis_days, &why);

	if (error < 0)
		str_buf_printf(problem, "%s: %s", resident_field_rows[f].name, why.text);
	return error;
}

int resident_field_set(struct resident *r, enum resident_field f, const char *text, struct str_buf *problem)
{
	const struct resident_field_row *row = &resident_field_rows[f];
	_cleanup_(freep) char *word = resident_trimmed(text, strlen(text));

	if (!is_text(word)) {
		str_buf_printf(problem, "%s: expected UTF-8 text of one line", row->name);
		return -EINVAL;
	}
	if (strlen(word) > row->max) {
		str_buf_printf(problem, "%s: %zu bytes: expected at most %zu", row->name, strlen(word), row->max);
		return -EINVAL;
	}
	if (is_words(f))
		return set_words(r, f, word, problem);
	if (set(r, f, word) < 0) {
		str_buf_printf(problem, "%s '%s': expected %s", row->name, word, row->expected);
		return -EINVAL;
	}
	return 0;
}

void resident_field_write(const struct resident *r, enum resident_field f, struct str_buf *to)
{
	char **text = text_of((struct resident *)r, f);

	if (text) {
		str_buf_add(to, *text ? *text : "");
		return;
	}
	switch (f) {
	case RESIDENT_FIELD_CATEGORIES: resident_write_categories(r->categories, to); break;
	case RESIDENT_FIELD_NEEDS: resident_write_needs(r->needs, to); break;
	case RESIDENT_FIELD_DIALYSIS_DAYS: resident_write_weekdays(r->dialysis_days, to); break;
	case RESIDENT_FIELD_FLOOR:
		if (r->floor)
			str_buf_printf(to, "%d", r->floor);
		break;
	case RESIDENT_FIELD_ABSENCES: write_absences(r, to); break;
	case RESIDENT_FIELD_HOSPITAL_UNTIL:
		if (r->hospital_until_us)
			write_time(r->hospital_until_us, RESIDENT_DAY_ENDS, to);
		break;
	default:
		if (resident_refuses(r))
			str_buf_add(to, refused[0]);
		else if (r->consent_us)
			write_time(r->consent_us, RESIDENT_DAY_BEGINS, to);
		break;
	}
}

void resident_field_mask(const struct resident *r, enum resident_field f, struct str_buf *to)
{
	char **text = text_of((struct resident *)r, f);
	size_t len = text && *text ? strlen(*text) : 0, first = 1;

	if (len == 0)
		return;
	if (f == RESIDENT_FIELD_PHONE) {
		str_buf_printf(to, "***%s", len > 7 ? *text + len - 4 : "");
		return;
	}
	while (((unsigned char)(*text)[first] & 0xc0) == 0x80)
		first++;
	str_buf_add_len(to, *text, first);
	str_buf_add(to, "**");
}
