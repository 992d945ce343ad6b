#include "model/resident.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

const struct resident_word resident_category_words[RESIDENT_CATEGORIES] = {
	[RESIDENT_LIVES_ALONE] = { "lives_alone", "独居", NULL },
	[RESIDENT_AGED] = { "aged", "高龄", NULL },
	[RESIDENT_DISABLED] = { "disabled", "失能", NULL },
	[RESIDENT_DEMENTIA] = { "dementia", "失智", NULL },
	[RESIDENT_EMPTY_NEST] = { "empty_nest", "空巢", NULL },
	[RESIDENT_LEFT_BEHIND] = { "left_behind", "留守", NULL },
	[RESIDENT_SPECIAL_FAMILY] = { "special_family", "计生特殊", "计划生育特殊家庭" },
	[RESIDENT_SEVERE_DISABILITY] = { "severe_disability", "重残", "重度残疾" },
};
const struct resident_word resident_need_words[RESIDENT_NEEDS] = {
	[RESIDENT_MOBILITY] = { "mobility", "行动不便", NULL },
	[RESIDENT_OXYGEN] = { "oxygen", "吸氧", NULL },
	[RESIDENT_AIR_MATTRESS] = { "air_mattress", "气垫床", NULL },
	[RESIDENT_CARE_BED] = { "care_bed", "护理床", NULL },
	[RESIDENT_DIALYSIS] = { "dialysis", "透析", NULL },
};
const struct resident_word resident_weekday_words[RESIDENT_WEEKDAYS] = {
	{ "sun", "周日", "星期日" }, { "mon", "周一", "星期一" }, { "tue", "周二", "星期二" },
	{ "wed", "周三", "星期三" }, { "thu", "周四", "星期四" }, { "fri", "周五", "星期五" },
	{ "sat", "周六", "星期六" },
};

/* As people also write them: another day must not be proposed in place of one of these. */
static const struct resident_word weekdays_also[RESIDENT_WEEKDAYS] = {
	{ "sunday", "周天", "星期天" },  { "monday", "礼拜一", NULL },   { "tuesday", "礼拜二", NULL },
	{ "wednesday", "礼拜三", NULL }, { "thursday", "礼拜四", NULL }, { "friday", "礼拜五", NULL },
	{ "saturday", "礼拜六", NULL },
};

struct words {
	const struct resident_word *words;
	size_t count;
	const struct resident_word *also; /* as many; NULL: none */
};
static const struct words categories = { resident_category_words, RESIDENT_CATEGORIES, NULL };
static const struct words needs = { resident_need_words, RESIDENT_NEEDS, NULL };
static const struct words weekdays = { resident_weekday_words, RESIDENT_WEEKDAYS, weekdays_also };

/* Whatever an office's keyboard puts between words. */
static const char *const separators[] = { ";", ",", "；", "，", "、" };

static const char *const blanks[] = { " ", "\t", "\xc2\xa0", "\xe3\x80\x80", "\xe2\x80\x8b", "\xef\xbb\xbf" };

/* ---- ownership ---- */

/* Where its texts are; ret_texts has room for RESIDENT_TEXTS. */
#define RESIDENT_TEXTS 14
static void texts_of(struct resident *r, char **ret_texts[RESIDENT_TEXTS])
{
	char **texts[RESIDENT_TEXTS] = {
		&r->id,         &r->name,   &r->place,      &r->phone,           &r->contacts,      &r->grid_worker,
		&r->rules,      &r->limits, &r->changed_by, &r->sheet.door_code, &r->sheet.illness, &r->sheet.doctor,
		&r->sheet.note, &r->cards
	};

	memcpy(ret_texts, texts, sizeof(texts));
}

void resident_fini(struct resident *r)
{
	char **texts[RESIDENT_TEXTS];

	texts_of(r, texts);
	for (size_t i = 0; i < RESIDENT_TEXTS; i++)
		free(*texts[i]);
	*r = (struct resident){ 0 };
}

void resident_copy(const struct resident *from, struct resident *ret_copy)
{
	struct resident copy = *from;
	char **texts[RESIDENT_TEXTS];

	texts_of(&copy, texts);
	for (size_t i = 0; i < RESIDENT_TEXTS; i++)
		*texts[i] = *texts[i] ? mem_strdup(*texts[i]) : NULL;
	*ret_copy = copy;
}

bool resident_same(const struct resident *a, const struct resident *b)
{
	struct resident x = *a, y = *b;
	char **x_texts[RESIDENT_TEXTS], **y_texts[RESIDENT_TEXTS];

	texts_of(&x, x_texts);
	texts_of(&y, y_texts);
	for (size_t i = 0; i < RESIDENT_TEXTS; i++)
		if (!str_equal(*x_texts[i], *y_texts[i]))
			return false;
	if (a->absence_count != b->absence_count)
		return false;
	for (size_t i = 0; i < a->absence_count; i++)
		if (a->absences[i].from_us != b->absences[i].from_us || a->absences[i].to_us != b->absences[i].to_us)
			return false;
	return a->categories == b->categories && a->needs == b->needs && a->dialysis_days == b->dialysis_days &&
	       a->floor == b->floor && a->hospital_until_us == b->hospital_until_us && a->consent_us == b->consent_us &&
	       a->version == b->version && a->changed_us == b->changed_us;
}

/* ---- words ---- */

