/* sim_asset.h: anything that takes commands by its name: a lift, a door, a sensor, a home. */
#pragma once

#include <jansson.h>

#include "sim_words.h"

/* One row a verb. words: [0] the asset's name, [1] the verb, then its arguments. The caller owns the answer. */
struct sim_verb {
	const char *name, *usage;
	json_t *(*run)(void *object, const struct sim_words *words);
};

struct sim_asset {
	char *name;
	const struct sim_verb *verbs; /* ends with a row of zeros */
	void *object;
};

json_t *sim_asset_run(const struct sim_asset *a, const struct sim_words *words);
/* {"verb":"usage", …} */
json_t *sim_asset_help(const struct sim_asset *a);
/* "entrap, release, call" for a sentence. buf of size bytes; returns buf. */
const char *sim_asset_verbs(const struct sim_verb *verbs, char *buf, size_t size);
