/* gate/crumb.c and gate/cutter.c: what estated-web reads itself. */
#include "unit.h"

#include <errno.h>

#include "gate/crumb.h"
#include "gate/cutter.h"

#define GOOD "0123456789abcdef0123456789ABCDEF-_"

static void only_what_a_token_can_be_is_taken_out_of_a_cookie(void **state)
{
	char token[CRUMB_TOKEN_MAX] = "untouched", longest[CRUMB_TOKEN_MAX + 16] = "estate=";
	(void)state;

	assert_true(crumb_token("estate=" GOOD, CRUMB_PLAIN, token));
	assert_string_equal(token, GOOD);
	assert_true(crumb_token("a=b; estate=" GOOD "; c=d", CRUMB_PLAIN, token));
	assert_true(crumb_token("estate=no;estate=" GOOD, CRUMB_PLAIN, token));
	assert_true(crumb_token("__Host-estate=" GOOD, CRUMB_SECURE, token));
	assert_false(crumb_token("__Host-estate=" GOOD, CRUMB_PLAIN, token));
	assert_false(crumb_token("estate=" GOOD "\r\nX: y", CRUMB_PLAIN, token));
	assert_false(crumb_token("estate=\"" GOOD "\"", CRUMB_PLAIN, token));
	assert_false(crumb_token("estate", CRUMB_PLAIN, token));
	assert_false(crumb_token("; ;estate=;", CRUMB_PLAIN, token));
	assert_false(crumb_token(NULL, CRUMB_PLAIN, token));
	memset(longest + 7, 'a', CRUMB_TOKEN_MAX - 1);
	assert_true(crumb_token(longest, CRUMB_PLAIN, token));
	longest[7 + CRUMB_TOKEN_MAX - 1] = 'a';
	assert_false(crumb_token(longest, CRUMB_PLAIN, token));
}

static void an_origin_is_ours_only_with_scheme_host_and_port(void **state)
{
	(void)state;
	assert_true(crumb_is_ours("https://desk.example", "https", "desk.example"));
	assert_true(crumb_is_ours("https://DESK.example:8443", "https", "desk.example:8443"));
	assert_true(crumb_is_ours("https://[::1]:8443", "https", "[::1]:8443"));
	assert_false(crumb_is_ours("http://desk.example", "https", "desk.example"));
	assert_false(crumb_is_ours("https://desk.example:8443", "https", "desk.example"));
	assert_false(crumb_is_ours("https://desk.example.evil", "https", "desk.example"));
	assert_false(crumb_is_ours("null", "https", "desk.example"));
	assert_false(crumb_is_ours("https://", "https", ""));
	assert_false(crumb_is_ours("", "https", ""));
}

static void a_name_is_told_without_its_port(void **state)
{
	(void)state;
	assert_true(crumb_is_name("desk.example", "desk.example"));
	assert_true(crumb_is_name("Desk.Example:443", "desk.example"));
	assert_true(crumb_is_name("[fe80::1]:443", "[fe80::1]"));
	assert_true(crumb_is_name("[fe80::1]", "[fe80::1]"));
	assert_false(crumb_is_name("desk.example.evil:443", "desk.example"));
	assert_false(crumb_is_name("", "desk.example"));
	assert_false(crumb_is_name(":443", "desk.example"));
}

static void a_path_has_no_blanks_and_begins_with_a_slash(void **state)
{
	(void)state;
	assert_true(crumb_is_path("/v1/points?match=%E4%BA%BA"));
	assert_false(crumb_is_path("v1/points"));
	assert_false(crumb_is_path("/v1/points HTTP/1.1"));
	assert_false(crumb_is_path("/v1/\r\nX: y"));
	assert_false(crumb_is_path("/v1/\xe4\xba\xba"));
}

struct told {
	struct str_buf text;
};

static void take(void *context, const struct cutter_frame *f)
{
	struct told *t = context;
	static const char *const names[] = { "event", "mark", "comment" };

	str_buf_printf(&t->text, "<%s %llu %zu>", names[f->kind], (unsigned long long)f->id, f->len);
}

static void frames_come_whole_however_they_are_cut(void **state)
{
	static const char stream[] =
		"retry: 2000\nid: 7\n\n: alive\n\nid:8\nevent: point\ndata: {}\n\nevent: x\ndata:\n\nid: no\n\nrest";
	(void)state;

	for (size_t piece = 1; piece <= sizeof(stream); piece++) {
		struct cutter c = { 0 };
		struct told t = { 0 };

		for (size_t at = 0; at < sizeof(stream) - 1; at += piece)
			assert_int_equal(0, cutter_feed(&c, stream + at, MIN(piece, sizeof(stream) - 1 - at),
							&(struct cutter_handler){ take, &t }));
		assert_string_equal(t.text.text, "<mark 7 19><comment 0 9><event 8 28><event 0 16><comment 0 8>");
		cutter_fini(&c);
		str_buf_fini(&t.text);
	}
}

static void a_frame_that_does_not_end_is_given_up(void **state)
{
	struct cutter c = { 0 };
	struct told t = { 0 };
	int r = 0;
	(void)state;

	for (size_t i = 0; i <= CUTTER_FRAME_MAX / 16 && r == 0; i++)
		r = cutter_feed(&c, "data: 89012345\n ", 16, &(struct cutter_handler){ take, &t });
	assert_int_equal(r, -EMSGSIZE);
	assert_int_equal(0, cutter_feed(&c, ": alive\n\n", 9, &(struct cutter_handler){ take, &t }));
	assert_string_equal(t.text.text, "<comment 0 9>");
	cutter_fini(&c);
	str_buf_fini(&t.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_a_token_can_be_is_taken_out_of_a_cookie),
		cmocka_unit_test(an_origin_is_ours_only_with_scheme_host_and_port),
		cmocka_unit_test(a_name_is_told_without_its_port),
		cmocka_unit_test(a_path_has_no_blanks_and_begins_with_a_slash),
		cmocka_unit_test(frames_come_whole_however_they_are_cut),
		cmocka_unit_test(a_frame_that_does_not_end_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
