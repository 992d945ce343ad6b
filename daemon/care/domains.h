/* domains.h: rules that know of more than one thing of the building: lifts and who needs them, power and who depends on it, a forced
 * door and who is alone behind it, a fall and who got up again, an alarm and the way there. Pure; owned by the engine.
 *
 * What each of them means is a file of its own: lift_need, powered, lone_door, fall_doubt, way, evacuation; this one hears points,
 * alarms and time for them, and tells the evaluator. It keeps nothing over a restart: what holds is found anew from points, alarms and
 * register, and delays, rises, counts and pardons are the evaluator's, which keeps them. */
#pragma once

#include "care/care.h"
#include "care/roll.h"

struct domains;

/* All lent; they must outlive it. */
struct domains_setup {
	struct device_list devices;
	const struct point_table *points;
	struct stair_places places;
	struct care *care;
	struct evaluator *evaluator;
};
struct domains *domains_new(const struct domains_setup *setup);
void domains_free(struct domains *d);
UTIL_DEFINE_CLEANUP(struct domains *, domains_free);

/* The register is another one, or this engine has taken over from another: all is looked at with the next tick. */
void domains_renew(struct domains *d);
/* Its sensor has said it now, perhaps the same again; then, where value or quality of the point is another, domains_point. */
void domains_heard(struct domains *d, uint32_t point, struct care_turn *t);
void domains_point(struct domains *d, uint32_t point, struct care_turn *t);
/* What happened of t->out from that transition on. */
void domains_follow(struct domains *d, size_t from, struct care_turn *t);
void domains_tick(struct domains *d, struct care_turn *t);
int64_t domains_due(const struct domains *d); /* mono; INT64_MAX: nothing */

/* Whom that alarm is about beside the people of its own dwelling, those first who are to be helped first; empty: nobody. The roll is
 * the caller's; its rows lend from the register. */
void domains_people(struct domains *d, const struct alarm *a, struct care_turn *t, struct roll *ret_roll);
