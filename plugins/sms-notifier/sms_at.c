#include "sms-notifier/sms_at.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void begin(struct sms_at_reader *r)
{
	r->len = 0;
	r->done = false;
}

enum sms_at_event sms_at_take(struct sms_at_reader *r, char c)
{
	if (r->done)
		begin(r);
	if (c == '\r' || c == '\n') {
		bool whole = r->len > 0 && !r->skipping;

		r->line[r->len] = '\0';
		r->skipping = false;
		r->done = true;
		return whole ? SMS_AT_LINE : SMS_AT_NOTHING;
	}
	if ((unsigned char)c < ' ' || (unsigned char)c >= 0x7f || r->skipping)
		return SMS_AT_NOTHING;
	if (r->len == 0 && c == ' ')
		return SMS_AT_NOTHING;
	if (r->len == 0 && c == '>')
		return SMS_AT_PROMPT;
	if (r->len + 1 == sizeof(r->line)) {
		r->skipping = true;
		r->too_long++;
		r->len = 0;
		return SMS_AT_NOTHING;
	}
	r->line[r->len++] = c;
	return SMS_AT_NOTHING;
}

const char *sms_at_behind(const char *line, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(line, prefix, len) != 0)
		return NULL;
	return line + len + strspn(line + len, " ");
}

static int code_of(const char *text)
{
	char *end;
	long code = strtol(text, &end, 10);

	return end == text || code < 0 || code > 9999 ? -1 : (int)code;
}

enum sms_at_end sms_at_end(const char *line, struct sms_at_error *ret_error)
{
	static const char *const plain[] = { "ERROR", "NO CARRIER", "BUSY", "COMMAND NOT SUPPORT",
					     "TOO MANY PARAMETERS" };
	const char *code;

	*ret_error = (struct sms_at_error){ SMS_AT_PLAIN, -1 };
	if (strcmp(line, "OK") == 0)
		return SMS_AT_OK;
	for (size_t i = 0; i < COUNT(plain); i++)
		if (strcmp(line, plain[i]) == 0)
			return SMS_AT_ERROR;
	if ((code = sms_at_behind(line, "+CMS ERROR:")))
		*ret_error = (struct sms_at_error){ SMS_AT_CMS, code_of(code) };
	else if ((code = sms_at_behind(line, "+CME ERROR:")))
		*ret_error = (struct sms_at_error){ SMS_AT_CME, code_of(code) };
	return code ? SMS_AT_ERROR : SMS_AT_MORE;
}

