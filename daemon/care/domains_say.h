/* domains_say.h: what alarms of a building say beside their own words, and whom they are about. Pure; domains.c's. */
#pragma once

#include "alarm/more.h"
#include "care/domains.h"

/* Whether the way there stands at the end of what such a rule says; whether it is a fire, with the evacuation in short. */
bool domains_say_has_way(const struct rule *r);
bool domains_say_is_fire(const struct rule *r);
/* Fire, or what a detector of it says. */
bool domains_say_is_fire_alarm(const struct alarm *a);
/* See struct more; context: a struct domains_setup. */
void domains_say_more(void *context, const struct rule *rule, const struct alarm *a, struct str_buf *zh,
		      struct str_buf *en);
/* Whether there is a list of those whom it is about, be it empty. Anybody may ask. */
bool domains_say_lists_people(const struct alarm *a);
/* See domains_people. */
void domains_say_people(const struct domains_setup *s, const struct alarm *a, const struct sign_moment *now,
			struct roll *ret_roll);
struct roll_source domains_say_source(const struct domains_setup *s, const struct sign_moment *now);
