/* slot.h: a few devices of one dwelling, each with its own number in a small table. Pure; header only. */
#pragma once

#include "care/sign.h"

static inline void slot_init(uint16_t *devices, int count)
{
	for (int i = 0; i < count; i++)
		devices[i] = SIGN_DEVICE_NONE;
}

/* The number of that device, which is given one where there is room; -1: there is none. */
static inline int slot_of(uint16_t *devices, int count, uint16_t device)
{
	for (int i = 0; i < count; i++) {
		if (devices[i] == SIGN_DEVICE_NONE)
			devices[i] = device; /* they are given in order: it is not behind this one */
		if (devices[i] == device)
			return i;
	}
	return -1;
}