/* TS 27.005, 3.2.5 with TS 24.011, annex E, and TS 23.040, 9.2.3.22; TS 27.007, 9.2. */
static const struct {
	int kind, code;
	bool passing;
	const char *text;
} errors[] = {
	{ SMS_AT_CMS, 1, false, "nobody has this number" },
	{ SMS_AT_CMS, 8, false, "barred by the operator" },
	{ SMS_AT_CMS, 10, false, "the SIM card may not send" },
	{ SMS_AT_CMS, 21, false, "the network refused it" },
	{ SMS_AT_CMS, 27, true, "the other telephone's network is out of order" },
	{ SMS_AT_CMS, 28, false, "the network does not know this number" },
	{ SMS_AT_CMS, 29, false, "the network refused it" },
	{ SMS_AT_CMS, 30, false, "the network does not know this number" },
	{ SMS_AT_CMS, 38, true, "the network is out of order" },
	{ SMS_AT_CMS, 41, true, "the network is disturbed" },
	{ SMS_AT_CMS, 42, true, "the network is congested" },
	{ SMS_AT_CMS, 47, true, "the network has no room" },
	{ SMS_AT_CMS, 50, false, "the contract has no short messages" },
	{ SMS_AT_CMS, 69, false, "the contract has no short messages" },
	{ SMS_AT_CMS, 193, true, "the message centre is busy" },
	{ SMS_AT_CMS, 300, true, "the modem failed" },
	{ SMS_AT_CMS, 302, false, "the modem does not allow it" },
	{ SMS_AT_CMS, 304, false, "the modem does not take this message" },
	{ SMS_AT_CMS, 310, false, "no SIM card" },
	{ SMS_AT_CMS, 311, false, "the SIM card wants its PIN" },
	{ SMS_AT_CMS, 313, false, "the SIM card failed" },
	{ SMS_AT_CMS, 314, true, "the SIM card is busy" },
	{ SMS_AT_CMS, 316, false, "the SIM card wants its PUK" },
	{ SMS_AT_CMS, 330, false, "no message centre is known: set option 'centre'" },
	{ SMS_AT_CMS, 331, true, "no network service" },
	{ SMS_AT_CMS, 332, true, "the network did not answer in time" },
	{ SMS_AT_CMS, 500, true, "the modem does not say why" },
	{ SMS_AT_CME, 10, false, "no SIM card" },
	{ SMS_AT_CME, 11, false, "the SIM card wants its PIN" },
	{ SMS_AT_CME, 12, false, "the SIM card wants its PUK" },
	{ SMS_AT_CME, 13, false, "the SIM card failed" },
	{ SMS_AT_CME, 14, true, "the SIM card is busy" },
	{ SMS_AT_CME, 15, false, "the SIM card is of a wrong kind" },
	{ SMS_AT_CME, 16, false, "the SIM card refuses the PIN" },
	{ SMS_AT_CME, 30, true, "no network service" },
	{ SMS_AT_CME, 31, true, "the network did not answer in time" },
	{ SMS_AT_CME, 32, false, "the network allows emergency calls only" },
};

void sms_at_error_text(const struct sms_at_error *e, char ret_text[static SMS_AT_ERROR_TEXT_MAX])
{
	const char *text = "the modem refused it", *kind = e->kind == SMS_AT_CMS ? "CMS" : "CME";

	for (size_t i = 0; i < COUNT(errors); i++)
		if (errors[i].kind == (int)e->kind && errors[i].code == e->code)
			text = errors[i].text;
	if (e->kind == SMS_AT_PLAIN || e->code < 0)
		snprintf(ret_text, SMS_AT_ERROR_TEXT_MAX, "%s", text);
	else
		snprintf(ret_text, SMS_AT_ERROR_TEXT_MAX, "%s (%s %d)", text, kind, e->code);
}

bool sms_at_is_passing(const struct sms_at_error *e)
{
	for (size_t i = 0; i < COUNT(errors); i++)
		if (errors[i].kind == (int)e->kind && errors[i].code == e->code)
			return errors[i].passing;
	/* 512 and on are a maker's own; a bare ERROR says nothing. */
	return e->kind == SMS_AT_PLAIN || e->code >= 500;
}

unsigned sms_at_numbers(const char *list, unsigned count, int ret_numbers[])
{
	unsigned found = 0;

	while (found < count) {
		bool quoted = *list == '"';
		size_t len;

		ret_numbers[found++] = code_of(list + strspn(list, " "));
		len = quoted ? 1 + strcspn(list + 1, "\"") : strcspn(list, ",");
		if (quoted) {
			ret_numbers[found - 1] = -1;
			len += strcspn(list + len, ",");
		}
		if (list[len] != ',')
			break;
		list += len + 1;
	}
	return found;
}

bool sms_at_is_restart(const char *line)
{
	static const char *const first[] = { "RDY",       "^SYSSTART", "*EMRDY: 1", "PB DONE",
					     "SMS READY", "SMS Ready", "START" };

	for (size_t i = 0; i < COUNT(first); i++)
		if (strcmp(line, first[i]) == 0)
			return true;
	return strncmp(line, "^BOOT:", 6) == 0;
}

int sms_at_dbm(int rssi)
{
	return rssi < 0 || rssi > 31 ? 0 : -113 + 2 * rssi;
}
