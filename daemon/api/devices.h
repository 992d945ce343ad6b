/* devices.h: lists of devices as somebody needs them who walks round: those that nobody has configured yet, batteries with the
 * weakest first; and the profiles that there are for them. Main thread. */
#pragma once

struct call;

void devices_get(struct call *x); /* ?discovered=1, ?battery=1, else all */
void devices_profiles(struct call *x);
