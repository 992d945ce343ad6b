#include "app/discovery.h"

#include <math.h>
#include <string.h>

#include "conf_world.h"
#include "unit.h"

static const char configuration[] =
	"estate: { id = \"e\"; };\n"
	"places: ( { id = \"b3\"; } );\n"
	"plugins: ( { id = \"p\"; program = \"/bin/true\"; }, { id = \"q\"; program = \"/bin/true\"; },\n"
	"           { id = \"r\"; program = \"/bin/true\"; }, { id = \"s\"; program = \"/bin/true\"; },\n"
	"           { id = \"t\"; program = \"/bin/true\"; } );\n"
	"profiles: ( { id = \"door\"; class = \"contact\"; models = ( \"AB*2\", \"xyz\" ); points: ( { name = "
	"\"open\"; } ); } );\n"
	"devices: ( { id = \"d\"; place = \"b3\"; plugin = \"p\"; address = \"0xAA\"; profile = \"door\"; } );\n";

static struct conf_world world;
static struct discovery *discovery;

static int begin(void **state)
{
	(void)state;
	conf_world_init(&world);
	conf_world_good(&world, configuration);
	discovery = discovery_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	discovery_free(discovery);
	conf_world_fini(&world);
	return 0;
}

static void hear(const char *plugin, const struct supervisor_discovery *what)
{
	discovery_heard(discovery,
			&(struct discovery_heard){ .plugin = plugin,
						   .what = what,
						   .conf = world.conf,
						   .now = { .mono_us = DAY, .wall_us = (int64_t)1790000000 * S } });
}

static void hear_many(const char *plugin, int from, int count)
{
	for (int i = from; i < from + count; i++) {
		char address[32];

		snprintf(address, sizeof(address), "%06d", i);
		hear(plugin, &(struct supervisor_discovery){ .address = address, .battery = NAN });
	}
}

static void expect(size_t index, const char *wanted)
{
	json_t *row = discovery_row(discovery, world.conf, index, NULL);
	char *text;

	assert_non_null(row);
	json_object_del(row, "at");
	text = json_dumps(row, JSON_COMPACT);
	assert_string_equal(text, wanted);
	free(text);
	json_decref(row);
}

static void one_that_is_configured_is_not_listed(void **state)
{
	(void)state;
	hear("p", &(struct supervisor_discovery){ .address = "0xaa", .battery = NAN });
	hear("p", &(struct supervisor_discovery){ .address = "0xbb", .name = "0xAA", .battery = NAN });
	hear("gone", &(struct supervisor_discovery){ .address = "0xcc", .battery = NAN });
	assert_int_equal(discovery_count(discovery), 0);
	hear("q", &(struct supervisor_discovery){ .address = "0xaa", .battery = NAN }); /* another network */
	assert_int_equal(discovery_count(discovery), 1);
}

