#include "sms-notifier/sms_modem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_clock.h"
#include "sdk/sdk_log.h"
#include "sms-notifier/sms_at.h"
#include "sms-notifier/sms_port.h"
#include "sms-notifier/sms_state.h"

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define ROUND_EVERY  (30 * SDK_CLOCK_S)
#define TRY_AGAIN    (2 * SDK_CLOCK_S)
#define ANSWER_LIMIT (3 * SDK_CLOCK_S)
#define SIM_LIMIT    (10 * SDK_CLOCK_S)
#define PROMPT_LIMIT (5 * SDK_CLOCK_S)
#define SEND_LIMIT   (40 * SDK_CLOCK_S) /* networks answer within seconds, and promise nothing */
#define SILENT_MAX   3                  /* then the line is opened anew */
#define SEARCH_LIMIT (40 * SDK_CLOCK_S) /* how long a modem that has just been opened may look for its network */
#define SEARCH_AGAIN (2 * SDK_CLOCK_S)
#define TROUBLE_MAX  640 /* with why a secret cannot be read */
#define STORED_MAX   16  /* reports that wait in the modem's memory */
#define CTRL_Z       0x1a

struct sms_modem;

/* One command of those that make a modem ready, or look whether it is. */
struct step {
	const char *command; /* NULL: `write` makes it, or finds that there is nothing to ask */
	bool (*write)(struct sms_modem *m, char ret_command[static 64]);
	int64_t limit_us;
	/* NULL: an error is passed over. Else what is to be said of it; the steps end there. */
	const char *needed;
};

enum under_way {
	NOTHING,
	STEP,
	WANTS_PROMPT, /* AT+CMGS= was said */
	WANTS_RESULT, /* the PDU was said */
	FETCH,        /* a stored report: its memory is chosen, it is read, it is deleted */
};

struct sms_modem {
	struct sms_modem_settings settings;
	struct sms_modem_calls calls;
	struct sdk_loop *loop;
	struct sms_port *port;
	struct sdk_timer limit, next; /* of the command; of the next round, or of the next try */

	enum under_way way;
	const struct step *step; /* NULL: none is left */
	const struct sms_pdu_part *part;
	int reference; /* of the part under way; -1: none was said */
	struct stored {
		char memory[8]; /* that it lies in, as the modem names it; "": it does not say */
		int index;
		enum { CHOOSE, READ, DELETE } next;
	} stored[STORED_MAX];
	unsigned stored_count;
	bool report_follows; /* the next line is the PDU of a report */

	bool known, ready;
	unsigned silent;
	struct sms_state state;
	int64_t opened_us;
	char pin_trouble[TROUBLE_MAX];
	char trouble[TROUBLE_MAX];
	struct sms_modem_counts counts;
};

static const char escape[] = "\x1b\r"; /* ends the waiting for a PDU */

static void go_on(struct sms_modem *m);

const char *sms_modem_trouble(const struct sms_modem *m)
{
	if (m->trouble[0])
		return m->trouble;
	return m->known ? NULL : "";
}

bool sms_modem_is_idle(const struct sms_modem *m)
{
	return m->ready && m->way == NOTHING && !m->step;
}

int sms_modem_dbm(const struct sms_modem *m)
{
	return m->ready ? m->state.dbm : 0;
}

struct sms_modem_counts sms_modem_counts(const struct sms_modem *m)
{
	struct sms_modem_counts counts = m->counts;

	counts.long_lines = sms_port_long_lines(m->port);
	return counts;
}

/* The line. */

static void say(struct sms_modem *m, const char *text, int64_t limit_us)
{
	sms_port_say(m->port, text); /* a modem that takes nothing does not answer either */
	sdk_loop_arm(m->loop, &m->limit, limit_us);
}

static void say_command(struct sms_modem *m, const char *command, int64_t limit_us)
{
	char line[80];

	snprintf(line, sizeof(line), "%s\r", command);
	say(m, line, limit_us);
	explicit_bzero(line, sizeof(line));
}

