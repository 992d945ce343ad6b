/* people.h: who is told: contacts, who is on duty, who was told of an alarm; hand-over between shifts. Main thread. */
#pragma once

#include "api/inside.h"

void people_contacts(struct call *x);
void people_ladders(struct call *x);
void people_on_duty(struct call *x);
void people_handover(struct call *x);
void people_hand_over(struct call *x);
/* Who was told, as who asks may know it: a viewer hears of duties, not of people. Takes told, and returns it. */
json_t *people_told_to(enum api_role role, json_t *told);
