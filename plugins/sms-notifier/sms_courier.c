#include "sms-notifier/sms_courier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_log.h"

#define AGAIN_AFTER   (2 * SDK_CLOCK_S)
#define TRIES         2
#define CONFIRM_LIMIT (600 * SDK_CLOCK_S) /* a telephone that is off is no news after that */
#define REMEMBERED    128                 /* parts whose report may still come */
#define SHOWN_MAX     12

struct job {
	struct sms_courier *courier;
	struct sdk_notice *notice; /* NULL: it was answered, only the part under way is waited for */
	struct sms_pdu_number to;
	struct sms_pdu_part parts[SMS_PDU_PARTS_MAX];
	uint8_t references[SMS_PDU_PARTS_MAX]; /* of those that were sent */
	bool delivered[SMS_PDU_PARTS_MAX];
	unsigned count, sent, tries;
	bool under_way, resting; /* a part is with the modem; waits before it is tried again */
	bool urgent;
	struct sdk_timer limit, again;
	struct job *next;
};

struct sms_courier {
	struct sms_courier_settings settings;
	struct sdk_loop *loop;
	struct sms_modem *modem;
	struct job *jobs; /* as they came */
	uint8_t reference;
	struct {
		struct sms_pdu_number to; /* digits "": empty */
		uint8_t reference;
	} remembered[REMEMBERED];
	unsigned remember_next;
	uint64_t parts, delivered, undelivered;
};

static void end_job(struct job *j)
{
	struct job **at = &j->courier->jobs;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	sdk_loop_disarm(j->courier->loop, &j->limit);
	sdk_loop_disarm(j->courier->loop, &j->again);
	free(j);
}

/* Answered; what is with the modem stays until the modem is done with it. NULL: told. The answer may begin the next one. */
static void settle(struct job *j, const char *why)
{
	struct sdk_notice *notice = j->notice;

	j->notice = NULL;
	if (!j->under_way)
		end_job(j);
	if (notice && why)
		sdk_notifier_failed(notice, "%s", why);
	else if (notice)
		sdk_notifier_told(notice);
}

/* The urgent ones first; those that came first among equals. */
static struct job *next_job(const struct sms_courier *c)
{
	struct job *found = NULL;

	for (struct job *j = c->jobs; j; j = j->next)
		if (j->notice && !j->resting && j->sent < j->count && (!found || (j->urgent && !found->urgent)))
			found = j;
	return found;
}

void sms_courier_go_on(struct sms_courier *c)
{
	struct job *j = sms_modem_is_idle(c->modem) ? next_job(c) : NULL;

	if (!j)
		return;
	j->under_way = true;
	sms_modem_send(c->modem, &j->parts[j->sent]);
}

/* Nothing waits for a modem that is in trouble: somebody else is to be told now. */
void sms_courier_look(struct sms_courier *c)
{
	const char *trouble = sms_modem_trouble(c->modem);

	if (!trouble || !trouble[0])
		return;
	for (struct job *j = c->jobs, *next; j; j = next) {
		next = j->next;
		if (j->notice && j->sent < j->count)
			settle(j, trouble);
	}
}

static void again_due(struct sdk_timer *t)
{
	struct job *j = t->user;

	j->resting = false;
	sms_courier_go_on(j->courier);
}

static void limit_reached(struct sdk_timer *t)
{
	struct job *j = t->user;
	struct sms_courier *c = j->courier;

	if (j->sent == j->count)
		settle(j, "the network has it; that the telephone has it was not reported");
	else
		settle(j, "not all of it could be sent in time");
	sms_courier_go_on(c);
}

static void remember(struct sms_courier *c, const struct job *j, uint8_t reference)
{
	c->remembered[c->remember_next].to = j->to;
	c->remembered[c->remember_next].reference = reference;
	c->remember_next = (c->remember_next + 1) % REMEMBERED;
}

static void part_taken(struct sms_courier *c, struct job *j, uint8_t reference)
{
	c->parts++;
	j->tries = 0;
	j->references[j->sent++] = reference;
	remember(c, j, reference);
	if (!j->notice) {
		end_job(j);
		return;
	}
	if (j->sent < j->count)
		return;
	if (!c->settings.confirm)
		settle(j, NULL);
	else
		sdk_loop_arm(c->loop, &j->limit, CONFIRM_LIMIT);
}

static void part_refused(struct sms_courier *c, struct job *j, const struct sms_modem_outcome *outcome)
{
	const char *trouble = sms_modem_trouble(c->modem);

	if (j->notice && !trouble && outcome->passing && ++j->tries < TRIES) {
		j->resting = true;
		sdk_loop_arm(c->loop, &j->again, AGAIN_AFTER);
		return;
	}
	settle(j, outcome->text);
}

