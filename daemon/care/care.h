/* care.h: all dwellings where somebody is watched: readings in, alarms and presence out. Pure: time is an argument, never logs.
 *
 * Owned by the engine, fed with every point that changed, after the rules of expressions had it. A dwelling is known by its
 * place; it has the devices at that place, and is at work while a resident there has a category that wakes a rule (concern.h).
 * What happens in one costs O(1), and its whole state is one flat block (home.h) of a few kB without pointers, so that it is
 * kept beyond a kill by copying it. Alarms are told to the evaluator (`welfare/b3/u1/1204`).
 *
 * All lengths are monotonic; the time of day is used only while the clock can be believed. */
#pragma once

#include "alarm/evaluator.h"
#include "care/home.h"
#include "model/resident.h"

struct care;

/* All lent; they must outlive it. */
struct care_setup {
	struct device_list devices;
	const struct point_table *points;
	const struct rule
		*rules; /* those with the ids of concern.h, with condition `care`, are the switches and figures */
	size_t rule_count;
};
struct care *care_new(const struct care_setup *setup);
void care_free(struct care *c);
UTIL_DEFINE_CLEANUP(struct care *, care_free);

/* A dwelling's presence changed. */
struct care_presence {
	const char *place; /* lent, as long as the care lives */
	enum home_mode mode;
	struct clock_now at;
	char why_zh[VERDICT_TEXT], why_en[VERDICT_TEXT];
};
/* Somebody is to be asked in the home: by intercom, speaker, phone; or the asking is over. */
struct care_prompt {
	const char *place, *alarm; /* lent for the turn */
	bool begins;
};
/* One call from outside: what it may use and what comes of it. Lists are the caller's: read, then cleared by him. */
struct care_turn {
	struct evaluator *evaluator;
	struct alarm_effects *out;
	struct clock_now now;
	bool clock_known; /* the time of day can be believed */
	bool said;        /* care_point: its sensor has said it now; else only its quality is another */
	struct care_presence *presences;
	size_t presence_count, presence_room;
	struct care_prompt *prompts;
	size_t prompt_count, prompt_room;
};
void care_turn_fini(struct care_turn *t);

/* The register as it is from now on; copies what it needs. Dwellings that nobody asks for any more end their alarms. */
struct resident_list {
	const struct resident *residents;
	size_t count;
};
void care_set_residents(struct care *c, struct resident_list list, struct care_turn *t);

/* A reading was applied to that point, or its quality changed. */
void care_point(struct care *c, uint32_t point, struct care_turn *t);
void care_tick(struct care *c, struct care_turn *t);
int64_t care_due(const struct care *c); /* mono; INT64_MAX: nothing */

/* A person closed an alarm of a dwelling with that outcome (real, false, test, duplicate), or says that he has spoken to them
 * ("phone"), or is there ("arrived", "visit"): what was learned, and what is thought of them, takes notice. */
struct care_word {
	const char *alarm; /* NULL: of no alarm */
	const char *place; /* where alarm is NULL */
	const char *outcome;
	int64_t at_us; /* wall; 0: now. A visit that was before and is recorded, or read back, later: it counts for the next
			      * one that is due (visit_met), and says nothing of now */
};
void care_hear(struct care *c, const struct care_word *w, struct care_turn *t);
/* A card was shown at that device: a companion's, a staff member's; as it was read. */
void care_card(struct care *c, const struct device *door, const char *card, struct care_turn *t);

/* What is kept. The block of a dwelling as it is now: lent until the next call; its version grows with every change. */
size_t care_count(const struct care *c);
struct care_block {
	const char *place;
	const void *bytes;
	size_t len;
	uint64_t version;
	int64_t dark_us; /* to care_restore: so long nobody watched it since */
};
/* One that has changed since it was told of here; false: none. Where care_set_residents or care_carry came between, all are to be
 * looked at: they may have other numbers. */
bool care_next_changed(struct care *c, size_t *ret_index);
struct care_block care_block(const struct care *c, size_t index);
/* After the register, before the first reading. by_us: so much later is this boot's monotonic clock for the same moment, and the
 * time that nobody was there to see them (it is not held against them). 0; -ENOENT: no such dwelling
 * is watched; -EPROTO: of another version; -EBADMSG. */
int care_restore(struct care *c, const char *place, const struct care_block *block, int64_t by_us);
/* After a reload: all dwellings go on in `to`, which has none yet; `from` has none any more. */
void care_carry(struct care *to, struct care *from);

/* Now, as rules need it. */
struct sign_moment care_moment(struct care *c, const struct care_turn *t);
/* Everybody of the register who has a place, watched or not. Lent until the next care_set_residents. */
struct tenants;
const struct tenants *care_tenants(const struct care *c);

/* For pages and estatectl. NULL: not watched. Lent until the next call. */
const struct home *care_find(const struct care *c, const char *place);
const struct home *care_home(const struct care *c, size_t index);
