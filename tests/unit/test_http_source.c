/* The parsers of http-source without a network: streams of parts, events of controllers, bodies of web hooks. */
#include <stdio.h>
#include <string.h>

#include "http-source/addresses.h"
#include "http-source/hook_record.h"
#include "http-source/isapi_event.h"
#include "http-source/multipart.h"
#include "http-source/xml_flat.h"
#include "unit.h"

#define NOW_US INT64_C(1700000000000000)

struct told {
	char text[4096];
	unsigned count;
};

static void take(void *user, const char *text, size_t len)
{
	struct told *t = user;

	snprintf(t->text + strlen(t->text), sizeof(t->text) - strlen(t->text), "%.*s|", (int)len, text);
	t->count++;
}

static bool feed(const char *stream, size_t len, size_t piece, struct told *t)
{
	struct multipart *m = multipart_new(take, t);
	bool good = true;

	for (size_t i = 0; i < len && good; i += piece)
		good = multipart_feed(m, stream + i, len - i < piece ? len - i : piece);
	multipart_free(m);
	return good;
}

static const char stream[] =
	"--b\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{\"a\":\"}\\\"{\"}\r\n"
	"--b\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8 {no} <document> \r\nx--b\r\n\r\n<a><b c='>'/>1</a>\r\n"
	"--b\r\n--b\r\n\r\n{\"cut\":\r\n--b\r\n\r\n{\"last\":[{}]}\r\n--b--\r\n";

static void a_stream_is_cut_into_the_same_documents_wherever_the_packets_end(void **state)
{
	struct told whole = { .count = 0 };

	(void)state;
	assert_true(feed(stream, sizeof(stream) - 1, sizeof(stream), &whole));
	assert_string_equal(whole.text, "{\"a\":\"}\\\"{\"}|<a><b c='>'/>1</a>|{\"last\":[{}]}|");
	for (size_t piece = 1; piece < sizeof(stream); piece++) {
		struct told cut = { .count = 0 };

		assert_true(feed(stream, sizeof(stream) - 1, piece, &cut));
		assert_string_equal(cut.text, whole.text);
	}
}

static void a_document_is_told_with_its_last_byte_and_not_when_the_next_part_begins(void **state)
{
	static const char text[] = "--b\r\nContent-Length: 9999\r\n\r\n{\"eventType\":\"x\"}";
	struct told t = { .count = 0 };
	struct multipart *m = multipart_new(take, &t);

	(void)state;
	assert_true(multipart_feed(m, text, sizeof(text) - 2));
	assert_int_equal(t.count, 0);
	assert_true(multipart_feed(m, "}", 1));
	assert_int_equal(t.count, 1);
	multipart_free(m);
}

static void what_is_no_stream_is_given_up_and_stays_so(void **state)
{
	struct told t = { .count = 0 };
	struct multipart *m = multipart_new(take, &t);
	char junk[1024];
	bool good = true;

	(void)state;
	memset(junk, 'x', sizeof(junk));
	for (size_t i = 0; i <= MULTIPART_JUNK_MAX / sizeof(junk) && good; i++)
		good = multipart_feed(m, junk, sizeof(junk));
	assert_false(good);
	assert_false(multipart_feed(m, "\n{}", 3));
	assert_int_equal(t.count, 0);
	multipart_free(m);
}

static void a_document_that_is_too_long_costs_itself_alone(void **state)
{
	struct told t = { .count = 0 };
	struct multipart *m = multipart_new(take, &t);

	(void)state;
	multipart_feed(m, "--b\n\n{", 6);
	for (size_t i = 0; i < MULTIPART_DOCUMENT_MAX; i++)
		assert_true(multipart_feed(m, "[", 1));
	assert_true(multipart_feed(m, "\n--b\n\n{}", 8));
	assert_string_equal(t.text, "{}|");
	assert_int_equal(multipart_counts(m)->too_long, 1);
	multipart_free(m);
}

/* ---- events ---- */

