/* tuya.h: the dialect of Tuya's things. BASE is "tylink" and "tuya"; the address of a device is its device id.
 *
 *   BASE/ID/thing/property/report     {"data":{CODE:{"value":…,"time":…}}}                   → samples, one for each time
 *   BASE/ID/thing/event/trigger       {"data":{"eventCode":…,"outputParams":{…}}}            → sample
 *   BASE/ID/thing/data/batch_report   both, of a gateway and of the devices behind it        → samples
 *   BASE/ID/device/sub/login, logout  {"data":[ID,…]}                                        → samples with link; stale
 *   BASE/…                            of the cloud's message queue: {"devId":…,"status":[{"code":…,"value":…,"t":…}]} and
 *                                     {"bizCode":…,"bizData":{…}}                            → the same
 *   BASE/ID/status, BASE/ID/dps/state of bridges in the house: online, {"1":true}            → link; fields dps.1
 *   BASE/ID                           {CODE:value,…}                                         → sample
 *
 * Fields are called as Tuya's codes are: sos_state, battery_percentage. A message of the same id is told once. */
#pragma once

#include "mqtt-source/dialect.h"

extern const struct dialect tuya_dialect;
