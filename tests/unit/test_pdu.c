/* Requests as the specification has them (Modbus Application Protocol V1.1b3, section 6), and the answers to them. */
#include <string.h>

#include "base/util.h"
#include "field/answer.h"
#include "field/pdu.h"
#include "unit.h"

static void assert_pdu(const struct pdu *p, const uint8_t *expected, size_t len)
{
	assert_int_equal(p->len, len);
	assert_memory_equal(p->bytes, expected, len);
}
#define PDU(made, ...)                                              \
	do {                                                        \
		const uint8_t expected[] = { __VA_ARGS__ };         \
		const struct pdu made_ = (made);                    \
		assert_pdu(&made_, expected, ARRAY_SIZE(expected)); \
	} while (0)

/* The examples of the specification: coil 173 on, register 2 to 3, registers 2 and 3 to 10 and 258. */
static void writes_are_those_of_the_specification(void **state)
{
	static const struct encode_image
		coil = { .table = CODEC_COIL, .address = 172, .count = 1, .values = { 1 } },
		one = { .table = CODEC_HOLDING, .address = 1, .count = 1, .values = { 3 } },
		two = { .table = CODEC_HOLDING, .address = 1, .count = 2, .values = { 10, 258 } },
		mask = { .table = CODEC_HOLDING, .address = 4, .count = 1, .values = { 0x0005 }, .mask = 0x000d };

	(void)state;
	PDU(pdu_write(&coil, false), 0x05, 0x00, 0xac, 0xff, 0x00);
	PDU(pdu_write(&coil, true), 0x0f, 0x00, 0xac, 0x00, 0x01, 0x01, 0x01);
	PDU(pdu_write(&one, false), 0x06, 0x00, 0x01, 0x00, 0x03);
	PDU(pdu_write(&one, true), 0x10, 0x00, 0x01, 0x00, 0x01, 0x02, 0x00, 0x03);
	PDU(pdu_write(&two, false), 0x10, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0a, 0x01, 0x02);
	PDU(pdu_write(&mask, false), 0x16, 0x00, 0x04, 0xff, 0xf2, 0x00, 0x05);
	PDU(pdu_identify(), 0x2b, 0x0e, 0x01, 0x00);
}

static struct frame_request request_of(const struct pdu *p)
{
	return (struct frame_request){ .unit = 5, .function = p->bytes[0], .pdu = p->bytes, .pdu_len = p->len };
}

static enum answer_event feed(struct answer *a, const uint8_t *bytes, size_t len, struct answer_frame *f)
{
	answer_feed(a, bytes, len);
	return answer_next(a, f);
}

static void only_the_right_echo_confirms_on_tcp(void **state)
{
	static const struct encode_image one = { .table = CODEC_HOLDING, .address = 1, .count = 1, .values = { 3 } };
	const struct pdu p = pdu_write(&one, false);
	const struct frame_request r = request_of(&p);
	uint8_t echo[] = { 0, 9, 0, 0, 0, 6, 5, 6, 0, 1, 0, 4 };
	struct answer_frame f;
	struct answer a;

	(void)state;
	answer_init(&a, FRAME_TCP);
	answer_expect(&a, &r, 9);
	assert_int_equal(feed(&a, echo, sizeof(echo), &f), ANSWER_OTHER);
	assert_int_equal(f.fault, ANSWER_FAULT_ECHO);
	assert_true(a.waiting);
	echo[11] = 3;
	assert_int_equal(feed(&a, echo, sizeof(echo), &f), ANSWER_GOOD);
	assert_int_equal(f.len, 4);
}

static size_t with_crc(uint8_t *bytes, size_t len)
{
	uint16_t crc = frame_crc(bytes, len);

	bytes[len] = (uint8_t)crc;
	bytes[len + 1] = (uint8_t)(crc >> 8);
	return len + 2;
}

/* A line that is known to have no echo: what has the bytes of the request is the answer. With one, the second is. */
static void on_a_line_an_echo_of_the_adapter_is_no_confirmation(void **state)
{
	static const struct encode_image coil = { .table = CODEC_COIL, .address = 172, .count = 1, .values = { 1 } };
	const struct pdu p = pdu_write(&coil, false);
	const struct frame_request r = request_of(&p);
	uint8_t bytes[16] = { 5, 5, 0, 0xac, 0xff, 0 };
	size_t len = with_crc(bytes, 6);
	struct answer_frame f;
	struct answer a;

	(void)state;
	answer_init(&a, FRAME_RTU);
	a.echo = ANSWER_ECHO_NO;
	answer_expect(&a, &r, 0);
	assert_int_equal(feed(&a, bytes, len, &f), ANSWER_GOOD);
	a.echo = ANSWER_ECHO_YES;
	answer_expect(&a, &r, 0);
	assert_int_equal(feed(&a, bytes, len, &f), ANSWER_MORE);
	assert_int_equal(feed(&a, bytes, len, &f), ANSWER_GOOD);
}

static void an_identification_is_whole_when_its_texts_are(void **state)
{
	static const uint8_t texts[] = { 0x2b, 0x0e, 1, 1, 0,   0,   3, 0, 4,   'A', 'C',
					 'M',  'E',  1, 2, 'L', '7', 2, 3, 'V', '1', ' ' };
	const struct pdu p = pdu_identify();
	const struct frame_request r = request_of(&p);
	struct order_result who = { 0 };
	uint8_t bytes[64] = { 5 };
	struct answer_frame f;
	struct answer a;
	size_t len;

	(void)state;
	memcpy(bytes + 1, texts, sizeof(texts));
	len = with_crc(bytes, sizeof(texts) + 1);
	answer_init(&a, FRAME_RTU);
	answer_expect(&a, &r, 0);
	for (size_t i = 0; i + 1 < len; i++)
		assert_int_equal(feed(&a, bytes + i, 1, &f), ANSWER_MORE);
	assert_int_equal(feed(&a, bytes + len - 1, 1, &f), ANSWER_GOOD);
	assert_true(pdu_take_identity(f.data, f.len, &who));
	assert_string_equal(who.vendor, "ACME");
	assert_string_equal(who.product, "L7");
	assert_string_equal(who.revision, "V1");
}

static void an_identification_that_lies_about_its_lengths_is_none(void **state)
{
	static const uint8_t beyond[] = { 0x0e, 1, 1, 0, 0, 1, 0, 200, 'A' }, cut[] = { 0x0e, 1, 1, 0 },
			     other[] = { 0x0d, 1, 1, 0, 0, 0 },
			     controls[] = { 0x0e, 1, 1, 0, 0, 1, 0, 4, 27, '[', 'm', 0xff };
	struct order_result who = { 0 };

	(void)state;
	assert_false(pdu_take_identity(beyond, sizeof(beyond), &who));
	assert_false(pdu_take_identity(cut, sizeof(cut), &who));
	assert_false(pdu_take_identity(other, sizeof(other), &who));
	assert_false(pdu_take_identity(NULL, 0, &who));
	assert_true(pdu_take_identity(controls, sizeof(controls), &who));
	assert_string_equal(who.vendor, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_are_those_of_the_specification),
		cmocka_unit_test(only_the_right_echo_confirms_on_tcp),
		cmocka_unit_test(on_a_line_an_echo_of_the_adapter_is_no_confirmation),
		cmocka_unit_test(an_identification_is_whole_when_its_texts_are),
		cmocka_unit_test(an_identification_that_lies_about_its_lengths_is_none),
	};

	return UNIT_RUN(tests);
}
