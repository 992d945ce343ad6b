/* crier_show.h: what the API tells of contacts, of who is on duty, and of who was told. Main thread. */
#pragma once

#include <jansson.h>

struct live;

/* Lists; the caller owns the reference. place: "" what is of no place. */
json_t *crier_show_contacts(const struct live *l);
json_t *crier_show_ladders(const struct live *l);
json_t *crier_show_on_duty(const struct live *l, const char *place);
json_t *crier_show_told(const struct live *l, const char *alarm);
json_t *crier_show_next(const struct live *l, const char *alarm); /* who is told of it next; NULL: nobody */
