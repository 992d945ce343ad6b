/* doctor.h: estated --doctor: looks a box over, daemon or no daemon, and says what is wrong and what to do next. Changes
 * nothing and is done within half a minute whatever the network does. Main thread of a process of its own. */
#pragma once

#include "doctor/patient.h"

enum doctor_form { DOCTOR_TEXT, DOCTOR_JSON };

/* Prints to stdout. The exit status: 0 nothing is at fault (there may be warnings), 1 something is. */
int doctor_run(const struct patient_paths *paths, enum doctor_form form);
