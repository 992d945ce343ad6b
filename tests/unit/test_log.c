#include "unit.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"

static struct {
	unsigned lines, storms;
	struct log_entry last;
	char text[1100], file[64], func[64];
} heard;

static void hear(void *context, const struct log_entry *entry)
{
	(void)context;
	if (entry->id == LOGID_LOG_STORM || entry->id == LOGID_LOG_STORM_OVER) {
		heard.storms++;
		return;
	}
	heard.lines++;
	heard.last = *entry;
	snprintf(heard.text, sizeof(heard.text), "%s", entry->text);
	snprintf(heard.file, sizeof(heard.file), "%s", entry->file);
	snprintf(heard.func, sizeof(heard.func), "%s", entry->func);
}

static int forget(void **state)
{
	static const struct log_sink sink = { .write = hear };

	(void)state;
	memset(&heard, 0, sizeof(heard));
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(&sink);
	return 0;
}

static void a_line_knows_where_it_was_said(void **state)
{
	(void)state;
	log_warning("x is %d", 3);
	assert_string_equal(heard.text, "x is 3");
	assert_int_equal(heard.last.level, LOG_LEVEL_WARNING);
	assert_string_equal(heard.func, __func__);
	assert_non_null(strstr(heard.file, "test_log.c"));
	assert_int_equal(heard.last.line, __LINE__ - 5);
	assert_int_equal(heard.last.room, LOG_ROOM_APP); /* of no room */
	assert_int_equal(heard.last.id, LOGID_NONE);
}

static void an_event_has_its_own_level_and_fields(void **state)
{
	const char *name, *value;
	unsigned position = 0;
	const struct log_about about = { .bus = "gw", .rule = "sos", .unit = 4 };

	(void)state;
	log_event(LOGID_BUS_STUCK, &about, "stuck");
	assert_int_equal(heard.last.level, LOG_LEVEL_ERROR);
	assert_int_equal(heard.last.id, LOGID_BUS_STUCK);
	assert_int_equal(heard.last.about->unit, 4);
	assert_true(log_next_field(&about, &position, &name, &value));
	assert_string_equal(name, "ESTATE_BUS");
	assert_string_equal(value, "gw");
	assert_true(log_next_field(&about, &position, &name, &value));
	assert_string_equal(name, "ESTATE_RULE");
	assert_false(log_next_field(&about, &position, &name, &value));
	position = 0;
	assert_false(log_next_field(NULL, &position, &name, &value));
}

static void what_came_from_outside_stays_on_one_line(void **state)
{
	(void)state;
	log_info("a%sb", "\n\x1b[31m\x7f");
	assert_string_equal(heard.text, "a  [31m b");
}

/* The place of the code decides the room; here it is given by hand. */
static void say_of_room(struct log_site *site, enum log_level level)
{
	log_say(&(const struct log_head){ .site = site, .func = "f", .level = level }, "said");
}

static void each_room_has_its_own_level(void **state)
{
	struct log_site field = { .file = "/any/daemon/where/daemon/field/poller.c", .line = 1 };
	struct log_site store = { .file = "../daemon/store/store.c", .line = 2 };
	struct log_site base = { .file = "../daemon/base/x.c", .line = 3 };

	(void)state;
	log_set_room(LOG_ROOM_FIELD, LOG_LEVEL_DEBUG);
	log_set_room(LOG_ROOM_STORE, LOG_LEVEL_ERROR);
	say_of_room(&field, LOG_LEVEL_DEBUG);
	assert_int_equal(heard.lines, 1);
	assert_int_equal(heard.last.room, LOG_ROOM_FIELD);
	assert_string_equal(heard.file, "field/poller.c");
	say_of_room(&store, LOG_LEVEL_WARNING);
	say_of_room(&base, LOG_LEVEL_DEBUG);
	assert_int_equal(heard.lines, 1);
	say_of_room(&store, LOG_LEVEL_ERROR);
	assert_int_equal(heard.lines, 2);
	assert_int_equal(heard.last.room, LOG_ROOM_STORE);
	assert_int_equal(log_level(LOG_ROOM_FIELD), LOG_LEVEL_DEBUG);
}

