/* milesight.h: the dialect of Milesight's gateways (their own network server, with a payload codec) and of its platform.
 * BASE is "milesight"; one topic for all or one per device, as the gateway is set up:
 *
 *   BASE/…            {"devEUI":…,"fCnt":…,"rxInfo":[…],…} with the decoded values beside or in "object"  → sample or discovered
 *   BASE/…DEVEUI…     the decoded values alone, where the template has left the rest out
 *   BASE/…            {"eventType":"DEVICE_DATA","data":{"deviceProfile":{"devEUI":…},"type":…,"payload":{…}}}, of the
 *                     platform; type ONLINE and OFFLINE                                                    → sample with link; stale
 *   BASE/…/downlink…  what others tell a device: ignored */
#pragma once

#include "mqtt-source/dialect.h"

extern const struct dialect milesight_dialect;
