/* inventory.h: what devices there are, as it leaves the estate: in parts, so that none is too long for a line. Pure.
 *
 * {"sum":"9f0c12aa","part":1,"parts":2,"devices":[{"device","class","place","profile"}],"homes":[{"class","devices"}]}
 *
 * sum is the same in all parts of one inventory, and another where anything in it is. Devices of homes are counted by class
 * and not named: which flat has a button for help is nobody's business but the estate's. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "model/device.h"

#define INVENTORY_PART 50 /* devices in one */

uint32_t inventory_sum(const struct device_list *list);
size_t inventory_parts(const struct device_list *list); /* at least 1 */
/* As JSON text; part from 0. The caller frees. */
char *inventory_part(const struct device_list *list, size_t part, uint32_t sum);
