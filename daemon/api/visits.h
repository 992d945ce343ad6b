/* visits.h: contacts with people who live here: due, done, listed, summed up; and how fast people answered alarms. Main thread. */
#pragma once

#include "api/inside.h"

void visits_get(struct call *x);
void visits_post(struct call *x);
void visits_due(struct call *x);
void visits_figures(struct call *x);
void visits_response(struct call *x);
