/* What modems say: lines out of any pieces, ends of answers, and what they say of their SIM card and network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sms-notifier/sms_at.h"
#include "sms-notifier/sms_state.h"

/* The events as one text: lines in brackets, prompts as >. */
static const char *read_all(const char *said)
{
	static char text[4096];
	struct sms_at_reader r = { 0 };
	size_t len = 0;

	text[0] = '\0';
	for (; *said; said++) {
		enum sms_at_event event = sms_at_take(&r, *said);

		if (event == SMS_AT_LINE)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "[%s]", r.line);
		else if (event == SMS_AT_PROMPT)
			len += (size_t)snprintf(text + len, sizeof(text) - len, ">");
	}
	return text;
}

static void lines_end_as_modems_end_them(void **state)
{
	(void)state;
	assert_string_equal(read_all("\r\n+CSQ: 17,99\r\n\r\nOK\r\n"), "[+CSQ: 17,99][OK]");
	assert_string_equal(read_all("AT\rOK\n"), "[AT][OK]");
	assert_string_equal(read_all("OK"), "");
	assert_string_equal(read_all("\x01\x7fO\x80K\r"), "[OK]");
}

static void a_prompt_has_no_end_of_line(void **state)
{
	(void)state;
	assert_string_equal(read_all("\r\n> "), ">");
	assert_string_equal(read_all("\r\n> \r\n+CMGS: 5\r\n\r\nOK\r\n"), ">[+CMGS: 5][OK]");
}

static void a_line_without_an_end_is_passed_over(void **state)
{
	static struct sms_at_reader r;
	const char *end = "\r\nOK\r\n";

	(void)state;
	for (int i = 0; i < 5000; i++)
		assert_int_equal(sms_at_take(&r, 'x'), SMS_AT_NOTHING);
	assert_int_equal(r.too_long, 1);
	while (sms_at_take(&r, *end++) != SMS_AT_LINE)
		assert_true(*end);
	assert_string_equal(r.line, "OK");
}

static void the_ends_of_answers_are_known(void **state)
{
	struct sms_at_error e;

	(void)state;
	assert_int_equal(sms_at_end("OK", &e), SMS_AT_OK);
	assert_int_equal(sms_at_end("+CSQ: 17,99", &e), SMS_AT_MORE);
	assert_int_equal(sms_at_end("OKAY", &e), SMS_AT_MORE);
	assert_int_equal(sms_at_end("ERROR", &e), SMS_AT_ERROR);
	assert_int_equal(e.kind, SMS_AT_PLAIN);
	assert_int_equal(sms_at_end("+CMS ERROR: 331", &e), SMS_AT_ERROR);
	assert_int_equal(e.kind, SMS_AT_CMS);
	assert_int_equal(e.code, 331);
	assert_int_equal(sms_at_end("+CME ERROR: SIM not inserted", &e), SMS_AT_ERROR);
	assert_int_equal(e.kind, SMS_AT_CME);
	assert_int_equal(e.code, -1);
}

static void an_error_says_why_and_whether_it_passes(void **state)
{
	char text[SMS_AT_ERROR_TEXT_MAX];

	(void)state;
	sms_at_error_text(&(struct sms_at_error){ SMS_AT_CMS, 331 }, text);
	assert_string_equal(text, "no network service (CMS 331)");
	sms_at_error_text(&(struct sms_at_error){ SMS_AT_CME, 10 }, text);
	assert_string_equal(text, "no SIM card (CME 10)");
	sms_at_error_text(&(struct sms_at_error){ SMS_AT_CMS, 4711 }, text);
	assert_string_equal(text, "the modem refused it (CMS 4711)");
	sms_at_error_text(&(struct sms_at_error){ SMS_AT_PLAIN, -1 }, text);
	assert_string_equal(text, "the modem refused it");
	assert_true(sms_at_is_passing(&(struct sms_at_error){ SMS_AT_CMS, 42 }));
	assert_false(sms_at_is_passing(&(struct sms_at_error){ SMS_AT_CMS, 1 }));
	assert_false(sms_at_is_passing(&(struct sms_at_error){ SMS_AT_CME, 10 }));
}