static void assert_fields(const char *inner, const char *expected)
{
	char text[1024], *fields;
	struct isapi_event e;
	const char *why;

	snprintf(text, sizeof(text), "{\"eventType\":\"AccessControllerEvent\",\"AccessControllerEvent\":{%s}}", inner);
	assert_int_equal(isapi_event_read(text, strlen(text), &e, &why), 0);
	json_object_del(e.fields, "code");
	fields = json_dumps(e.fields, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(fields, expected);
	free(fields);
	json_decref(e.fields);
}

static void codes_become_the_points_of_a_door(void **state)
{
	static const char *const cases[][2] = {
		{ "\"majorEventType\":5,\"subEventType\":1,\"cardNo\":\"77\"",
		  "{\"card\":\"77\",\"granted\":\"card\"}" },
		{ "\"majorEventType\":5,\"subEventType\":75,\"employeeNoString\":\"1\"",
		  "{\"card\":\"employee-1\",\"granted\":\"face\"}" },
		{ "\"majorEventType\":5,\"subEventType\":181", "{\"granted\":\"pin\"}" },
		{ "\"majorEventType\":5,\"subEventType\":8,\"cardNo\":\"77\"",
		  "{\"denied\":\"expired\",\"denied_card\":\"77\"}" },
		{ "\"majorEventType\":5,\"subEventType\":23", "{\"egress\":true}" },
		{ "\"majorEventType\":5,\"subEventType\":24", "{}" },
		{ "\"majorEventType\":5,\"subEventType\":25", "{\"forced\":false,\"open\":true}" },
		{ "\"majorEventType\":5,\"subEventType\":26", "{\"forced\":false,\"held\":false,\"open\":false}" },
		{ "\"majorEventType\":5,\"subEventType\":27", "{\"forced\":true,\"open\":true}" },
		{ "\"majorEventType\":5,\"subEventType\":28", "{\"held\":true,\"open\":true}" },
		{ "\"majorEventType\":5,\"subEventType\":52", "{\"fire_release\":true}" },
		{ "\"majorEventType\":1,\"subEventType\":1034", "{\"duress\":true}" },
		{ "\"majorEventType\":1,\"subEventType\":1039", "{\"tamper\":true}" },
		{ "\"majorEventType\":2,\"subEventType\":1029", "{\"mains\":false}" },
		{ "\"majorEventType\":3,\"subEventType\":1024", "{\"granted\":\"remote\"}" },
		{ "\"majorEventType\":\"5\",\"subEventType\":\"26\"",
		  "{\"forced\":false,\"held\":false,\"open\":false}" },
		{ "\"majorEventType\":5,\"subEventType\":9999", "{}" },
		{ "\"majorEventType\":5,\"subEventType\":27,\"currentEvent\":false", "{\"forced\":true}" },
		{ "\"majorEventType\":5,\"subEventType\":1,\"currentEvent\":false", "{}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fields(cases[i][0], cases[i][1]);
}

static void a_heartbeat_of_either_form_is_a_sign_of_life(void **state)
{
	static const char *const texts[] = {
		"{\"eventType\":\"heartBeat\",\"eventState\":\"active\"}",
		"<EventNotificationAlert><eventType>videoloss</eventType></EventNotificationAlert>",
	};
	struct isapi_event e;
	const char *why;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(isapi_event_read(texts[i], strlen(texts[i]), &e, &why), 0);
		assert_int_equal(e.kind, ISAPI_EVENT_LIFE);
		assert_null(e.fields);
	}
	assert_true(isapi_event_read("{}", 2, &e, &why) < 0);
	assert_string_equal(why, "it has no eventType");
}

static void an_event_says_its_door_time_and_number(void **state)
{
	static const char text[] = "<a "
				   "xmlns:h=\"x\"><h:eventType>AccessControllerEvent</"
				   "h:eventType><dateTime>2019-05-15T20:41:52+08:00</dateTime>"
				   "<AccessControllerEvent><majorEventType>5</majorEventType><subEventType>1</"
				   "subEventType><doorNo> 3 </doorNo>"
				   "<serialNo>88</serialNo><cardNo>a&amp;&#x6c34;</cardNo></AccessControllerEvent></a>";
	struct isapi_event e;
	const char *why;

	(void)state;
	assert_int_equal(isapi_event_read(text, strlen(text), &e, &why), 0);
	assert_int_equal(e.door, 3);
	assert_int_equal(e.serial, 88);
	assert_true(e.at_us == INT64_C(1557924112000000));
	assert_string_equal(json_string_value(json_object_get(e.fields, "card")), "a&水");
	json_decref(e.fields);
}

static void a_fault_of_the_wire_says_neither_open_nor_shut(void **state)
{
	static const char text[] = "{\"AcsWorkStatus\":{\"magneticStatus\":[0,1,2,3,4]}}";
	json_t *doors;

	(void)state;
	assert_int_equal(isapi_event_status(text, strlen(text), &doors), 0);
	assert_true(json_is_false(json_object_get(json_array_get(doors, 0), "open")));
	assert_true(json_is_true(json_object_get(json_array_get(doors, 1), "open")));
	for (size_t i = 2; i < 6; i++)
		assert_int_equal(json_object_size(json_array_get(doors, i)), 0);
	json_decref(doors);
}

static void xml_that_is_none_is_refused(void **state)
{
	static const char *const texts[] = { "",     "x",           "<",          "<a", "<a>",
					     "</a>", "<a></a></b>", "<a><b></a>", "<>", "<a>\xff</a>" };
	json_t *object;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_true(xml_flat_read(texts[i], strlen(texts[i]), &object) < 0);
}

/* ---- web hooks ---- */

static void assert_records(const struct hook_rules *rules, enum hook_form form, const char *text, const char *expected)
{
	struct hook_body body = { .form = form, .text = text, .len = strlen(text), .now_us = NOW_US };
	char why[HOOK_WHY_MAX], *told;
	json_t *records;

	assert_int_equal(hook_record_read(rules, &body, &records, why), 0);
	told = json_dumps(records, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(13));
	assert_string_equal(told, expected);
	free(told);
	json_decref(records);
}

static void records_are_found_where_the_rules_say(void **state)
{
	const struct hook_rules plain = { .address = "device" };
	const struct hook_rules deep = { .address = "info.imei", .list = "data", .time = "t", .id = "n" };

	(void)state;
	assert_records(&plain, HOOK_JSON, "{\"device\":\"a\"}", "[{\"address\":\"a\",\"fields\":{\"device\":\"a\"}}]");
	assert_records(&plain, HOOK_FORM, "device=%41+b&x",
		       "[{\"address\":\"A b\",\"fields\":{\"device\":\"A b\",\"x\":\"\"}}]");
	assert_records(&deep, HOOK_JSON, "{\"data\":[{\"info\":{\"imei\":5},\"t\":1600000000123,\"n\":7}]}",
		       "[{\"address\":\"5\",\"at\":1600000000.123,\"fields\":{\"info\":{\"imei\":5},\"n\":7,\"t\":"
		       "1600000000123},"
		       "\"id\":\"7\"}]");
	assert_records(&deep, HOOK_JSON, "{\"info.imei\":\"z\",\"t\":1800000000}",
		       "[{\"address\":\"z\",\"fields\":{\"info.imei\":\"z\",\"t\":1800000000}}]");
}

static void an_address_is_the_same_in_capitals_and_told_once_when_unknown(void **state)
{
	json_t *devices = json_pack("[{s:s,s:s},{s:s,s:s},{s:s}]", "id", "a", "address", "0xAB", "id", "b", "address",
				    "0xab", "id", "none");
	struct addresses *a = addresses_new(devices);

	(void)state;
	assert_int_equal(json_array_size(addresses_find(a, "0XaB")), 2);
	assert_int_equal(json_array_size(addresses_only(a)), 2);
	assert_null(addresses_find(a, "0xa"));
	assert_null(addresses_find(a, ""));
	assert_true(addresses_discover(a, "New"));
	assert_false(addresses_discover(a, "nEW"));
	assert_false(addresses_discover(a, "\xff"));
	addresses_free(a);
	json_decref(devices);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_cut_into_the_same_documents_wherever_the_packets_end),
		cmocka_unit_test(a_document_is_told_with_its_last_byte_and_not_when_the_next_part_begins),
		cmocka_unit_test(what_is_no_stream_is_given_up_and_stays_so),
		cmocka_unit_test(a_document_that_is_too_long_costs_itself_alone),
		cmocka_unit_test(codes_become_the_points_of_a_door),
		cmocka_unit_test(a_heartbeat_of_either_form_is_a_sign_of_life),
		cmocka_unit_test(an_event_says_its_door_time_and_number),
		cmocka_unit_test(a_fault_of_the_wire_says_neither_open_nor_shut),
		cmocka_unit_test(xml_that_is_none_is_refused),
		cmocka_unit_test(records_are_found_where_the_rules_say),
		cmocka_unit_test(an_address_is_the_same_in_capitals_and_told_once_when_unknown),
	};

	return UNIT_RUN(tests);
}
