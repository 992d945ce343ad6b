/* sms_courier.h: messages on their way through one modem: each in its parts, the most urgent first, and what the reports say of
 * it. Answers each notice once. Main thread.
 *
 *   begin --no number, modem in trouble--> failed
 *     '--> parts go out one by one --all taken by the network--> told          (confirm = "sent")
 *                |   '--------------- all reported as delivered --> told       (confirm = "delivered")
 *                '--refused: once more after 2 s if that may help, else failed; not all taken in time: failed */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "sdk/sdk_loop.h"
#include "sdk/sdk_notifier.h"
#include "sms-notifier/sms_modem.h"
#include "sms-notifier/sms_pdu.h"

struct sms_courier;

struct sms_courier_settings {
	struct sms_pdu_number centre; /* digits "": the one of the SIM card */
	unsigned parts_max;
	bool confirm; /* told when the telephone has it, not when the network has taken it */
};

struct sms_courier *sms_courier_new(struct sdk_loop *loop, const struct sms_courier_settings *settings);
/* The modem's calls come back through the four below; it is lent, and ends before the courier or after it. */
void sms_courier_use(struct sms_courier *c, struct sms_modem *modem);
void sms_courier_free(struct sms_courier *c); /* what is under way is dropped */

void sms_courier_begin(struct sms_courier *c, struct sdk_notice *notice);
/* Of the modem: its state may be another one; it is idle; a part is settled; a report has come. */
void sms_courier_look(struct sms_courier *c);
void sms_courier_go_on(struct sms_courier *c);
void sms_courier_sent(struct sms_courier *c, const struct sms_modem_outcome *outcome);
void sms_courier_reported(struct sms_courier *c, const struct sms_pdu_report *report);
/* parts, delivered, undelivered. */
void sms_courier_counters(const struct sms_courier *c, json_t *counters);