static void forget_line(struct sms_modem *m)
{
	sdk_loop_disarm(m->loop, &m->limit);
	m->stored_count = 0;
	m->report_follows = false;
	m->way = NOTHING;
	m->step = NULL;
}

/* What becomes of things. */

static void tell_sent(struct sms_modem *m, const struct sms_modem_outcome *outcome)
{
	if (!m->part)
		return;
	m->part = NULL;
	m->calls.sent(m->calls.user, outcome);
}

static void drop_stored(struct sms_modem *m)
{
	m->stored_count--;
	memmove(m->stored, m->stored + 1, m->stored_count * sizeof(m->stored[0]));
}

/* The steps begin anew in a moment, from the first one. */
static void in_trouble(struct sms_modem *m, const char *text)
{
	if (m->way == FETCH)
		drop_stored(m); /* one that a modem cannot give must not bring it into trouble for ever */
	m->report_follows = false;
	sdk_loop_disarm(m->loop, &m->limit);
	m->way = NOTHING;
	m->step = NULL;
	snprintf(m->trouble, sizeof(m->trouble), "%s", text);
	m->known = true;
	m->ready = false;
	m->calls.changed(m->calls.user);
	tell_sent(m, &(struct sms_modem_outcome){ .text = text, .passing = true });
	sdk_loop_arm(m->loop, &m->next, TRY_AGAIN);
}

static void line_lost(void *user, const char *why)
{
	struct sms_modem *m = user;
	char text[TROUBLE_MAX];

	forget_line(m);
	snprintf(text, sizeof(text), "no modem at %s: %s", m->settings.port, why);
	in_trouble(m, text);
}

/* The steps. */

/* Where the card wants its PIN, and once only: three wrong ones lock it. */
static bool write_pin(struct sms_modem *m, char ret_command[static 64])
{
	char pin[SDK_SECRET_MAX], why[SDK_SECRET_WHY_MAX];
	int len;

	if (!sms_state_wants_pin(&m->state) || m->state.pin_tried || !sdk_secret_given(&m->settings.pin))
		return false;
	m->pin_trouble[0] = '\0';
	len = sdk_secret_read(&m->settings.pin, pin, why);
	if (len < 0)
		snprintf(m->pin_trouble, sizeof(m->pin_trouble), "the SIM card wants its PIN: %s", why);
	else if (len < 4 || len > 8 || strspn(pin, "0123456789") != (size_t)len)
		snprintf(m->pin_trouble, sizeof(m->pin_trouble), "the PIN of the SIM card: expected 4 to 8 digits");
	else {
		snprintf(ret_command, 64, "AT+CPIN=\"%.8s\"", pin);
		m->state.pin_tried = true;
		sdk_log_info("the SIM card is given its PIN");
	}
	explicit_bzero(pin, sizeof(pin));
	m->state.pin_trouble = m->pin_trouble[0] ? m->pin_trouble : NULL;
	return m->state.pin_tried;
}

/* Asked again where a PIN was given: a card may take a moment. */
static bool ask_sim_again(struct sms_modem *m, char ret_command[static 64])
{
	if (!sms_state_wants_pin(&m->state))
		return false;
	snprintf(ret_command, 64, "AT+CPIN?");
	return true;
}

static bool ask_lte(struct sms_modem *m, char ret_command[static 64])
{
	if (sms_state_is_registered(&m->state))
		return false;
	snprintf(ret_command, 64, "AT+CEREG?");
	return true;
}

