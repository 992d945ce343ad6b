/* sim_models.h: what a unit can be: its registers and its behaviour. README.md has the register maps. */
#pragma once

#include "sim_asset.h"
#include "sim_bank.h"
#include "sim_setting.h"

struct sim_unit;

struct sim_model {
	const char *name;
	const char *keys;             /* of the unit's group, beside those of every unit; blanks between */
	const struct sim_verb *verbs; /* or NULL; object is the unit */
	/* Declares the registers and sets u->state. Errors go to the setting's diag. */
	void (*start)(struct sim_unit *u, const struct sim_setting *s);
	void (*stop)(struct sim_unit *u);                                 /* frees u->state, which may be NULL */
	void (*refresh)(struct sim_unit *u);                              /* before a read; may be NULL */
	void (*written)(struct sim_unit *u, const struct sim_span *span); /* after a write by a client; may be NULL */
};

extern const struct sim_model *const sim_models[]; /* ends with NULL */

const struct sim_model *sim_models_find(const char *name); /* or NULL */
const char *sim_models_names(char *buf, size_t size);      /* for a sentence; returns buf */
