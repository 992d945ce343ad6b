/* Group robots: signatures as their makers compute them, where a message goes, what an answer means. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "webhook-notifier/robot_answer.h"

#define AT_US INT64_C(1718000000120000)

static void assert_url(enum robot_dialect dialect, const char *base, struct robot_secret secret, const char *wanted)
{
	char *url = NULL;

	assert_int_equal(robot_url(dialect, base, &secret, &url), wanted ? 0 : -EINVAL);
	if (wanted)
		assert_string_equal(url, wanted);
	else
		assert_null(url);
	free(url);
}

static void a_key_goes_to_the_makers_own_place_and_a_whole_address_as_it_is(void **state)
{
	struct robot_secret key = { .hook = "6-a_b.c" }, whole = { .hook = "https://h/x?key=1" },
			    none = { .hook = NULL };

	(void)state;
	assert_url(ROBOT_WECOM, NULL, key, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=6-a_b.c");
	assert_url(ROBOT_DINGTALK, NULL, key, "https://oapi.dingtalk.com/robot/send?access_token=6-a_b.c");
	assert_url(ROBOT_FEISHU, NULL, key, "https://open.feishu.cn/open-apis/bot/v2/hook/6-a_b.c");
	assert_url(ROBOT_FEISHU, "https://own", key, "https://own/6-a_b.c");
	assert_url(ROBOT_WECOM, "https://own", whole, "https://h/x?key=1");
	assert_url(ROBOT_JSON, "https://own", none, "https://own");
	assert_url(ROBOT_JSON, NULL, whole, "https://h/x?key=1");
	assert_url(ROBOT_JSON, "https://own", key, NULL);
	assert_url(ROBOT_WECOM, NULL, (struct robot_secret){ .hook = "a b" }, NULL);
	assert_url(ROBOT_WECOM, NULL, (struct robot_secret){ .hook = "a&b" }, NULL);
}

/* Computed with Python's hmac. */
static void dingtalk_signs_the_url_with_milliseconds(void **state)
{
	(void)state;
	assert_url(
		ROBOT_DINGTALK, "https://h", (struct robot_secret){ .hook = "k", .bytes = "SECtest", .wall_us = AT_US },
		"https://h?access_token=k&timestamp=1718000000120&sign=I84xXpE8hDyCR2oP7qHoZNaKEZihIS9Kr8PkMcRwSjo%3D");
}

static void feishu_signs_the_body_with_seconds_and_the_secret_as_part_of_the_key(void **state)
{
	char *body = robot_body(ROBOT_FEISHU, &(struct robot_message){ .text = "x" },
				&(struct robot_secret){ .bytes = "SECtest", .wall_us = AT_US });

	(void)state;
	assert_string_equal(body, "{\"msg_type\":\"text\",\"content\":{\"text\":\"x\"},\"timestamp\":\"1718000000\","
				  "\"sign\":\"YO1KxX9FAzTF9S/54J/IoLEW2B3X4Zuhw7dwRprWdGc=\"}");
	free(body);
}

static void an_answer_counts_only_with_the_makers_number(void **state)
{
	static const struct {
		enum robot_dialect dialect;
		int status;
		const char *body;
		enum robot_answer meaning;
	} cases[] = {
		{ ROBOT_WECOM, 200, "{\"errcode\":0,\"errmsg\":\"ok\"}", ROBOT_ANSWER_TAKEN },
		{ ROBOT_WECOM, 200, "{\"errcode\":45009}", ROBOT_ANSWER_LIMITED },
		{ ROBOT_WECOM, 200, "{\"errcode\":93000}", ROBOT_ANSWER_REFUSED },
		{ ROBOT_WECOM, 200, "{\"errcode\":12345}", ROBOT_ANSWER_REFUSED },
		{ ROBOT_WECOM, 403, "{\"errcode\":0}", ROBOT_ANSWER_REFUSED },
		{ ROBOT_WECOM, 429, NULL, ROBOT_ANSWER_LIMITED },
		{ ROBOT_WECOM, 200, NULL, ROBOT_ANSWER_REFUSED },
		{ ROBOT_DINGTALK, 200, "{\"errcode\":130101,\"errmsg\":\"send too fast\"}", ROBOT_ANSWER_LIMITED },
		{ ROBOT_DINGTALK, 200, "{\"errcode\":99,\"errmsg\":\"send too fast\"}", ROBOT_ANSWER_LIMITED },
		{ ROBOT_DINGTALK, 200, "{\"errcode\":310000}", ROBOT_ANSWER_REFUSED },
		{ ROBOT_FEISHU, 200, "{\"code\":0}", ROBOT_ANSWER_TAKEN },
		{ ROBOT_FEISHU, 200, "{\"StatusCode\":0}", ROBOT_ANSWER_TAKEN },
		{ ROBOT_FEISHU, 200, "{\"StatusCode\":0,\"code\":19021}", ROBOT_ANSWER_REFUSED },
		{ ROBOT_FEISHU, 200, "{\"code\":9499,\"msg\":\"Too Many Request\"}", ROBOT_ANSWER_LIMITED },
		{ ROBOT_FEISHU, 400, "{\"code\":9499,\"msg\":\"Bad Request\"}", ROBOT_ANSWER_REFUSED },
		{ ROBOT_JSON, 204, NULL, ROBOT_ANSWER_TAKEN },
		{ ROBOT_JSON, 200, "thanks", ROBOT_ANSWER_TAKEN },
		{ ROBOT_JSON, 200, "{\"ok\":false}", ROBOT_ANSWER_REFUSED },
		{ ROBOT_JSON, 500, "{\"ok\":true}", ROBOT_ANSWER_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct robot_answer_http answer = { cases[i].status, cases[i].body,
						    cases[i].body ? strlen(cases[i].body) : 0 };
		char why[ROBOT_ANSWER_WHY];

		assert_int_equal(robot_answer_read(cases[i].dialect, &answer, why), cases[i].meaning);
		assert_int_equal(why[0] == '\0', cases[i].meaning == ROBOT_ANSWER_TAKEN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_goes_to_the_makers_own_place_and_a_whole_address_as_it_is),
		cmocka_unit_test(dingtalk_signs_the_url_with_milliseconds),
		cmocka_unit_test(feishu_signs_the_body_with_seconds_and_the_secret_as_part_of_the_key),
		cmocka_unit_test(an_answer_counts_only_with_the_makers_number),
	};

	return UNIT_RUN(tests);
}