static const struct step starting[] = {
	{ .command = "AT", .limit_us = ANSWER_LIMIT, .needed = "the modem answers with an error" },
	{ .command = "ATE0", .limit_us = ANSWER_LIMIT },
	{ .command = "AT+CMEE=1", .limit_us = ANSWER_LIMIT },
	{ .command = "AT+CPIN?", .limit_us = SIM_LIMIT, .needed = "" },
	{ .write = write_pin, .limit_us = SIM_LIMIT, .needed = "the SIM card refuses the PIN" },
	{ .write = ask_sim_again, .limit_us = SIM_LIMIT, .needed = "" },
	{ .command = "AT+CMGF=0", .limit_us = ANSWER_LIMIT, .needed = "the modem has no PDU mode" },
	{ .command = "AT+CSMS=0", .limit_us = ANSWER_LIMIT },
	{ .command = "AT+CNMI=2,0,0,2,0", .limit_us = ANSWER_LIMIT }, /* where it cannot do the next: kept, and told */
	{ .command = "AT+CNMI=2,0,0,1,0", .limit_us = ANSWER_LIMIT }, /* delivery reports come as they are */
	{ .command = "AT+CREG=0", .limit_us = ANSWER_LIMIT },
	{ 0 },
};

static const struct step looking[] = {
	{ .command = "AT+CPIN?", .limit_us = SIM_LIMIT, .needed = "" },
	{ .command = "AT+CREG?", .limit_us = ANSWER_LIMIT },
	{ .write = ask_lte, .limit_us = ANSWER_LIMIT },
	{ .command = "AT+CSQ", .limit_us = ANSWER_LIMIT },
	{ 0 },
};

/* One that was switched on a moment ago looks for its network: nothing is known yet. */
static bool still_searches(const struct sms_modem *m)
{
	return !m->known && m->state.registered != 3 && sdk_clock_now_us() - m->opened_us < SEARCH_LIMIT;
}

static void steps_done(struct sms_modem *m, const struct step *which)
{
	const char *why = sms_state_sim_trouble(&m->state);

	if (!why && which == starting) {
		m->step = looking;
		go_on(m);
		return;
	}
	if (!why)
		why = sms_state_network_trouble(&m->state);
	m->silent = 0;
	m->step = NULL;
	if (why && !sms_state_sim_trouble(&m->state) && still_searches(m)) {
		sdk_loop_arm(m->loop, &m->next, SEARCH_AGAIN);
		return;
	}
	if (why) {
		in_trouble(m, why);
		return;
	}
	sdk_loop_arm(m->loop, &m->next, ROUND_EVERY);
	m->known = m->ready = true;
	m->trouble[0] = '\0';
	m->calls.changed(m->calls.user);
	go_on(m);
}

static const struct step *first_of(const struct step *step)
{
	return step >= starting && step < starting + COUNT(starting) ? starting : looking;
}

static void begin_step(struct sms_modem *m)
{
	char command[64] = "";

	while (m->step->limit_us && !m->step->command && !m->step->write(m, command))
		m->step++;
	if (!m->step->limit_us) {
		steps_done(m, first_of(m->step));
		return;
	}
	m->way = STEP;
	say_command(m, m->step->command ? m->step->command : command, m->step->limit_us);
	explicit_bzero(command, sizeof(command));
}

/* Reports that the modem has kept. */

/* What a modem reads and deletes is of the memory that was chosen last: in another one a message of somebody else has the same index. */
static void begin_fetch(struct sms_modem *m)
{
	const struct stored *s = &m->stored[0];
	char command[64];

	m->way = FETCH;
	if (s->next == CHOOSE)
		snprintf(command, sizeof(command), "AT+CPMS=\"%s\"", s->memory);
	else
		snprintf(command, sizeof(command), "AT+CMG%c=%d", s->next == DELETE ? 'D' : 'R', s->index);
	say_command(m, command, ANSWER_LIMIT);
}

static void end_fetch(struct sms_modem *m, const struct sms_at_error *error)
{
	if (error || m->stored[0].next == DELETE)
		drop_stored(m);
	else
		m->stored[0].next++;
}

static void go_on(struct sms_modem *m)
{
	if (m->way != NOTHING || !sms_port_is_open(m->port))
		return;
	if (m->step)
		begin_step(m);
	else if (m->ready && m->stored_count)
		begin_fetch(m);
	else if (m->ready)
		m->calls.idle(m->calls.user);
}

/* Answers. */

