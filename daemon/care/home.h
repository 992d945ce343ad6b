/* home.h: one watched dwelling: what its sensors said, what is thought of it, all its rules. Pure; owned by care.c; never logs.
 *
 * What is to survive a kill is struct home_state: flat, without pointers, kept by copying it. The rest is made anew from the
 * register and the configuration. The order at one moment: a day that ended, what can be seen, the sign, what follows of it.
 * Invariant: every rule was given every sign, in the same order, with the view as it was before the sign. */
#pragma once

#include "care/absence.h"
#include "care/bathroom.h"
#include "care/bed.h"
#include "care/cross.h"
#include "care/drift.h"
#include "care/hush.h"
#include "care/night.h"
#include "care/presence.h"
#include "care/rhythm.h"
#include "care/start.h"
#include "care/stove.h"
#include "care/utility.h"
#include "care/visit.h"
#include "care/vital.h"
#include "care/welfare.h"
#include "model/device.h"
#include "model/resident.h"

#define HOME_DEVICES 76 /* those beyond are not listened to */
#define HOME_METERS  6
#define HOME_COMPANY (15 * MINUTE) /* a card at the door holds so long */

/* What a sensor said last. Its place in the list is the device's index in signs, and stays while the dwelling has it. */
struct home_device {
	uint32_t id;    /* a sum of its name; 0: free */
	int32_t lost_s; /* mono: nothing of it can be believed since then; 0: some can, or it never spoke */
	uint16_t known; /* sets of 1 << enum sign_kind: what it said at all */
	uint16_t level; /* is on */
	uint16_t good;  /* can be believed */
	uint8_t edges;  /* how often it said something else; halved with the next */
	uint8_t repeats : 4, same : 4; /* the same again; "on" so often in a row */
};

/* What stands beside a figure: the count of a counter, the base load of a meter of power. */
struct home_meter {
	uint16_t device; /* + 1; 0: free */
	uint16_t kind;
	float value;
};

/* X(member and prefix, struct, rule): the rules of one shape. */
#define HOME_RULES(X)                                  \
	X(night, struct night, CONCERN_NIGHT_EXIT)     \
	X(bed, struct bed, CONCERN_BED_NO_RETURN)      \
	X(drift, struct drift, CONCERN_DRIFT)          \
	X(stove, struct stove, CONCERN_STOVE)          \
	X(utility, struct utility, CONCERN_NO_UTILITY) \
	X(vital, struct vital, CONCERN_WEARABLE)       \
	X(visit, struct visit_due, CONCERN_VISIT)
#define HOME_MEMBER(name, type, rule) type name;

/* A quiet that people were called for, and that has ended: whether it is learned is said by how the alarm is closed. */
struct home_doubt {
	int64_t since_us, until_us, bathroom_us; /* mono; 0: none */
	int16_t minute;
	uint8_t room;
	uint8_t spare[5];
};

struct home_state {
	struct presence presence;
	struct rhythm rhythm;
	struct bathroom bathroom;
	struct hush hush;
	struct welfare welfare;
	struct start start;
	struct absence absence;
	struct cross cross;
	HOME_RULES(HOME_MEMBER)
	struct home_doubt doubt;
	struct home_last inside, room[SIGN_ROOMS];
	int64_t blind_us;  /* mono: no or too few sensors can be believed since then; 0: enough can */
	int64_t card_us;   /* mono: a companion's or staff card was shown at the door; 0: none */
	int32_t day;       /* that the rules are in; 0: none yet */
	uint8_t told_mode; /* enum home_mode, as it was told last */
	uint8_t harsh;     /* somebody was asked to go there for heat or cold */
	uint16_t asked;    /* set, 1 << enum concern_rule: rules that have asked in the home */
	uint8_t dark;      /* nobody watched for longer than a moment, and nothing was noticed inside since */
	uint8_t spare[7];
	struct home_meter meters[HOME_METERS];
	struct home_device devices[HOME_DEVICES];
};

/* What the evaluator was told last. */
struct home_told {
	bool known, active;
	uint8_t priority, stage;
	int32_t news;
};

