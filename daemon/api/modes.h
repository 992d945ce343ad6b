/* modes.h: devices out of service, devices and places in test: list, begin, end. Main thread. Answered as acts.h says. */
#pragma once

#include "api/inside.h"

void modes_get(struct call *x);
void modes_service(struct call *x);
void modes_test(struct call *x);
