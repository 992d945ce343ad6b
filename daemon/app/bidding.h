/* bidding.h: what people ask of plugins that do things (role command), on its way: checked, recorded, handed over, answered when
 * the plugin says what came of it. Main thread.
 *
 *   bidding_give --taken--> UNDER WAY --its result--> answered, recorded
 *        '--refused--> answered   '--its plugin ended, ten minutes--> answered: not known
 *
 * It is recorded before it is handed over: a door does not open without a trace. Nothing is handed over twice. Bounded. */
#pragma once

#include <jansson.h>

#include "api/api.h"
#include "plugin/supervisor.h"

#define BIDDING_MAX 32

struct live;
struct bidding;

struct bidding *bidding_new(struct live *l);
void bidding_free(struct bidding *b); /* what was not answered is not answered any more */
/* Answers through asked->pending, now or later. */
void bidding_give(struct bidding *b, const struct api_bid *asked);
/* A plugin's "result". */
void bidding_result(struct bidding *b, const struct supervisor *s, uint64_t id, const json_t *message);
/* A plugin ended. */
void bidding_lost(struct bidding *b, const struct plugin *p);
void bidding_tick(struct bidding *b, int64_t now_us);
