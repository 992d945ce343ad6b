/* z2m.h: the dialect of Zigbee2MQTT.
 *
 *   BASE/NAME                state of a device, JSON object      → sample, or discovered once per unknown address
 *   BASE/NAME/availability   "online", {"state":"offline"}       → sample with link; offline: then stale
 *   BASE/bridge/devices      list of {ieee_address, friendly_name, definition} → which NAME is which address, of which make
 *   BASE/bridge/groups       list of {friendly_name}             → names that are no devices
 *   BASE/bridge/state        Zigbee2MQTT's own life              → trouble
 *
 * Invariant: a message of a name that is not known yet waits (bounded) for bridge/devices; it is not dropped. */
#pragma once

#include "mqtt-source/dialect.h"

extern const struct dialect z2m_dialect;
