/* Short messages in PDU mode: the examples that 3GPP TS 23.038 and 23.040 are usually explained with, and lengths around each
 * boundary, put together again as a telephone does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sms-notifier/sms_gsm7.h"
#include "sms-notifier/sms_pdu.h"

static struct sms_pdu_number number(const char *text)
{
	struct sms_pdu_number n;

	assert_int_equal(sms_pdu_number(text, &n), 0);
	return n;
}

static int submit(const char *text, unsigned parts_max, struct sms_pdu_part parts[SMS_PDU_PARTS_MAX])
{
	return sms_pdu_submit(
		&(struct sms_pdu_message){
			.to = number("+46708251358"), .text = text, .reference = 0x5a, .parts_max = parts_max },
		parts);
}

static unsigned octet(const char *hex, size_t at)
{
	unsigned value;

	assert_int_equal(sscanf(hex + 2 * at, "%2x", &value), 1);
	return value;
}

static void a_text_of_the_seven_bit_alphabet_is_packed(void **state)
{
	struct sms_pdu_part parts[SMS_PDU_PARTS_MAX];

	(void)state;
	assert_int_equal(submit("hellohello", 4, parts), 1);
	assert_string_equal(parts[0].hex, "0011000B916407281553F80000A70AE8329BFD4697D9EC37");
	assert_int_equal(parts[0].octets, strlen(parts[0].hex) / 2 - 1);
}

static void a_chinese_text_goes_as_ucs2(void **state)
{
	struct sms_pdu_part parts[SMS_PDU_PARTS_MAX];

	(void)state;
	assert_int_equal(submit("困人", 4, parts), 1);
	assert_string_equal(parts[0].hex, "0011000B916407281553F80008A70456F04EBA");
}

static void a_message_centre_a_national_number_and_a_report_are_asked_for(void **state)
{
	struct sms_pdu_number centre = number("+8613800230500");
	struct sms_pdu_message m = {
		.to = number("1380013"), .centre = &centre, .text = "a", .parts_max = 1, .report = true
	};
	struct sms_pdu_part parts[SMS_PDU_PARTS_MAX];

	(void)state;
	assert_int_equal(sms_pdu_submit(&m, parts), 1);
	assert_string_equal(parts[0].hex, "0891683108200305F031000781310810F30000A70161");
	assert_int_equal(parts[0].octets, strlen(parts[0].hex) / 2 - 9);
}

static void a_brace_takes_two_septets_and_a_euro_too(void **state)
{
	uint8_t s[2];

	(void)state;
	assert_int_equal(sms_gsm7_septets('{', s), 2);
	assert_int_equal(s[0], SMS_GSM7_ESCAPE);
	assert_int_equal(s[1], 0x28);
	assert_int_equal(sms_gsm7_septets(0x20ac, s), 2);
	assert_int_equal(s[1], 0x65);
	assert_int_equal(sms_gsm7_septets('@', s), 1);
	assert_int_equal(s[0], 0);
	assert_int_equal(sms_gsm7_septets('`', s), 0);
	assert_int_equal(sms_gsm7_septets(SMS_GSM7_ESCAPE, s), 0);
	assert_int_equal(sms_gsm7_septets(0, s), 0);
}

/* What a telephone makes of the parts: the text again, as UTF-16 or septets. */
struct received {
	unsigned count;
	uint16_t at[1300];
};

static void receive(const struct sms_pdu_part *parts, int count, struct received *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (int p = 0; p < count; p++) {
		const char *hex = parts[p].hex;
		size_t header = 1 + 1 + 1 + 1 + 1 + 6 + 1, at; /* up to the coding, behind a number of eleven digits */
		unsigned flags = octet(hex, 1), coding, length, skip = 0;

		assert_int_equal(octet(hex, 3), 11);
		coding = octet(hex, header);
		length = octet(hex, header + 2);
		at = header + 3;
		assert_int_equal(!!(flags & 0x40), count > 1);
		if (flags & 0x40) {
			static const unsigned expected[] = { 5, 0, 3, 0x5a };

			for (int i = 0; i < 4; i++)
				assert_int_equal(octet(hex, at + (size_t)i), expected[i]);
			assert_int_equal(octet(hex, at + 4), count);
			assert_int_equal(octet(hex, at + 5), p + 1);
			skip = 6;
		}
		assert_true(strlen(hex) / 2 - at <= 140);
		if (coding == 8) {
			assert_int_equal(strlen(hex) / 2 - at, length);
			for (size_t i = skip; i < length; i += 2)
				ret->at[ret->count++] = (uint16_t)(octet(hex, at + i) << 8 | octet(hex, at + i + 1));
			continue;
		}
		assert_int_equal(coding, 0);
		assert_true(length <= 160);
		for (unsigned i = skip ? 7 : 0; i < length; i++) {
			size_t bit = 7 * (size_t)i;
			unsigned two = octet(hex, at + bit / 8);

			if (at + bit / 8 + 1 < strlen(hex) / 2)
				two |= octet(hex, at + bit / 8 + 1) << 8;
			ret->at[ret->count++] = two >> bit % 8 & 0x7f;
		}
	}
}