/* How many bytes of a separator stand there; 0: none. */
static size_t separator_at(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(separators); i++)
		if (str_starts(text, separators[i]))
			return strlen(separators[i]);
	return 0;
}

static bool is_word(const struct resident_word *w, const char *word)
{
	return str_equal(w->en, word) || str_equal(w->zh, word) || str_equal(w->full, word);
}

static int find_word(const struct words *known, const char *word, struct str_buf *problem)
{
	struct str_nearest nearest = { .word = word };

	for (size_t i = 0; i < known->count; i++) {
		if (is_word(&known->words[i], word) || (known->also && is_word(&known->also[i], word)))
			return (int)i;
		str_nearest_try(&nearest, known->words[i].en);
		str_nearest_try(&nearest, known->words[i].zh);
	}
	if (!problem)
		return -EINVAL;
	str_buf_printf(problem, "%s'%s': expected words as '%s' or '%s'", problem->len ? "; " : "", word,
		       known->words[0].en, known->words[0].zh);
	if (nearest.best)
		str_buf_printf(problem, "; did you mean '%s'?", nearest.best);
	return -EINVAL;
}

/* Bytes of a blank at the beginning; spreadsheets and input methods have some of their own: no-break, Chinese, of no width. */
static size_t blank_at(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(blanks); i++)
		if (len >= strlen(blanks[i]) && memcmp(text, blanks[i], strlen(blanks[i])) == 0)
			return strlen(blanks[i]);
	return 0;
}

/* Likewise at the end. */
static size_t blank_before(const char *text, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(blanks); i++)
		if (len >= strlen(blanks[i]) &&
		    memcmp(text + len - strlen(blanks[i]), blanks[i], strlen(blanks[i])) == 0)
			return strlen(blanks[i]);
	return 0;
}

char *resident_trimmed(const char *text, size_t len)
{
	size_t blank;

	while ((blank = blank_at(text, len)) > 0) {
		text += blank;
		len -= blank;
	}
	while ((blank = blank_before(text, len)) > 0)
		len -= blank;
	return mem_strndup(text, len);
}

char *resident_next_word(const char **list)
{
	const char *begin = *list;
	size_t len = 0;

	if (!begin || !*begin)
		return NULL;
	while (begin[len] && !separator_at(begin + len))
		len++;
	*list = begin + len + separator_at(begin + len);
	return resident_trimmed(begin, len);
}

/* Every unknown word is told, not the first. */
static int parse(const struct words *known, const char *list, unsigned *ret_set, struct str_buf *problem)
{
	_cleanup_(freep) char *word = NULL;
	unsigned set = 0;
	int r = 0;

	while ((free(word), word = resident_next_word(&list))) {
		int found = *word ? find_word(known, word, problem) : -ENOENT;

		if (found >= 0)
			set |= 1U << found;
		else if (found != -ENOENT)
			r = found;
	}
	if (r == 0)
		*ret_set = set;
	return r;
}

int resident_parse_categories(const char *list, unsigned *ret_set, struct str_buf *problem)
{
	return parse(&categories, list, ret_set, problem);
}

int resident_parse_needs(const char *list, unsigned *ret_set, struct str_buf *problem)
{
	return parse(&needs, list, ret_set, problem);
}

int resident_parse_weekdays(const char *list, unsigned *ret_set, struct str_buf *problem)
{
	return parse(&weekdays, list, ret_set, problem);
}

static void write_set(const struct words *known, unsigned set, struct str_buf *to)
{
	const char *gap = "";

	for (size_t i = 0; i < known->count; i++) {
		if (!(set & 1U << i))
			continue;
		str_buf_printf(to, "%s%s", gap, known->words[i].en);
		gap = ";";
	}
}

void resident_write_categories(unsigned set, struct str_buf *to)
{
	write_set(&categories, set, to);
}

void resident_write_needs(unsigned set, struct str_buf *to)
{
	write_set(&needs, set, to);
}

void resident_write_weekdays(unsigned set, struct str_buf *to)
{
	const char *gap = "";

	for (unsigned i = 0; i < RESIDENT_WEEKDAYS; i++) {
		unsigned day = (i + 1) % RESIDENT_WEEKDAYS;

		if (!(set & 1U << day))
			continue;
		str_buf_printf(to, "%s%s", gap, resident_weekday_words[day].en);
		gap = ";";
	}
}

/* ---- what is asked of him ---- */

bool resident_has_dialysis(const struct resident *r, int weekday)
{
	if (!(r->needs & 1U << RESIDENT_DIALYSIS))
		return false;
	return !r->dialysis_days || weekday < 0 || r->dialysis_days & 1U << weekday;
}

bool resident_has_card(const struct resident *r, const char *card)
{
	size_t len = strcspn(card, ";");

	if (!len || card[len])
		return false;
	for (const char *at = r->cards; at; at = strchr(at, ';')) {
		at += *at == ';';
		if (strncmp(at, card, len) == 0 && (at[len] == ';' || !at[len]))
			return true;
	}
	return false;
}

bool resident_is_planned_away(const struct resident *r, int64_t wall_us)
{
	if (r->hospital_until_us && wall_us < r->hospital_until_us)
		return true;
	for (size_t i = 0; i < r->absence_count; i++)
		if (r->absences[i].from_us <= wall_us && wall_us < r->absences[i].to_us)
			return true;
	return false;
}