static void end_send(struct sms_modem *m, const struct sms_at_error *error)
{
	char text[SMS_AT_ERROR_TEXT_MAX];

	m->way = NOTHING;
	if (!error && m->reference >= 0) {
		tell_sent(m, &(struct sms_modem_outcome){ .ok = true, .reference = (uint8_t)m->reference });
		return;
	}
	if (!error) { /* its number is always said: rather twice than not at all */
		tell_sent(m, &(struct sms_modem_outcome){ .text = "the modem does not say that it has left",
							  .passing = true });
		return;
	}
	sms_at_error_text(error, text);
	sdk_loop_arm(m->loop, &m->next, 0); /* is it still ready? */
	tell_sent(m, &(struct sms_modem_outcome){ .text = text, .passing = sms_at_is_passing(error) });
}

static void step_failed(struct sms_modem *m, const struct sms_at_error *error)
{
	char text[SMS_AT_ERROR_TEXT_MAX];

	if (m->step->needed[0]) {
		in_trouble(m, m->step->needed);
		return;
	}
	sms_at_error_text(error, text);
	in_trouble(m, error->kind == SMS_AT_PLAIN ? "no SIM card" : text);
}

static void command_ended(struct sms_modem *m, const struct sms_at_error *error)
{
	enum under_way was = m->way;

	sdk_loop_disarm(m->loop, &m->limit);
	if (was == WANTS_PROMPT || was == WANTS_RESULT) {
		end_send(m, error);
	} else if (was == FETCH) {
		m->way = NOTHING;
		end_fetch(m, error);
	} else if (was == STEP) {
		m->way = NOTHING;
		if (error && m->step->needed) {
			step_failed(m, error);
			return;
		}
		m->step++;
	}
	go_on(m);
}

static void take_report(struct sms_modem *m, const char *pdu)
{
	struct sms_pdu_report report;

	if (sms_pdu_report(pdu, &report) == 0)
		m->calls.reported(m->calls.user, &report);
	else if (m->counts.bad_reports++ == 0)
		sdk_log_warning("a delivery report of the modem could not be read; more are only counted");
}

/* It has lost power, or crashed: what was under way is not known to have left. */
static void modem_restarted(struct sms_modem *m)
{
	m->counts.restarts++;
	sdk_log_warning("the modem at %s has started anew", m->settings.port);
	in_trouble(m, "the modem has started anew");
}

