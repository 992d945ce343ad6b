/* tools.h: a technician's tools on a bus: read anything, look whether a unit is there, write a point, hand the line to a
 * laptop. Main thread. */
#pragma once

#include "api/inside.h"

void tools_read(struct call *x);   /* POST /v1/buses/{bus}/read */
void tools_probe(struct call *x);  /* POST /v1/buses/{bus}/probe */
void tools_pause(struct call *x);  /* POST /v1/buses/{bus}/pause */
void tools_resume(struct call *x); /* POST /v1/buses/{bus}/resume */
void tools_write(struct call *x);  /* POST /v1/points/{point}/write */
