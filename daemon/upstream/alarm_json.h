/* alarm_json.h: an alarm as JSON: upstream, in the API and in the store. Pure; jansson only builds values here.
 *
 * Members: alarm,rule,asset,state,priority,stage,since,count,reason,text,place (+ guidance, test, ack_by, acked,
 * life_safety, first_out, suppressed_by, arrived_by, arrived, outcome, shelved_until, shelved_by, shelved_reason,
 * out_of_service_until, out_of_service_by, out_of_service_reason where there).
 * Times are ISO 8601 with offset and milliseconds, null where there is none. Text that is not UTF-8 is mended. */
#pragma once

#include <jansson.h>

#include "alarm/alarm.h"
#include "model/point.h"

json_t *alarm_json_new(const struct alarm *a);           /* the caller owns the reference */
json_t *alarm_json_reason(const struct alarm_reason *r); /* {"when":…,"inputs":[{point,value,quality,at}]} */
/* -EINVAL. JSON has one word for true and for an event without a text, and one for a text and an event with one: they
 * come back as bool and text, which write themselves the same again. */
int alarm_json_reason_parse(const json_t *reason, struct alarm_reason *ret_reason);
json_t *alarm_json_bilingual(const char *zh, const char *en); /* {"zh":…,"en":…}; NULL: "" */
json_t *alarm_json_value(const struct value *v); /* number, bool, text, event → true or its text, none → null */
/* point,device,place,class,value,unit,quality,test,at */
json_t *alarm_json_point(const struct point *p);
/* One line of it as the estate writes all JSON: compact, UTF-8 unescaped, each number in the fewest digits (15 to 17)
 * that read back as exactly the same for all of them. The caller frees. */
char *alarm_json_text(const json_t *json);
