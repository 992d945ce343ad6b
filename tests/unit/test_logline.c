#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "app/logline.h"
#include "base/str.h"

static bool has(const struct iovec *parts, int count, const char *field)
{
	for (int i = 0; i < count; i++)
		if (parts[i].iov_len == strlen(field) && memcmp(parts[i].iov_base, field, parts[i].iov_len) == 0)
			return true;
	return false;
}

static void a_line_has_all_fields_of_its_event(void **state)
{
	const struct log_about about = { .bus = "gw-lifts", .who = "root", .unit = 247 };
	const struct log_entry entry = { .level = LOG_LEVEL_WARNING,
					 .id = LOGID_UNIT_SILENT,
					 .room = LOG_ROOM_FIELD,
					 .about = &about,
					 .file = "field/poller.c",
					 .func = "say_silent",
					 .line = 12,
					 .text = "no answer" };
	struct logline line = logline_of(&entry, 0);
	struct iovec parts[LOGLINE_IOVEC_MAX];
	char words[LOGLINE_WORDS_MAX], id[64];
	int count = logline_compose(&line, words, parts);

	(void)state;
	snprintf(id, sizeof(id), "MESSAGE_ID=%s", logid_uuid(LOGID_UNIT_SILENT));
	assert_true(has(parts, count, id));
	assert_true(has(parts, count, "MESSAGE=no answer"));
	assert_true(has(parts, count, "PRIORITY=4"));
	assert_true(has(parts, count, "ESTATE_EVENT=unit-silent"));
	assert_true(has(parts, count, "ESTATE_ROOM=field"));
	assert_true(has(parts, count, "ESTATE_BUS=gw-lifts"));
	assert_true(has(parts, count, "ESTATE_UNIT=247"));
	assert_true(has(parts, count, "ESTATE_WHO=root"));
	assert_true(has(parts, count, "CODE_FILE=daemon/field/poller.c"));
	assert_true(has(parts, count, "CODE_LINE=12"));
	assert_true(has(parts, count, "CODE_FUNC=say_silent"));
	assert_int_equal(count, 11);
}

static void a_plain_line_has_no_id(void **state)
{
	const struct log_entry entry = { .level = LOG_LEVEL_INFO, .file = "main.c", .func = "", .text = "x" };
	struct logline line = logline_of(&entry, 0);
	struct iovec parts[LOGLINE_IOVEC_MAX];
	char words[LOGLINE_WORDS_MAX];
	int count = logline_compose(&line, words, parts);

	(void)state;
	for (int i = 0; i < count; i++)
		assert_false(memcmp(parts[i].iov_base, "MESSAGE_ID", 10) == 0);
	assert_true(has(parts, count, "MESSAGE=x"));
}

static void a_field_without_room_is_left_out_whole(void **state)
{
	char long_id[LOGLINE_FIELDS_MAX];
	const struct log_about about = { .bus = "gw", .device = long_id, .who = "root" };
	const struct log_entry entry = {
		.level = LOG_LEVEL_INFO, .about = &about, .file = "f", .func = "", .text = "x"
	};
	struct logline line;
	struct iovec parts[LOGLINE_IOVEC_MAX];
	char words[LOGLINE_WORDS_MAX];
	int count;

	(void)state;
	memset(long_id, 'd', sizeof(long_id) - 1);
	long_id[sizeof(long_id) - 1] = '\0';
	line = logline_of(&entry, 0);
	count = logline_compose(&line, words, parts);
	assert_true(has(parts, count, "ESTATE_BUS=gw"));
	assert_true(has(parts, count, "ESTATE_WHO=root"));
	for (int i = 0; i < count; i++)
		assert_false(parts[i].iov_len > 14 && memcmp(parts[i].iov_base, "ESTATE_DEVICE=", 14) == 0);
}

static void a_long_text_is_cut_between_characters(void **state)
{
	struct str_buf text _cleanup_str_buf_ = { 0 };
	struct log_entry entry = { .level = LOG_LEVEL_INFO, .file = "f", .func = "" };
	struct logline line;
	char buf[LOGLINE_TEXT_MAX + 100];
	size_t len;

	(void)state;
	for (int i = 0; i < 2000; i++)
		str_buf_add(&text, "困");
	entry.text = str_buf_text(&text);
	line = logline_of(&entry, 0);
	assert_true(str_is_utf8(line.text, strlen(line.text)));
	assert_in_range(strlen(line.text), LOGLINE_TEXT_MAX - 4, LOGLINE_TEXT_MAX - 1);
	len = logline_format(&line, buf);
	assert_int_equal(len, strlen(buf));
	assert_int_equal(buf[len - 1], '\n');
}

static void on_stderr_a_line_is_as_it_ever_was(void **state)
{
	const struct log_entry entry = { .level = LOG_LEVEL_NOTICE, .file = "f", .func = "", .text = "hello" };
	struct logline line = logline_of(&entry, (int64_t)1718000000 * 1000000);
	char buf[LOGLINE_TEXT_MAX + 100];

	(void)state;
	logline_format(&line, buf);
	assert_non_null(strstr(buf, "2024-06-10T"));
	assert_non_null(strstr(buf, " notice: hello\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_all_fields_of_its_event),
		cmocka_unit_test(a_plain_line_has_no_id),
		cmocka_unit_test(a_field_without_room_is_left_out_whole),
		cmocka_unit_test(a_long_text_is_cut_between_characters),
		cmocka_unit_test(on_stderr_a_line_is_as_it_ever_was),
	};

	return UNIT_RUN(tests);
}
