/* fuzz_sms.c: plugins/sms-notifier/: what a modem says, and what is made of a number and a text:
 *
 * - a line is never empty, never too long, and has only printable ASCII; the state of the modem has always a word;
 * - a report that is read has a number of digits;
 * - a number that is accepted has 3 to 20 digits, and one that is shown is mostly not;
 * - a text is at most as many parts as asked for, each of the length that the modem is told, none over 140 octets of data.
 *
 * Input: a line with a number, a line with a text, then what the modem says. */
#include "fuzz.h"

#include <errno.h>
#include <stdlib.h>

#include "sms-notifier/sms_at.h"
#include "sms-notifier/sms_pdu.h"
#include "sms-notifier/sms_state.h"

#define FRAME 28 /* most octets of a SUBMIT beside its text, with a message centre */

static void check_number(const char *text, struct sms_pdu_number *ret_number)
{
	char shown[12];

	if (sms_pdu_number(text, ret_number) < 0) {
		FUZZ_CLAIM(sms_pdu_number("+8613800230500", ret_number) == 0);
		return;
	}
	FUZZ_CLAIM(strlen(ret_number->digits) >= 3 && strlen(ret_number->digits) <= SMS_PDU_DIGITS_MAX);
	FUZZ_CLAIM(strspn(ret_number->digits, "0123456789") == strlen(ret_number->digits));
	FUZZ_CLAIM(sms_pdu_number_same(ret_number, ret_number));
	sms_pdu_number_shown(ret_number, shown);
	FUZZ_CLAIM(strlen(shown) <= strlen("…") + 4);
}

static void check_parts(const char *text, const struct sms_pdu_number *to)
{
	struct sms_pdu_part parts[SMS_PDU_PARTS_MAX];

	for (unsigned max = 1; max <= SMS_PDU_PARTS_MAX; max += 7) {
		int count = sms_pdu_submit(
			&(struct sms_pdu_message){
				.to = *to, .centre = max == 1 ? NULL : to, .text = text, .parts_max = max },
			parts);

		if (count < 0) {
			FUZZ_CLAIM(count == -EILSEQ);
			return;
		}
		FUZZ_CLAIM(count >= 1 && (unsigned)count <= max);
		for (int i = 0; i < count; i++) {
			size_t len = strlen(parts[i].hex), centre = max == 1 ? 1 : 2 + (strlen(to->digits) + 1) / 2;

			FUZZ_CLAIM(len % 2 == 0 && len / 2 == parts[i].octets + centre);
			FUZZ_CLAIM(parts[i].octets <= 140 + FRAME);
			FUZZ_CLAIM(strspn(parts[i].hex, "0123456789ABCDEF") == len);
		}
	}
}

static void check_line(const char *line, struct sms_state *state)
{
	struct sms_pdu_report report;
	struct sms_at_error error;
	char text[SMS_AT_ERROR_TEXT_MAX];
	int numbers[4] = { -7, -7, -7, -7 };
	size_t len = strlen(line);
	unsigned found;

	FUZZ_CLAIM(len > 0 && len < SMS_AT_LINE_MAX);
	for (size_t i = 0; i < len; i++)
		FUZZ_CLAIM(line[i] >= ' ' && line[i] < 0x7f);
	if (sms_at_end(line, &error) == SMS_AT_ERROR) {
		sms_at_error_text(&error, text);
		FUZZ_CLAIM(text[0]);
		sms_at_is_passing(&error);
	}
	found = sms_at_numbers(line, 4, numbers);
	FUZZ_CLAIM(found >= 1 && found <= 4);
	for (unsigned i = 0; i < 4; i++)
		FUZZ_CLAIM(i < found ? numbers[i] >= -1 && numbers[i] <= 9999 : numbers[i] == -7);
	sms_state_take(state, line);
	FUZZ_CLAIM(!sms_state_sim_trouble(state) || sms_state_sim_trouble(state)[0]);
	FUZZ_CLAIM(!sms_state_network_trouble(state) == sms_state_is_registered(state));
	FUZZ_CLAIM(state->dbm <= 0 && state->dbm >= -113);
	if (sms_pdu_report(line, &report) == 0) {
		FUZZ_CLAIM(strspn(report.to.digits, "0123456789") == strlen(report.to.digits));
		FUZZ_CLAIM(sms_pdu_fate(report.status) != SMS_PDU_FAILED || sms_pdu_fate_text(report.status)[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *number = fuzz_text(fuzz_line(&in)), *text = fuzz_text(fuzz_line(&in));
	struct sms_pdu_number to;
	struct sms_at_reader reader = { 0 };
	struct sms_state state = { 0 };

	check_number(number, &to);
	check_parts(text, &to);
	sms_state_forget(&state);
	while (in.left)
		if (sms_at_take(&reader, (char)fuzz_u8(&in)) == SMS_AT_LINE)
			check_line(reader.line, &state);
	free(number);
	free(text);
	return 0;
}