static void numbers_of_a_list_are_read(void **state)
{
	int n[4];

	(void)state;
	assert_int_equal(sms_at_numbers("0,5,\"1A2B\",7", 4, n), 4);
	assert_int_equal(n[0], 0);
	assert_int_equal(n[1], 5);
	assert_int_equal(n[2], -1);
	assert_int_equal(n[3], 7);
	assert_int_equal(sms_at_numbers("\"S,R\",3", 2, n), 2);
	assert_int_equal(n[1], 3);
	assert_int_equal(sms_at_numbers("17", 2, n), 1);
	assert_int_equal(sms_at_numbers("", 2, n), 1);
	assert_int_equal(n[0], -1);
}

static void the_signal_is_told_in_dbm(void **state)
{
	(void)state;
	assert_int_equal(sms_at_dbm(0), -113);
	assert_int_equal(sms_at_dbm(31), -51);
	assert_int_equal(sms_at_dbm(99), 0);
	assert_int_equal(sms_at_dbm(-1), 0);
}

static struct sms_state told(const char *pin, const char *network)
{
	struct sms_state s = { 0 };

	sms_state_forget(&s);
	sms_state_take(&s, pin);
	sms_state_take(&s, network);
	return s;
}

static void what_keeps_it_from_sending_is_said(void **state)
{
	struct sms_state s = told("+CPIN: READY", "+CREG: 0,1");

	(void)state;
	assert_null(sms_state_sim_trouble(&s));
	assert_null(sms_state_network_trouble(&s));
	s = told("+CPIN: READY", "+CREG: 0,2");
	assert_string_equal(sms_state_network_trouble(&s), "no network");
	s = told("+CPIN: READY", "+CEREG: 0,3");
	assert_string_equal(sms_state_network_trouble(&s), "the network does not let the SIM card in");
	s = told("+CPIN: READY", "+CREG: 2,5,\"1A2B\",\"01F3\",7");
	assert_null(sms_state_network_trouble(&s));
	/* Said unasked: it is no answer. */
	s = told("+CPIN: READY", "+CREG: 1");
	assert_string_equal(sms_state_network_trouble(&s), "no network");
	s = told("", "");
	assert_string_equal(sms_state_sim_trouble(&s), "no SIM card");
	s = told("+CPIN: SIM PIN", "");
	assert_true(sms_state_wants_pin(&s));
	assert_non_null(strstr(sms_state_sim_trouble(&s), "pin_credential"));
	s.pin_tried = true;
	assert_non_null(strstr(sms_state_sim_trouble(&s), "refuses the PIN"));
	/* One that was right is given again when the modem has lost its power. */
	sms_state_take(&s, "+CPIN: READY");
	assert_false(s.pin_tried);
	s = told("+CPIN: SIM PUK", "");
	assert_non_null(strstr(sms_state_sim_trouble(&s), "PUK"));
	s = told("+CPIN: PH-NET PIN", "");
	assert_string_equal(sms_state_sim_trouble(&s), "the SIM card is not ready");
}

static void a_modem_that_has_begun_anew_is_known(void **state)
{
	(void)state;
	assert_true(sms_at_is_restart("RDY"));
	assert_true(sms_at_is_restart("^SYSSTART"));
	assert_false(sms_at_is_restart("+CREG: 1"));
	assert_false(sms_at_is_restart("OK"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_as_modems_end_them),
		cmocka_unit_test(a_prompt_has_no_end_of_line),
		cmocka_unit_test(a_line_without_an_end_is_passed_over),
		cmocka_unit_test(the_ends_of_answers_are_known),
		cmocka_unit_test(an_error_says_why_and_whether_it_passes),
		cmocka_unit_test(numbers_of_a_list_are_read),
		cmocka_unit_test(the_signal_is_told_in_dbm),
		cmocka_unit_test(what_keeps_it_from_sending_is_said),
		cmocka_unit_test(a_modem_that_has_begun_anew_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