static void a_profile_is_proposed_by_model_in_any_case(void **state)
{
	static const struct {
		const char *model;
		bool fits;
	} cases[] = { { "ab-2", true }, { "AB2", true },   { "ab-3", false },
		      { "XYZ", true },  { "xyz1", false }, { "", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(profile_fits(world.conf->devices[0].profile, cases[i].model), cases[i].fits);
	assert_false(profile_fits(world.conf->devices[0].profile, NULL));
	hear("p", &(struct supervisor_discovery){ .address = "1", .model = "Ab12", .battery = NAN });
	expect(0,
	       "{\"plugin\":\"p\",\"address\":\"1\",\"name\":null,\"vendor\":null,\"model\":\"Ab12\",\"battery\":null,"
	       "\"fields\":{},\"profiles\":[\"door\"]}");
}

static void told_again_it_is_the_same_one_and_keeps_what_was_known(void **state)
{
	(void)state;
	hear("p", &(struct supervisor_discovery){ .address = "0xB", .model = "m", .vendor = "v", .battery = 12 });
	hear("p", &(struct supervisor_discovery){ .address = "0xb", .name = "n", .battery = NAN });
	assert_int_equal(discovery_count(discovery), 1);
	expect(0,
	       "{\"plugin\":\"p\",\"address\":\"0xB\",\"name\":\"n\",\"vendor\":\"v\",\"model\":\"m\",\"battery\":12,"
	       "\"fields\":{},\"profiles\":[]}");
}

static void an_address_of_a_radio_may_be_spelt_in_many_ways_and_a_name_in_one(void **state)
{
	static const struct {
		const char *one, *other;
		size_t count;
	} cases[] = {
		{ "24e124136d151485", "24-E1-24-13-6D-15-14-85", 1 },
		{ "24e124136d151485", "24:e1:24:13:6d:15:14:85", 1 },
		{ "0x00158D00", "0x00158d00", 1 },
		{ "1-1", "11", 2 },
		{ "cafe", "CAFE", 2 },
		{ "Kitchen", "kitchen", 2 },
		{ "24e124136d151485", "24e124136d151486", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		discovery_free(discovery);
		discovery = discovery_new();
		hear("p", &(struct supervisor_discovery){ .address = cases[i].one, .battery = NAN });
		hear("p", &(struct supervisor_discovery){ .address = cases[i].other, .battery = NAN });
		assert_int_equal(discovery_count(discovery), cases[i].count);
	}
}

static void a_battery_that_cannot_be_is_none(void **state)
{
	static const double levels[] = { -1, 100.5, 255, INFINITY };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		json_t *row;

		hear("p", &(struct supervisor_discovery){ .address = "1", .battery = levels[i] });
		row = discovery_row(discovery, world.conf, 0, NULL);
		assert_true(json_is_null(json_object_get(row, "battery")));
		json_decref(row);
	}
}

static void of_one_plugin_the_oldest_makes_room_and_those_of_others_stay(void **state)
{
	json_t *row;

	(void)state;
	hear("q", &(struct supervisor_discovery){ .address = "other", .battery = NAN });
	hear_many("p", 0, DISCOVERY_OF_PLUGIN_MAX + 10);
	assert_int_equal(discovery_count(discovery), DISCOVERY_OF_PLUGIN_MAX + 1);
	assert_int_equal(discovery_dropped(discovery), 10);
	row = discovery_row(discovery, world.conf, DISCOVERY_OF_PLUGIN_MAX, "other");
	assert_non_null(row);
	json_decref(row);
	row = discovery_row(discovery, world.conf, DISCOVERY_OF_PLUGIN_MAX - 1, NULL);
	assert_string_equal(json_string_value(json_object_get(row, "address")), "000010");
	json_decref(row);
}

static void of_all_together_there_are_no_more_than_the_limit(void **state)
{
	static const char *const plugins[] = { "p", "q", "r", "s", "t" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(plugins); i++)
		hear_many(plugins[i], 0, DISCOVERY_OF_PLUGIN_MAX);
	assert_int_equal(discovery_count(discovery), DISCOVERY_MAX);
	assert_int_equal(discovery_dropped(discovery), DISCOVERY_OF_PLUGIN_MAX);
	assert_null(discovery_row(discovery, world.conf, DISCOVERY_MAX, NULL));
}

static void another_configuration_forgets_what_it_has_and_what_its_plugins_cannot_reach(void **state)
{
	struct conf_world later;

	(void)state;
	hear("p", &(struct supervisor_discovery){ .address = "0xBB", .battery = NAN });
	hear("p", &(struct supervisor_discovery){ .address = "0xCC", .name = "kitchen", .battery = NAN });
	hear("p", &(struct supervisor_discovery){ .address = "0xDD", .name = "Hall", .battery = NAN });
	hear("q", &(struct supervisor_discovery){ .address = "0xBB", .battery = NAN });
	conf_world_init(&later);
	conf_world_good(
		&later,
		"estate: { id = \"e\"; };\n"
		"places: ( { id = \"b3\"; } );\n"
		"plugins: ( { id = \"p\"; program = \"/bin/true\"; } );\n"
		"devices: ( { id = \"a\"; place = \"b3\"; plugin = \"p\"; address = \"0xbb\"; class = \"contact\"; },\n"
		"           { id = \"b\"; place = \"b3\"; plugin = \"p\"; address = \"kitchen\"; class = \"contact\"; "
		"},\n"
		"           { id = \"c\"; place = \"b3\"; plugin = \"p\"; address = \"hall\"; class = \"contact\"; } "
		");\n");
	discovery_rebind(discovery, later.conf);
	assert_int_equal(discovery_count(discovery), 1); /* names are told apart by case, addresses are not */
	expect(0, "{\"plugin\":\"p\",\"address\":\"0xDD\",\"name\":\"Hall\",\"vendor\":null,\"model\":null,\"battery\":"
		  "null,"
		  "\"fields\":{},\"profiles\":[]}");
	conf_world_fini(&later);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(one_that_is_configured_is_not_listed),
		WORLD(a_profile_is_proposed_by_model_in_any_case),
		WORLD(told_again_it_is_the_same_one_and_keeps_what_was_known),
		WORLD(an_address_of_a_radio_may_be_spelt_in_many_ways_and_a_name_in_one),
		WORLD(a_battery_that_cannot_be_is_none),
		WORLD(of_one_plugin_the_oldest_makes_room_and_those_of_others_stay),
		WORLD(of_all_together_there_are_no_more_than_the_limit),
		WORLD(another_configuration_forgets_what_it_has_and_what_its_plugins_cannot_reach),
	};

	return UNIT_RUN(tests);
}