/* A sensor as the configuration has it: what it can say. By index of home_device. */
struct home_sensor {
	const struct device *device; /* NULL: none there */
	uint16_t kinds;              /* set, 1 << enum sign_kind */
	enum sign_room room;
	uint8_t way;
	bool entrance;
};

struct home {
	char *place;
	struct concern concern;
	struct settings settings;
	const struct resident *residents; /* who live there, watched or not; of tenants.h */
	size_t resident_count, residents_before;
	struct home_sensor *sensors; /* by device; no more than there are */
	unsigned sensor_count;
	struct home_state state;
	struct home_told told[CONCERN_RULES], told_sensors;
	bool asleep;      /* nobody there is watched any more */
	bool listed;      /* as one of those that care_next_changed will tell of */
	bool renewed;     /* other people, or they say something else, since the register was looked at last */
	bool no_water;    /* the building has none: meters say nothing */
	int64_t hold_us;  /* mono: the desk is not told of a silence before then (wave.h); 0 */
	int64_t check_us; /* mono: after a restart sensors have until then to be heard; 0; < 0: counted from now on */
	int64_t due_us;   /* mono */
	uint64_t version, noted; /* noted: the one of which care.h's care_next_changed knows */
	uint32_t index;          /* among the watched */
	size_t building, number; /* within buildings.h's */
	bool counted, crossed;   /* there as one that is at work, as one beyond its line */
	struct home_view view;   /* as of the last look */
};

struct home *home_new(const char *place);
void home_free(struct home *h);
UTIL_DEFINE_CLEANUP(struct home *, home_free);

/* A sensor of the dwelling: its index, or SIGN_DEVICE_NONE where there are too many. Between home_bind_begin and home_bind_end, in an
 * order that is always the same. */
void home_bind_begin(struct home *h);
uint16_t home_bind(struct home *h, const struct device *d, uint16_t kinds);
void home_bind_end(struct home *h);
static inline bool home_is_bound(const struct home *h, unsigned slot)
{
	return slot < h->sensor_count && h->sensors[slot].device;
}

/* What a sensor says: whether that can be believed. */
struct home_news {
	uint16_t device;
	enum sign_kind kind;
	bool good;
};
bool home_hear_quality(struct home *h, const struct home_news *n, const struct sign_moment *now); /* true: it is new */
void home_sign(struct home *h, const struct sign *s);
void home_pass(struct home *h, const struct sign_moment *now); /* time passed */

/* What a rule thinks now. Of bathroom, welfare, no-start in this order. */
void home_judge(struct home *h, enum concern_rule rule, struct verdict *ret_verdict);
int64_t home_due(struct home *h); /* mono; INT64_MAX */

/* A person's word about them: how an alarm of theirs was closed, or that somebody has spoken to them, or seen them. What was
 * learned takes notice. */
enum home_word {
	HOME_WORD_FALSE,
	HOME_WORD_REAL,
	HOME_WORD_CLOSED, /* says nothing of what it was */
	HOME_WORD_SPOKEN,
	HOME_WORD_SEEN,
	HOME_WORD_ARRIVED, /* seen, and whoever says it is there */
};
struct home_said {
	enum home_word word;
	enum concern_rule rule; /* of the alarm; CONCERN_RULES: of none */
};
void home_hear(struct home *h, const struct home_said *said, const struct sign_moment *now);

/* For the rules and for pages; lent until the next call. */
const struct home_view *home_look(struct home *h, const struct sign_moment *now);
/* So many days a sensor of people has been silent without a word, while others go on (hush.h); 0: it is well. */
unsigned home_look_silent(const struct home *h, unsigned slot);
/* Enough sensors inside can be believed. */
bool home_look_sees(const struct home *h, int64_t now_us);
bool home_watches(const struct home *h, enum concern_rule rule);
/* So long nobody watched them, and they may have left: the quiet under way is not learned, and may last as long as without a sensor. */
void home_darken(struct home *h, int64_t dark_us);
/* All monotonic times, for another boot. */
void home_move(struct home *h, int64_t by_us);
