/* sms_state.h: what a modem has said of its SIM card, its network and the signal. Pure. */
#pragma once

#include <stdbool.h>

struct sms_state {
	char sim[32];   /* "READY", "SIM PIN", …; "": nothing was said */
	int registered; /* of +CREG (3GPP TS 27.007, 7.2); -1: nothing was said */
	int dbm;        /* 0: not known */
	bool pin_tried;
	const char *pin_trouble; /* why it could not be tried; lent */
};

/* Before it is asked anew. What is known of the PIN stays. */
void sms_state_forget(struct sms_state *s);
/* A line of an answer; others are passed over. */
void sms_state_take(struct sms_state *s, const char *line);
bool sms_state_wants_pin(const struct sms_state *s);
bool sms_state_is_registered(const struct sms_state *s);
/* Why it cannot send; NULL: it can. */
const char *sms_state_sim_trouble(const struct sms_state *s);
const char *sms_state_network_trouble(const struct sms_state *s);
