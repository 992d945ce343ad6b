#include "sms-notifier/sms_state.h"

#include <stdio.h>
#include <string.h>

#include "sms-notifier/sms_at.h"

#define DENIED 3

void sms_state_forget(struct sms_state *s)
{
	s->sim[0] = '\0';
	s->registered = -1;
	s->dbm = 0;
}

static bool is_registered(int registration)
{
	/* At home, roaming, and both "for short messages only". */
	return registration == 1 || registration == 5 || registration == 6 || registration == 7;
}

/* "0,1" answers; what is said unasked begins with the state. */
static int registration_of(const char *list)
{
	int n[2];

	return sms_at_numbers(list, 2, n) == 2 ? n[1] : -1;
}

void sms_state_take(struct sms_state *s, const char *line)
{
	const char *list;
	int n;

	if ((list = sms_at_behind(line, "+CPIN:"))) {
		snprintf(s->sim, sizeof(s->sim), "%s", list);
		if (strcmp(s->sim, "READY") == 0)
			s->pin_tried = false; /* it was right: a modem that loses its power asks for it again */
	} else if ((list = sms_at_behind(line, "+CSQ:")) && sms_at_numbers(list, 1, &n) == 1)
		s->dbm = sms_at_dbm(n);
	else if ((list = sms_at_behind(line, "+CREG:")) && registration_of(list) >= 0)
		s->registered = registration_of(list);
	else if ((list = sms_at_behind(line, "+CEREG:")) &&
		 (is_registered(registration_of(list)) || registration_of(list) == DENIED))
		s->registered = registration_of(list); /* of LTE: says more than "not there" of the older network */
}

bool sms_state_wants_pin(const struct sms_state *s)
{
	return strcmp(s->sim, "SIM PIN") == 0;
}

bool sms_state_is_registered(const struct sms_state *s)
{
	return is_registered(s->registered);
}

const char *sms_state_sim_trouble(const struct sms_state *s)
{
	if (strcmp(s->sim, "READY") == 0)
		return NULL;
	if (sms_state_wants_pin(s) && s->pin_trouble)
		return s->pin_trouble;
	if (sms_state_wants_pin(s))
		return s->pin_tried ? "the SIM card refuses the PIN; it is not tried again before a restart, for three "
				      "wrong ones lock the card"
				    : "the SIM card wants its PIN: set option 'pin_credential'";
	if (strcmp(s->sim, "SIM PUK") == 0)
		return "the SIM card is locked and wants its PUK: unlock it in a telephone";
	return s->sim[0] ? "the SIM card is not ready" : "no SIM card";
}

const char *sms_state_network_trouble(const struct sms_state *s)
{
	if (sms_state_is_registered(s))
		return NULL;
	return s->registered == DENIED ? "the network does not let the SIM card in" : "no network";
}
