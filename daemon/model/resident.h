/* resident.h: one person of the register, as rules and people need him. Pure; whoever holds it owns its texts.
 *
 * A resident lives in a dwelling (a place). Categories wake rules (care/concern.h), needs say what he depends on. The words in
 * English and Chinese are those of the tables here, wherever a resident is written or read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum resident_category {
	RESIDENT_LIVES_ALONE,       /* 独居 */
	RESIDENT_AGED,              /* 高龄 */
	RESIDENT_DISABLED,          /* 失能 */
	RESIDENT_DEMENTIA,          /* 失智 */
	RESIDENT_EMPTY_NEST,        /* 空巢 */
	RESIDENT_LEFT_BEHIND,       /* 留守 */
	RESIDENT_SPECIAL_FAMILY,    /* 计生特殊 */
	RESIDENT_SEVERE_DISABILITY, /* 重残 */
	RESIDENT_CATEGORIES,
};
enum resident_need {
	RESIDENT_MOBILITY,
	RESIDENT_OXYGEN,
	RESIDENT_AIR_MATTRESS,
	RESIDENT_CARE_BED,
	RESIDENT_DIALYSIS,
	RESIDENT_NEEDS,
};

/* Each in English, then in Chinese, then as offices write it out in full (NULL: no other way). */
struct resident_word {
	const char *en, *zh, *full;
};
#define RESIDENT_WEEKDAYS 7
extern const struct resident_word resident_category_words[RESIDENT_CATEGORIES], resident_need_words[RESIDENT_NEEDS],
	resident_weekday_words[RESIDENT_WEEKDAYS]; /* Sunday first */

/* From and to are wall time; to is exclusive. */
struct resident_absence {
	int64_t from_us, to_us;
};
#define RESIDENT_ABSENCES_MAX 16
#define RESIDENT_CARD_MAX     64 /* bytes of a card, with the end */

/* What a responder needs at the door. Released by role, and each release is in the audit. Texts may be NULL. */
struct resident_sheet {
	char *door_code, *illness, *doctor, *note;
};

/* Texts are owned, or lent where the holder says so; NULL where nothing is said, but id and place. */
struct resident {
	char *id, *name, *place;
	unsigned categories, needs; /* sets: 1 << enum */
	unsigned dialysis_days;     /* set: 1 << day of the week, 0 = Sunday; 0: nobody has said which */
	int floor;                  /* 0: as the place says */
	char *phone;
	char *contacts;    /* ids of contacts who are told first, joined by ';' */
	char *grid_worker; /* id of a contact */
	char *rules;       /* wishes beyond the categories: "+night-exit;-drift" */
	char *limits;      /* own figures of rules: "welfare.buffer=3h;wearable.hr-low=45" (care/settings.h) */
	struct resident_absence absences[RESIDENT_ABSENCES_MAX]; /* planned */
	size_t absence_count;
	int64_t hospital_until_us; /* wall; 0: not in hospital */
	int64_t consent_us;        /* wall, when it was given; 0: nothing is said of it; RESIDENT_REFUSED */
	struct resident_sheet sheet;
	char *cards; /* what readers say of his cards, joined by ';': a lift's, a door's. Nobody else has one of them */
	uint64_t version; /* from 1; each change is one more */
	int64_t changed_us;
	char *changed_by;
};

/* Consent was not given, or was taken back. Then no rule about people is woken by him, and nothing is learned for him; what he calls
 * with himself, and what protects life, works as everywhere. An office that does not write it down says nothing by that. */
#define RESIDENT_REFUSED INT64_C(-1)
static inline bool resident_refuses(const struct resident *r)
{
	return r->consent_us == RESIDENT_REFUSED;
}

void resident_fini(struct resident *r);                                     /* frees its texts; r is empty after */
void resident_copy(const struct resident *from, struct resident *ret_copy); /* deep */
bool resident_same(const struct resident *a, const struct resident *b);     /* in all they say */
/* "独居;aged" → set; NULL or "": none. Words are parted by ; ； 、 or a comma, blanks around them are passed over. 0, or -EINVAL with
 * problem (may be NULL): which word, what was expected. */
struct str_buf;
int resident_parse_categories(const char *list, unsigned *ret_set, struct str_buf *problem);
int resident_parse_needs(const char *list, unsigned *ret_set, struct str_buf *problem);
int resident_parse_weekdays(const char *list, unsigned *ret_set, struct str_buf *problem);
/* The English words, joined by ';'; adds nothing for an empty set. */
void resident_write_categories(unsigned set, struct str_buf *to);
void resident_write_needs(unsigned set, struct str_buf *to);
void resident_write_weekdays(unsigned set, struct str_buf *to); /* Monday first, as weeks are written */
/* The next word of a list, without the blanks around it, perhaps ""; NULL at its end. *list moves on; the caller frees. */
char *resident_next_word(const char **list);
char *resident_trimmed(const char *text, size_t len);
/* Whether he is not expected at home then: a planned absence, or in hospital. */
bool resident_is_planned_away(const struct resident *r, int64_t wall_us);
/* Whether he has dialysis on that day of the week (0 = Sunday; negative: nobody knows which it is). On every day, where none is said. */
bool resident_has_dialysis(const struct resident *r, int weekday);
/* Whether it is one of his cards: as it was read. */
bool resident_has_card(const struct resident *r, const char *card);