/* "SR",3 */
static void add_stored(struct sms_modem *m, const char *list)
{
	struct stored s = { .next = READ };
	size_t len = *list == '"' ? strspn(list + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") : 0;
	int n[2];

	if (sms_at_numbers(list, 2, n) != 2 || n[1] < 0 || m->stored_count == STORED_MAX || len >= sizeof(s.memory))
		return;
	s.index = n[1];
	if (len) {
		memcpy(s.memory, list + 1, len);
		s.next = CHOOSE;
	}
	m->stored[m->stored_count++] = s;
}

/* True: the line was said unasked, and is settled. */
static bool take_unasked(struct sms_modem *m, const char *line)
{
	const char *list = sms_at_behind(line, "+CDSI:");

	if (list) {
		add_stored(m, list);
		return true;
	}
	if (sms_at_behind(line, "+CDS:") || (m->way == FETCH && sms_at_behind(line, "+CMGR:"))) {
		m->report_follows = true;
		return true;
	}
	/* Commands of the start bring some of these lines out too. */
	if (sms_at_is_restart(line) && (m->ready || m->part)) {
		modem_restarted(m);
		return true;
	}
	return false;
}

static void take_line(void *user, const char *line)
{
	struct sms_modem *m = user;
	struct sms_at_error error;
	const char *list;
	int reference;
	enum sms_at_end end = sms_at_end(line, &error);
	bool is_report = m->report_follows && end == SMS_AT_MORE; /* an empty place of the memory has no PDU */

	m->report_follows = false;
	if (is_report) {
		take_report(m, line);
		return;
	}
	if (take_unasked(m, line)) {
		go_on(m);
		return;
	}
	switch (end) {
	case SMS_AT_OK:
		/* Of something earlier, where a prompt is waited for: nothing of the message was said yet. */
		if (m->way != WANTS_PROMPT)
			command_ended(m, NULL);
		return;
	case SMS_AT_ERROR: command_ended(m, &error); return;
	case SMS_AT_MORE: break;
	}
	if (m->way == WANTS_RESULT && (list = sms_at_behind(line, "+CMGS:")) &&
	    sms_at_numbers(list, 1, &reference) == 1 && reference >= 0 && reference <= UINT8_MAX)
		m->reference = reference;
	else if (m->way == STEP)
		sms_state_take(&m->state, line);
}

static void take_prompt(void *user)
{
	struct sms_modem *m = user;
	char pdu[SMS_PDU_HEX_MAX + 2];

	/* It would take what it is told next for a message. */
	if (m->way != WANTS_PROMPT) {
		sms_port_say(m->port, escape);
		return;
	}
	m->way = WANTS_RESULT;
	snprintf(pdu, sizeof(pdu), "%s%c", m->part->hex, CTRL_Z);
	say(m, pdu, SEND_LIMIT);
}

/* No answer in time. What a modem was told before may still lie in its buffer: an escape ends a PDU that it waits for. */
static void silent(struct sdk_timer *t)
{
	struct sms_modem *m = t->user;
	char text[TROUBLE_MAX];

	m->counts.silences++;
	if (m->way == WANTS_RESULT) {
		say(m, escape, ANSWER_LIMIT);
		in_trouble(m, "the network did not answer in time");
		return;
	}
	say(m, escape, ANSWER_LIMIT);
	if (++m->silent >= SILENT_MAX) {
		m->silent = 0;
		sms_port_close(m->port);
		forget_line(m);
	}
	snprintf(text, sizeof(text), "the modem at %s does not answer with %lld baud", m->settings.port,
		 (long long)m->settings.baud);
	in_trouble(m, text);
}

static void begin(struct sms_modem *m)
{
	sms_state_forget(&m->state);
	m->step = starting;
	go_on(m);
}

static void open_line(struct sms_modem *m)
{
	int r;

	if (sms_port_is_open(m->port)) {
		begin(m);
		return;
	}
	r = sms_port_open(m->port, m->settings.port, m->settings.baud);
	if (r < 0) {
		line_lost(m, r == -EBUSY ? "another program uses it" : strerror(-r));
		return;
	}
	m->counts.opened++;
	m->opened_us = sdk_clock_now_us();
	begin(m);
}

static void next_due(struct sdk_timer *t)
{
	struct sms_modem *m = t->user;

	if (!m->ready) {
		open_line(m);
		return;
	}
	/* Between two parts: a round waits for what is under way. */
	if (m->way != NOTHING) {
		sdk_loop_arm(m->loop, t, SDK_CLOCK_S);
		return;
	}
	sms_state_forget(&m->state);
	m->step = looking;
	go_on(m);
}

void sms_modem_send(struct sms_modem *m, const struct sms_pdu_part *part)
{
	char command[64];

	m->part = part;
	m->reference = -1;
	m->way = WANTS_PROMPT;
	snprintf(command, sizeof(command), "AT+CMGS=%u", part->octets);
	say_command(m, command, PROMPT_LIMIT);
}

struct sms_modem *sms_modem_new(struct sdk_loop *loop, const struct sms_modem_settings *settings,
				const struct sms_modem_calls *calls)
{
	struct sms_modem *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	m->settings = *settings;
	m->calls = *calls;
	m->loop = loop;
	m->port = sms_port_new(loop, &(struct sms_port_calls){
					     .user = m, .line = take_line, .prompt = take_prompt, .lost = line_lost });
	m->limit = (struct sdk_timer){ .due = silent, .user = m };
	m->next = (struct sdk_timer){ .due = next_due, .user = m };
	sdk_loop_arm(loop, &m->next, 0);
	return m;
}

void sms_modem_free(struct sms_modem *m)
{
	if (!m)
		return;
	forget_line(m);
	sms_port_free(m->port);
	sdk_loop_disarm(m->loop, &m->next);
	free(m);
}