static void any_length_comes_together_again(void **state)
{
	struct sms_pdu_part parts[SMS_PDU_PARTS_MAX];
	static const struct {
		unsigned length, parts;
	} plain[] = { { 1, 1 }, { 159, 1 }, { 160, 1 }, { 161, 2 }, { 306, 2 }, { 307, 3 }, { 1224, 8 } },
	  wide[] = { { 1, 1 }, { 70, 1 }, { 71, 2 }, { 134, 2 }, { 135, 3 }, { 536, 8 } };
	char text[4000];
	struct received got;

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		for (unsigned c = 0; c < plain[i].length; c++)
			text[c] = (char)('a' + c % 26);
		text[plain[i].length] = '\0';
		assert_int_equal(submit(text, 8, parts), plain[i].parts);
		receive(parts, (int)plain[i].parts, &got);
		assert_int_equal(got.count, plain[i].length);
		for (unsigned c = 0; c < got.count; c++)
			assert_int_equal(got.at[c], text[c]);
	}
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		text[0] = '\0';
		for (unsigned c = 0; c < wide[i].length; c++)
			memcpy(text + 3 * c, c % 2 ? "电" : "梯", 4);
		assert_int_equal(submit(text, 8, parts), wide[i].parts);
		receive(parts, (int)wide[i].parts, &got);
		assert_int_equal(got.count, wide[i].length);
		for (unsigned c = 0; c < got.count; c++)
			assert_int_equal(got.at[c], c % 2 ? 0x7535 : 0x68af);
	}
}

static void no_character_is_torn_at_the_end_of_a_part(void **state)
{
	struct sms_pdu_part parts[SMS_PDU_PARTS_MAX];
	struct received got;
	char text[1000] = "";

	(void)state;
	/* 66 characters, then one of two units where the part ends. */
	for (int i = 0; i < 66; i++)
		strcat(text, "梯");
	strcat(text, "😀困困困困困");
	assert_int_equal(submit(text, 4, parts), 2);
	receive(parts, 2, &got);
	assert_int_equal(got.count, 66 + 2 + 5);
	assert_int_equal(got.at[66], 0xd83d);
	assert_int_equal(octet(parts[0].hex, 14), 6 + 2 * 66);
	/* 152 letters, then a brace. */
	memset(text, 'a', 152);
	strcpy(text + 152, "{bbbbbbbbbb");
	assert_int_equal(submit(text, 4, parts), 2);
	assert_int_equal(octet(parts[0].hex, 14), 7 + 152);
}

static void what_is_too_long_is_cut_and_says_so(void **state)
{
	struct sms_pdu_part parts[SMS_PDU_PARTS_MAX];
	struct received got;
	char text[10000] = "";

	(void)state;
	for (int i = 0; i < 3000; i++)
		strcat(text, "梯");
	for (unsigned max = 1; max <= SMS_PDU_PARTS_MAX; max++) {
		assert_int_equal(submit(text, max, parts), max);
		receive(parts, (int)max, &got);
		assert_int_equal(got.count, max == 1 ? 70 : 67 * max);
		assert_int_equal(got.at[got.count - 1], 0x2026);
	}
	memset(text, 'x', 5000);
	text[5000] = '\0';
	assert_int_equal(submit(text, 3, parts), 3);
	receive(parts, 3, &got);
	assert_int_equal(got.count, 3 * 153);
	assert_int_equal(got.at[got.count - 1], '.');
	assert_int_equal(got.at[got.count - 4], 'x');
}

static void a_text_that_is_no_utf8_is_refused(void **state)
{
	static const char *const bad[] = {
		"\xff", "a\xe7\x94", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\x80"
	};
	struct sms_pdu_part parts[SMS_PDU_PARTS_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(submit(bad[i], 4, parts), -EILSEQ);
}

static void numbers_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *text, *digits;
		bool international;
	} good[] = {
		{ "+86 138-0023 0500", "8613800230500", true },
		{ "008613800230500", "8613800230500", true },
		{ " 138 0023 0500", "13800230500", false },
		{ "(023) 6000.0000", "02360000000", false },
		{ "120", "120", false },
	};
	static const char *const bad[] = {
		"", "12", "+", "desk", "1380023050x", "123456789012345678901", "13800230500;x"
	};
	struct sms_pdu_number n;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(sms_pdu_number(good[i].text, &n), 0);
		assert_string_equal(n.digits, good[i].digits);
		assert_int_equal(n.international, good[i].international);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sms_pdu_number(bad[i], &n), -EINVAL);
}