void sms_courier_sent(struct sms_courier *c, const struct sms_modem_outcome *outcome)
{
	struct job *j = c->jobs;

	while (j && !j->under_way)
		j = j->next;
	if (!j)
		return;
	j->under_way = false;
	if (outcome->ok)
		part_taken(c, j, outcome->reference);
	else
		part_refused(c, j, outcome);
}

/* Of a job that waits for it: the last one settles it. */
static void confirm(struct sms_courier *c, const struct sms_pdu_report *report, bool delivered)
{
	for (struct job *j = c->jobs; j; j = j->next) {
		unsigned missing = 0;
		bool found = false;

		if (!j->notice || !sms_pdu_number_same(&j->to, &report->to))
			continue;
		for (unsigned i = 0; i < j->sent; i++) {
			if (!found && j->references[i] == report->reference && !j->delivered[i])
				found = j->delivered[i] = true;
			missing += !j->delivered[i];
		}
		if (!found)
			continue;
		if (!delivered)
			settle(j, sms_pdu_fate_text(report->status));
		else if (j->sent == j->count && missing == 0)
			settle(j, NULL);
		return;
	}
}

void sms_courier_reported(struct sms_courier *c, const struct sms_pdu_report *report)
{
	enum sms_pdu_fate fate = sms_pdu_fate(report->status);
	char shown[SHOWN_MAX];

	if (fate == SMS_PDU_PENDING)
		return;
	for (unsigned i = 0; i < REMEMBERED; i++) {
		if (c->remembered[i].reference != report->reference || !c->remembered[i].to.digits[0] ||
		    !sms_pdu_number_same(&c->remembered[i].to, &report->to))
			continue;
		c->remembered[i].to.digits[0] = '\0';
		if (fate == SMS_PDU_DELIVERED) {
			c->delivered++;
		} else {
			c->undelivered++;
			sms_pdu_number_shown(&report->to, shown);
			sdk_log_warning("a message to %s was not delivered: %s", shown,
					sms_pdu_fate_text(report->status));
		}
		if (c->settings.confirm)
			confirm(c, report, fate == SMS_PDU_DELIVERED);
		return;
	}
}

/* NULL, or why it cannot be sent. */
static const char *make_parts(struct sms_courier *c, struct job *j)
{
	const char *number = sdk_notifier_to(j->notice, "phone");
	int r;

	if (!number)
		return "the contact has no phone";
	if (sms_pdu_number(number, &j->to) < 0)
		return "the contact's phone is no number: expected 3 to 20 digits, with + or 00 before a country's "
		       "code";
	r = sms_pdu_submit(
		&(struct sms_pdu_message){ .to = j->to,
					   .centre = c->settings.centre.digits[0] ? &c->settings.centre : NULL,
					   .text = j->notice->text,
					   .reference = ++c->reference,
					   .parts_max = c->settings.parts_max,
					   .report = true },
		j->parts);
	if (r < 0)
		return "its text is no UTF-8";
	j->count = (unsigned)r;
	return NULL;
}

void sms_courier_begin(struct sms_courier *c, struct sdk_notice *notice)
{
	struct job *j = calloc(1, sizeof(*j)), **at = &c->jobs;
	const char *why;

	if (!j)
		abort();
	*j = (struct job){ .courier = c, .notice = notice, .urgent = notice->urgent };
	j->limit = (struct sdk_timer){ .due = limit_reached, .user = j };
	j->again = (struct sdk_timer){ .due = again_due, .user = j };
	while (*at)
		at = &(*at)->next;
	*at = j;
	why = make_parts(c, j);
	if (!why)
		why = sms_modem_trouble(c->modem);
	if (why && why[0]) {
		settle(j, why);
		return;
	}
	sdk_loop_arm(c->loop, &j->limit, notice->by_us - sdk_clock_now_us());
	sms_courier_go_on(c);
}

struct sms_courier *sms_courier_new(struct sdk_loop *loop, const struct sms_courier_settings *settings)
{
	struct sms_courier *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->settings = *settings;
	c->loop = loop;
	return c;
}

void sms_courier_use(struct sms_courier *c, struct sms_modem *modem)
{
	c->modem = modem;
}

void sms_courier_free(struct sms_courier *c)
{
	if (!c)
		return;
	while (c->jobs) {
		if (c->jobs->notice)
			sdk_notifier_drop(c->jobs->notice);
		end_job(c->jobs);
	}
	free(c);
}

void sms_courier_counters(const struct sms_courier *c, json_t *counters)
{
	json_object_set_new(counters, "parts", json_integer((json_int_t)c->parts));
	json_object_set_new(counters, "delivered", json_integer((json_int_t)c->delivered));
	json_object_set_new(counters, "undelivered", json_integer((json_int_t)c->undelivered));
}
