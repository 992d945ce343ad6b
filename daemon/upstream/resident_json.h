/* resident_json.h: what residents are and depend on, as lists of English words: in alarms, lists and everything that leaves. Pure. */
#pragma once

#include <jansson.h>

#include "model/resident.h"

json_t *resident_json_categories(unsigned set);
json_t *resident_json_needs(unsigned set);