static void words_are_read_strictly(void **state)
{
	enum log_level level = LOG_LEVEL_INFO;
	enum log_room room = LOG_ROOM_API;

	(void)state;
	assert_int_equal(logid_level_parse("debug", &level), 0);
	assert_int_equal(level, LOG_LEVEL_DEBUG);
	assert_int_equal(logid_level_parse("loud", &level), -EINVAL);
	assert_int_equal(logid_level_parse("", &level), -EINVAL);
	assert_int_equal(logid_room_parse("store", &room), 0);
	assert_int_equal(room, LOG_ROOM_STORE);
	assert_int_equal(logid_room_parse("main", &room), -EINVAL);
}

static void a_flood_from_one_place_is_cut_and_counted_and_others_are_heard(void **state)
{
	uint64_t before = log_suppressed();

	(void)state;
	for (int i = 0; i < 10000; i++)
		log_warning("flood %d", i);
	assert_in_range(heard.lines, 101, 103); /* a hundred, and the one that says that more are counted */
	assert_int_equal(heard.storms, 1);
	assert_in_range(log_suppressed() - before, 10000 - 103, 10000 - 101);
	heard.lines = 0;
	log_warning("another place");
	assert_int_equal(heard.lines, 1);
	/* Its end is said by the tick, once, without a further line. */
	assert_true(log_tick(clock_mono_us()));
	assert_false(log_tick(clock_mono_us() + HOUR));
	assert_int_equal(heard.storms, 2);
	assert_false(log_tick(clock_mono_us() + HOUR));
	assert_int_equal(heard.storms, 2);
}

static void a_life_safety_alarm_is_never_left_out(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++)
		log_event(LOGID_LIFE_SAFETY, LOG_ABOUT(.alarm = "sos/x"), "alarm %d", i);
	assert_int_equal(heard.lines, 1000);
	assert_int_equal(heard.storms, 0);
}

static void debug_was_asked_for_and_is_not_limited(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_DEBUG);
	for (int i = 0; i < 1000; i++)
		log_debug("detail %d", i);
	assert_int_equal(heard.lines, 1000);
}

static void every_id_has_a_name_and_a_number_of_its_own(void **state)
{
	_cleanup_(map_freep) struct map *seen = map_new();

	(void)state;
	for (int i = LOGID_NONE + 1; i < LOGID_COUNT; i++) {
		const char *uuid = logid_uuid((enum logid)i), *name = logid_name((enum logid)i);

		assert_non_null(uuid);
		assert_int_equal(strlen(uuid), 32);
		for (const char *c = uuid; *c; c++)
			assert_true(isxdigit((unsigned char)*c) && !isupper((unsigned char)*c));
		assert_null(map_put(seen, uuid, (void *)uuid));
		assert_null(map_put(seen, name, (void *)name));
		assert_in_range(logid_level((enum logid)i), LOG_LEVEL_ERROR, LOG_LEVEL_NOTICE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_line_knows_where_it_was_said, forget),
		cmocka_unit_test_setup(an_event_has_its_own_level_and_fields, forget),
		cmocka_unit_test_setup(what_came_from_outside_stays_on_one_line, forget),
		cmocka_unit_test_setup(each_room_has_its_own_level, forget),
		cmocka_unit_test_setup(words_are_read_strictly, forget),
		cmocka_unit_test_setup(a_flood_from_one_place_is_cut_and_counted_and_others_are_heard, forget),
		cmocka_unit_test_setup(a_life_safety_alarm_is_never_left_out, forget),
		cmocka_unit_test_setup(debug_was_asked_for_and_is_not_limited, forget),
		cmocka_unit_test_setup(every_id_has_a_name_and_a_number_of_its_own, forget),
	};

	return UNIT_RUN(tests);
}
