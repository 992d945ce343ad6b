/* sms_modem.h: one modem on a serial line: it is made ready, asked every half a minute whether it still is, and sends one part
 * of a message at a time. Owns the line. Main thread.
 *
 *   closed --the port opens--> starting --all steps answered--> ready --every 30 s: SIM card, network, signal--> ready
 *     ^                          ^ |                              |
 *     '--- the line is gone -----' '-- trouble, told, 2 s --------'  (three times silent: the line is closed and opened again)
 *
 * One command is under way at a time. What the modem says unasked (a report, that it has begun anew) may stand between a
 * command and its answer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sdk/sdk_loop.h"
#include "sdk/sdk_secret.h"
#include "sms-notifier/sms_pdu.h"

struct sms_modem;

struct sms_modem_settings {
	const char *port; /* lent */
	int64_t baud;
	struct sdk_secret pin;
};

/* What became of a part. */
struct sms_modem_outcome {
	bool ok;
	bool passing;      /* not ok: the same may go in a moment */
	uint8_t reference; /* ok: the number that a report about it has */
	const char *text;  /* not ok: why; lent for the call */
};

struct sms_modem_calls {
	void *user;
	void (*changed)(void *user); /* it was looked at: trouble and signal may be others */
	void (*idle)(void *user);    /* a part may be sent now */
	void (*sent)(void *user, const struct sms_modem_outcome *outcome);
	void (*reported)(void *user, const struct sms_pdu_report *report);
};

/* The line is opened when the loop runs. */
struct sms_modem *sms_modem_new(struct sdk_loop *loop, const struct sms_modem_settings *settings,
				const struct sms_modem_calls *calls);
void sms_modem_free(struct sms_modem *m);

/* Why nothing can be sent; NULL: it can. While it is not known yet (starting, the first seconds): "". */
const char *sms_modem_trouble(const struct sms_modem *m);
/* One part may be handed over now: nothing is under way, no trouble. */
bool sms_modem_is_idle(const struct sms_modem *m);
/* Only while idle; `sent` is called once for it, always. The part is lent until then. */
void sms_modem_send(struct sms_modem *m, const struct sms_pdu_part *part);
int sms_modem_dbm(const struct sms_modem *m); /* of the last look; 0: not known */

struct sms_modem_counts {
	uint64_t opened, restarts, silences, bad_reports, long_lines;
};
struct sms_modem_counts sms_modem_counts(const struct sms_modem *m);
