/* registry_versions.h: what the versions of a resident's row differ in, for people. Pure. */
#pragma once

#include <jansson.h>

#include "store/store.h"

/* Newest first: [{"version","at","by","changed":{"phone":{"from":…,"to":…}}}]; the caller owns it. */
json_t *registry_versions_list(const struct store_done *done);
