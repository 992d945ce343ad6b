/* stock.h: tells the uplinks what devices there are (upstream/inventory.h): at every start, when a reload has changed it, and
 * when a further uplink turns up. Main thread.
 *
 * Waits until every plugin has said whether it is an uplink, or a while; some parts a second, so that an estate of many
 * thousand devices holds up nothing. */
#pragma once

#include <stdint.h>

struct live;
struct stock;

struct stock *stock_new(struct live *l);
void stock_free(struct stock *s);
void stock_reloaded(struct stock *s); /* the configuration is another one */
void stock_asked(struct stock *s);    /* there is an uplink that has not been told; s may be NULL */
void stock_tick(struct stock *s, int64_t now_us);