static void a_log_shows_the_end_of_a_number_only(void **state)
{
	char shown[12];
	struct sms_pdu_number n = number("+8613800230500");

	(void)state;
	sms_pdu_number_shown(&n, shown);
	assert_string_equal(shown, "…0500");
	n = number("120");
	sms_pdu_number_shown(&n, shown);
	assert_string_equal(shown, "…0");
}

static void the_same_telephone_with_and_without_its_country(void **state)
{
	struct sms_pdu_number home = number("13800230500"), abroad = number("+8613800230500"),
			      other = number("13900230500");
	struct sms_pdu_number trunk = number("02360000000"), long_way = number("+862360000000"), tiny = number("120");

	(void)state;
	assert_true(sms_pdu_number_same(&home, &abroad) && sms_pdu_number_same(&abroad, &home));
	assert_true(sms_pdu_number_same(&trunk, &long_way));
	assert_false(sms_pdu_number_same(&home, &other));
	assert_false(sms_pdu_number_same(&tiny, &home));
}

static void a_report_is_read(void **state)
{
	struct sms_pdu_report r;

	(void)state;
	assert_int_equal(sms_pdu_report("0006D60B911326880736F4111011719551401110117195714000", &r), 0);
	assert_int_equal(r.reference, 0xd6);
	assert_string_equal(r.to.digits, "31628870634");
	assert_true(r.to.international);
	assert_int_equal(sms_pdu_fate(r.status), SMS_PDU_DELIVERED);
	/* With a message centre in front, lower case, and more behind it (parameter indicator). */
	assert_int_equal(sms_pdu_report("07911326040000f006050b911326880736f411101171955140111011719571404600", &r), 0);
	assert_int_equal(r.reference, 5);
	assert_int_equal(sms_pdu_fate(r.status), SMS_PDU_FAILED);
	assert_string_equal(sms_pdu_fate_text(r.status), "it was not reached within a day");
	assert_int_equal(sms_pdu_fate(0x30), SMS_PDU_PENDING);
}

/* TS 23.040, 9.2.3.15: 0x40 … are of other reasons than 0x60 … */
static void a_report_that_says_no_says_why(void **state)
{
	(void)state;
	assert_string_equal(sms_pdu_fate_text(0x40), "the network could not deliver it");
	assert_string_equal(sms_pdu_fate_text(0x41), "the telephone cannot take such a message");
	assert_string_equal(sms_pdu_fate_text(0x42), "the telephone refused it");
	assert_string_equal(sms_pdu_fate_text(0x45), "the network could not deliver it");
	assert_string_equal(sms_pdu_fate_text(0x60), "congestion");
	assert_string_equal(sms_pdu_fate_text(0x62), "the telephone does not answer, or is busy");
	assert_string_equal(sms_pdu_fate_text(0x63), "the telephone refused it");
}

static void a_report_that_is_cut_or_none_is_refused(void **state)
{
	static const char whole[] = "0006D60B911326880736F4111011719551401110117195714000";
	static const char *const bad[] = { "",
					   "zz",
					   "FF06D60B91",
					   "0004D60B911326880736F4111011719551401110117195714000",
					   "0006D6FF911326880736F4111011719551401110117195714000",
					   "0006D60B91132688073AF4111011719551401110117195714000" };
	struct sms_pdu_report r;
	char cut[sizeof(whole)];

	(void)state;
	for (size_t len = 0; len + 1 < sizeof(whole); len++) {
		snprintf(cut, sizeof(cut), "%.*s", (int)len, whole);
		assert_int_equal(sms_pdu_report(cut, &r), -EINVAL);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sms_pdu_report(bad[i], &r), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_of_the_seven_bit_alphabet_is_packed),
		cmocka_unit_test(a_chinese_text_goes_as_ucs2),
		cmocka_unit_test(a_message_centre_a_national_number_and_a_report_are_asked_for),
		cmocka_unit_test(a_brace_takes_two_septets_and_a_euro_too),
		cmocka_unit_test(any_length_comes_together_again),
		cmocka_unit_test(no_character_is_torn_at_the_end_of_a_part),
		cmocka_unit_test(what_is_too_long_is_cut_and_says_so),
		cmocka_unit_test(a_text_that_is_no_utf8_is_refused),
		cmocka_unit_test(numbers_are_read_as_people_write_them),
		cmocka_unit_test(a_log_shows_the_end_of_a_number_only),
		cmocka_unit_test(the_same_telephone_with_and_without_its_country),
		cmocka_unit_test(a_report_is_read),
		cmocka_unit_test(a_report_that_says_no_says_why),
		cmocka_unit_test(a_report_that_is_cut_or_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
