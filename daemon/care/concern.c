#include "care/concern.h"

#include <string.h>

#include "base/str.h"

#define R(rule) (1U << CONCERN_##rule)
#define SILENCE (R(WELFARE) | R(BATHROOM) | R(NO_START) | R(LONG_ABSENCE)) /* 5 to 8 */

static const char *const ids[CONCERN_RULES] = {
	[CONCERN_WELFARE] = "welfare",       [CONCERN_BATHROOM] = "bathroom",
	[CONCERN_NO_START] = "no-start",     [CONCERN_LONG_ABSENCE] = "long-absence",
	[CONCERN_NIGHT_EXIT] = "night-exit", [CONCERN_BED_NO_RETURN] = "bed-no-return",
	[CONCERN_DRIFT] = "drift",           [CONCERN_STOVE] = "stove",
	[CONCERN_NO_UTILITY] = "no-utility", [CONCERN_WEARABLE] = "wearable",
	[CONCERN_VISIT] = "visit-overdue",
};

/* conf/rules/README.md says the same to people. A visit is asked for by the figures of each category (settings.h: visit.…). */
static const unsigned woken[RESIDENT_CATEGORIES] = {
	[RESIDENT_LIVES_ALONE] = SILENCE | R(DRIFT) | R(NO_UTILITY) | R(VISIT),
	[RESIDENT_SPECIAL_FAMILY] = SILENCE | R(DRIFT) | R(NO_UTILITY) | R(VISIT),
	[RESIDENT_AGED] = R(BATHROOM) | R(STOVE) | R(WEARABLE) | R(VISIT),
	[RESIDENT_DISABLED] = R(BATHROOM) | R(STOVE) | R(WEARABLE) | R(BED_NO_RETURN) | R(VISIT),
	[RESIDENT_SEVERE_DISABILITY] = R(BATHROOM) | R(STOVE) | R(WEARABLE) | R(VISIT),
	[RESIDENT_DEMENTIA] = R(NIGHT_EXIT) | R(BED_NO_RETURN) | R(VISIT),
	[RESIDENT_EMPTY_NEST] = SILENCE | R(VISIT),
	[RESIDENT_LEFT_BEHIND] = SILENCE | R(VISIT),
};

const char *concern_rule_id(enum concern_rule r)
{
	return r < CONCERN_RULES ? ids[r] : "";
}

static unsigned rule_named(const char *word, size_t len)
{
	for (unsigned i = 0; i < CONCERN_RULES; i++)
		if (strlen(ids[i]) == len && !strncmp(ids[i], word, len))
			return 1U << i;
	return 0;
}

/* "+night-exit;-drift" on top of what the categories wake. */
static unsigned wished(const char *wishes, unsigned rules)
{
	for (const char *at = wishes; at && *at;) {
		size_t len = strcspn(at, ";, ");

		if (len > 1 && *at == '+')
			rules |= rule_named(at + 1, len - 1);
		else if (len > 1 && *at == '-')
			rules &= ~rule_named(at + 1, len - 1);
		at += len;
		at += strspn(at, ";, ");
	}
	return rules;
}

void concern_of(const struct resident *const *residents, size_t count, struct concern *ret_concern)
{
	struct concern c = { .rules = 0 };
	unsigned always = 0; /* for somebody they are awake whoever else is in */

	for (size_t i = 0; i < count; i++) {
		const struct resident *r = residents[i];
		unsigned rules = 0, alone;

		for (unsigned category = 0; category < RESIDENT_CATEGORIES && !resident_refuses(r); category++)
			if (r->categories & (1U << category))
				rules |= woken[category];
		if (r->needs & (1U << RESIDENT_CARE_BED) && rules)
			rules |= R(BED_NO_RETURN);
		if (rules)
			rules = wished(r->rules, rules);
		if (!rules)
			continue;
		alone = 0;
		if (!(r->categories & ~(1U << RESIDENT_EMPTY_NEST | 1U << RESIDENT_LEFT_BEHIND)))
			alone = SILENCE & ~wished(r->rules, 0);
		always |= rules & ~alone;
		c.rules |= rules;
		c.categories |= r->categories;
		c.needs |= r->needs;
		c.residents++;
	}
	c.only_alone = (c.rules & SILENCE) && !(always & SILENCE);
	*ret_concern = c;
}
