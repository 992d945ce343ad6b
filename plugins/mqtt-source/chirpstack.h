/* chirpstack.h: the dialect of ChirpStack 4 (its MQTT integration, json = true). BASE is "application":
 *
 *   BASE/APPLICATION/device/DEVEUI/event/up      an uplink, decoded by the codec of the device profile → sample or discovered
 *   …/event/status                               battery and margin                                    → sample
 *   …/event/join                                 it began a new session                                → sample: a sign of life
 *   …/event/log                                  what went wrong with it                               → log, once a device
 *
 * A frame that several gateways heard, or that the broker says again, is told once: (devEui, devAddr, fCnt). A device whose
 * profile or own tags say `interval` ("1h", or seconds) is stale when it was not heard for three of them. */
#pragma once

#include "mqtt-source/dialect.h"

extern const struct dialect chirpstack_dialect;
