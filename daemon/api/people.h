/* people.h: who is told: contacts, who is on duty, who was told of an alarm; hand-over between shifts. Main thread. */
#pragma once

#include "api/inside.h"

void people_contacts(struct call *x);
void people_on_duty(struct call *x);
void people_handover(struct call *x);
void people_hand_over(struct call *x);
