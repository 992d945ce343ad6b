/* What a changed configuration is said to change, key by key. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "conf/changes.h"
#include "conf_world.h"
#include "unit.h"

#define HEAD                                                                                                       \
	"places: ( { id = \"b1\"; }, { id = \"b2\"; } );\n"                                                        \
	"plugins: ( { id = \"z\"; program = \"mqtt-source\"; }, { id = \"y\"; program = \"x\"; } );\n"             \
	"profiles: ( { id = \"p1\"; class = \"tank\"; points: ( { name = \"level\"; at = \"holding:0\"; } ); },\n" \
	"            { id = \"p2\"; class = \"tank\"; points: ( { name = \"level\"; at = \"holding:1\"; } ); } );\n"

#define ESTATE(keys) "estate: { id = \"e\"; " keys " };\n" HEAD
#define TOP(text)    "estate: { id = \"e\"; };\n" HEAD text "\n"
#define BUS(keys)    TOP("buses: ( { id = \"x\"; " keys " } );")
#define TCP(keys)    BUS("type = \"tcp\"; host = \"10.0.0.1\"; " keys)
#define RTU(keys)    BUS("type = \"rtu\"; port = \"/dev/x\"; " keys)
#define DIAL(keys)   BUS("type = \"dial-in\"; host = \"127.0.0.1\"; port = 5000; " keys)
#define DEVICE(keys)                                                                                                   \
	TOP("buses: ( { id = \"gw\"; type = \"tcp\"; host = \"h\"; }, { id = \"g2\"; type = \"tcp\"; host = \"i\"; } " \
	    ");\n"                                                                                                     \
	    "devices: ( { id = \"x\"; " keys " } );")
#define ON_BUS(keys) DEVICE("place = \"b1\"; bus = \"gw\"; unit = 1; profile = \"p1\"; " keys)
#define AT_Z(keys)   DEVICE("place = \"b1\"; plugin = \"z\"; " keys)
#define RULE(keys)   TOP("rules: ( { id = \"x\"; class = \"tank\"; when = \"level > 1\"; " keys " } );")
#define PROFILE(p)   "estate: { id = \"e\"; }; profiles: ( { id = \"x\"; class = \"tank\"; points: ( " p " ); } );"
#define CLASS(p)     TOP("classes: ( { id = \"x\"; points: ( " p " ); } );")

/* clang-format off */
static const struct {
	const char *before, *after, *expected; /* "group id: key from → to reload; …" */
} cases[] = {
	{ ESTATE(""), ESTATE("name = \"n\";"), "estate e: name e → n live" },
	{ ESTATE(""), ESTATE("timezone = \"Etc/UTC\";"), "estate e: timezone Asia/Shanghai → Etc/UTC restarts" },
	{ ESTATE(""), ESTATE("self_test = \"30d\";"), "estate e: self_test 7d → 30d live" },
	{ TOP(""), TOP("log: { level = \"debug\"; };"), "log log: level info → debug live" },
	{ TOP(""), TOP("log: { rooms: { field = \"debug\"; store = \"error\"; }; };"), "log log: rooms.field  → debug live; rooms.store  → error live" },
	{ TOP("history: { keep = \"90d\"; };"), TOP("history: { keep_homes = \"30d\"; classes: ( { class = \"lift\"; keep = \"365d\"; },"
	  " { class = \"tank\"; keep_sums = \"90d\"; bytes = \"64MB\"; } ); };"),
	  "history history: keep 90d → 60d live; keep_homes 60d → 30d live; classes  → lift keep 365d, tank keep_sums 90d bytes 64MB live" },
	{ ESTATE("") "buses: ();", TOP("buses: ( { id = \"x\"; type = \"tcp\"; host = \"h\"; } );"), "buses x added:" },
	{ TCP(""), TCP("name = \"n\";"), "buses x: name x → n live" },
	{ TCP(""), BUS("type = \"rtu-over-tcp\"; host = \"10.0.0.1\";"), "buses x: type tcp → rtu-over-tcp restarts" },
	{ TCP(""), BUS("type = \"tcp\"; host = \"10.0.0.2\";"), "buses x: host 10.0.0.1 → 10.0.0.2 restarts" },
	{ TCP(""), TCP("port = 503;"), "buses x: port 502 → 503 restarts; standby_port 502 → 503 restarts" },
	{ TCP(""), TCP("timeout = \"800ms\";"), "buses x: timeout 500ms → 800ms live" },
	{ TCP(""), TCP("turnaround = \"20ms\";"), "buses x: turnaround 0s → 20ms live" },
	{ TCP(""), TCP("pause_after_connect = \"1s\"; min_interval = \"20ms\"; idle_close = \"1m\";"),
	  "buses x: pause_after_connect 0s → 1s live; min_interval 0s → 20ms live; idle_close 0s → 1m " },
	{ TCP(""), TCP("standby = \"10.0.0.9\"; standby_port = 600;"), "buses x: standby  → 10.0.0.9 restarts; standby_port 502 → 600 restarts" },
	{ DIAL("registration = \"a\";"), DIAL("registration = \"b\"; framing = \"tcp\";"),
	  "buses x: registration hex:61 → hex:62 restarts; framing rtu → tcp restarts" },
	{ RTU(""), RTU("baud = 19200; parity = \"even\"; stop_bits = 2;"),
	  "buses x: baud 9600 → 19200 restarts; parity none → even restarts; stop_bits 1 → 2 restarts" },
	{ RTU("rs485 = \"rts-high\";"), RTU("rs485 = \"rts-low\"; rs485_before = \"1ms\"; rs485_after = \"2ms\";"),
	  "buses x: rs485 rts-high → rts-low restarts; rs485_before 0s → 1ms restarts; rs485_after 0s → 2ms restarts" },
	{ RTU(""), BUS("type = \"rtu\"; port = \"/dev/y\";"), "buses x: port /dev/x → /dev/y restarts" },
	{ TOP(""), "estate: { id = \"e\"; };\n" "places: ( { id = \"b1\"; name = \"n\"; floors = 3; units = ( \"u1\", \"u2\" ); }, { id = \"b2\"; } );\n"
	  "plugins: ( { id = \"z\"; program = \"mqtt-source\"; max_age = \"60s\"; options: { a = 1; }; } );",
	  "places b1: name b1 → n live; floors 0 → 3 live; units  → u1 u2 live" },
	{ TOP(""), "estate: { id = \"e\"; };\nplugins: ( { id = \"z\"; program = \"http\"; max_age = \"60s\"; options: { a = 1; }; } );",
	  "plugins z: program mqtt-source → http restarts; options {} → {\"a\":1} restarts; max_age 45s → 1m restarts" },
	{ ON_BUS(""), ON_BUS("name = \"n\"; room = \"hall\"; entrance = true; max_age = \"1h\"; max_registers = 10; max_bits = 9;"),
	  "devices x: name x → n live; room  → hall live; entrance false → true live; max_age 0s → 1h live; max_registers 125 → 10 live; max_bits 2000 → 9 live" },
	{ ON_BUS(""), ON_BUS("writes = true;"), "devices x: writes false → true live" },
	{ PROFILE("{ name = \"level\"; at = \"holding:0\"; }"),
	  "estate: { id = \"e\"; }; profiles: ( { id = \"x\"; class = \"tank\"; mask_write = true; points: ( { name = \"level\"; at = \"holding:0\"; } ); } );",
	  "profiles x: mask_write false → true live" },
	{ PROFILE("{ name = \"level\"; at = \"level\"; }"),
	  "estate: { id = \"e\"; }; profiles: ( { id = \"x\"; class = \"tank\"; name = \"n\"; models = ( \"A1\", \"B*\" ); points: ( { name = \"level\"; at = \"level\"; } ); } );",
	  "profiles x: name  → n live; models  → A1 B* live" },
	{ ON_BUS(""), ON_BUS("late_bound = \"3s\"; min_interval = \"20ms\"; tid = \"loose\";"),
	  "devices x: late_bound 2s → 3s live; min_interval 0s → 20ms live; tid strict → loose live" },
	{ ON_BUS(""), DEVICE("place = \"b2\"; bus = \"g2\"; unit = 2; profile = \"p2\";"),
	  "devices x: place b1 → b2 live; bus gw → g2 restarts; unit 1 → 2 restarts; profile p1 → p2 restarts" },
	{ AT_Z("class = \"tank\";"), DEVICE("place = \"b1\"; plugin = \"y\"; address = \"a\"; class = \"pump\";"),
	  "devices x: plugin z → y restarts; address x → a restarts; class tank → pump restarts" },
	{ RULE(""), RULE("for = \"5s\"; off_for = \"6s\"; hysteresis = 0.5; latch = true; priority = 2; ladder = \"L1\";"),
	  "rules x: for 0s → 5s live; off_for 0s → 6s live; hysteresis 0 → 0.5 live; latch false → true live; priority 3 → 2 live; ladder  → L1 live" },
	{ RULE(""), RULE("times = 3; within = \"1m\"; realarm = \"1h\"; inhibited_by = ( \"fire\" ); needs = ( \"level\" );"),
	  "rules x: needs  → level restarts; times 0 → 3 live; within 0s → 1m live; realarm 0s → 1h live; inhibited_by  → fire live" },
	{ RULE(""), RULE("rise = ( { after = \"10m\"; priority = 2; }, { after = \"1h\"; priority = 1; } );"), "rules x: rise  → 10m: 2, 1h: 1 live" },
	{ RULE(""), RULE("suppressed_when = \"overflow\"; acked_when = \"high\";"), "rules x: suppressed_when  → overflow restarts; acked_when  → high restarts" },
	{ RULE(""), RULE("text: { zh = \"a\"; en = \"b\"; }; guidance: { zh = \"c\"; };"), "rules x: text.zh " },
	{ RULE(""), RULE("life_safety = true; priority = 1;"), "rules x: priority 3 → 1 live; ladder  → L1 live; life_safety false → true live" },
	{ TOP("") "contacts: ( { id = \"c\"; } );", TOP("") "contacts: ( { id = \"c\"; cards = ( \"1\", \"2\" ); } );",
	  "contacts c: cards  → 1 2 live" },
	{ AT_Z("class = \"tank\";") "contacts: ( { id = \"c\"; } );", AT_Z("class = \"tank\";") "contacts: ( { id = \"c\"; button = \"x.high\"; } );",
	  "contacts c: button  → x.high live" },
	{ RULE(""), RULE("silent = true;"), "rules x: silent false → true live" },
	{ RULE(""), RULE("enabled = false;"), "rules x removed:" },
	{ ON_BUS("") "rules: ( { id = \"r\"; class = \"tank\"; when = \"level > 1\"; } );",
	  ON_BUS("") "rules: ( { id = \"r\"; device = \"x\"; when = \"level > 1\"; } );", "rules r: class tank →  restarts; device  → x restarts" },
	{ RULE(""), TOP("rules: ( { id = \"x\"; class = \"pump\"; when = \"fault\"; } );"), "rules x: class tank → pump restarts; when level > 1 → fault restarts" },
	{ TOP(""), TOP("rules: ( { id = \"lift-trapped\"; level_for = \"60s\"; between_for = \"20s\"; } );"),
	  "rules lift-trapped: level_for 90s → 1m live; between_for 45s → 20s live" },
	{ TOP("rules: ( { id = \"wearable\"; settings: { hr_low = 45; }; } );"),
	  TOP("rules: ( { id = \"wearable\"; settings: { hr_low = 50; off_for = \"5h\"; }; } );"),
	  "rules wearable: settings hr_low 45 → hr_low 50, off_for 5h live" },
	{ PROFILE("{ name = \"level\"; at = \"input:0\"; }"), PROFILE("{ name = \"level\"; at = \"input:1\"; scale = 0.1; }, { name = \"high\"; at = \"coil:0\"; }"),
	  "profiles x: points.level input:0 u16 every 1s → input:1 u16 every 1s × 0.1 restarts; points.high  → coil:0 bit every 1s restarts" },
	{ PROFILE("{ name = \"level\"; at = \"input:0\"; }"), PROFILE("{ name = \"level\"; at = \"input:0\"; deadband = 2; }"), "profiles x: points.level  →  restarts" },
	{ CLASS("{ name = \"a\"; type = \"bool\"; }"), CLASS("{ name = \"b\"; type = \"number\"; unit = \"V\"; }"),
	  "classes x: points.a bool →  restarts; points.b  → number V restarts" },
};
/* clang-format on */

static struct conf *load(struct conf_world *w, const char *text)
{
	struct conf *c;

	conf_world_good(w, text);
	c = w->conf;
	w->conf = NULL;
	return c;
}

static void write_row(const struct difference_row *row, struct str_buf *to)
{
	struct changes c;

	changes_find(row, &c);
	str_buf_printf(to, "%s %s%s:", row->group, row->id,
		       row->kind == DIFFERENCE_ADDED     ? " added"
		       : row->kind == DIFFERENCE_REMOVED ? " removed"
							 : "");
	for (size_t i = 0; i < c.count; i++)
		str_buf_printf(to, "%s %s %s → %s %s", i ? ";" : "", c.keys[i].key, c.keys[i].from, c.keys[i].to,
			       schema_reload_name(c.keys[i].reload));
	str_buf_add(to, "\n");
	assert_true(row->kind != DIFFERENCE_CHANGED || c.count > 0);
	changes_fini(&c);
}

static void every_changed_key_is_named_with_what_was_and_what_will_be(void **state)
{
	struct conf_world w;

	(void)state;
	conf_world_init(&w);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct conf *from = load(&w, cases[i].before), *to = load(&w, cases[i].after);
		_cleanup_str_buf_ struct str_buf said = { 0 };
		struct difference d;

		difference_find(from, to, &d);
		for (size_t k = 0; k < d.count; k++)
			write_row(&d.rows[k], &said);
		if (!strstr(str_buf_text(&said), cases[i].expected))
			print_error("expected: %s\nsaid: %s\n", cases[i].expected, str_buf_text(&said));
		assert_non_null(strstr(str_buf_text(&said), cases[i].expected));
		difference_fini(&d);
		conf_free(from);
		conf_free(to);
	}
	conf_world_fini(&w);
}

static bool stays(const struct conf *from, const struct conf *to, const char *group)
{
	if (str_equal(group, "buses"))
		return changes_keep_bus(conf_find_bus(from, "x"), conf_find_bus(to, "x"));
	return changes_keep_plugin(from, conf_find_plugin(from, "z"), to, conf_find_plugin(to, "z"));
}

/* With the case before, which walks every key: what is said of a key is what happens. */
static void a_link_stays_where_every_changed_key_is_live_and_only_there(void **state)
{
	static const char *const groups[] = { "buses", "plugins", "devices" };
	unsigned kept[ARRAY_SIZE(groups)] = { 0 }, ended[ARRAY_SIZE(groups)] = { 0 };
	struct conf_world w;

	(void)state;
	conf_world_init(&w);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t g = 0; g < ARRAY_SIZE(groups); g++) {
			struct conf *from, *to;
			bool live = !strstr(cases[i].expected, " restarts");

			if (!str_starts(cases[i].expected, groups[g]) || strstr(cases[i].expected, " added:"))
				continue;
			from = load(&w, cases[i].before);
			to = load(&w, cases[i].after);
			if (str_equal(groups[g], "devices") && strstr(cases[i].expected, "bus "))
				live = true; /* of another bus: no plugin ends for it */
			assert_int_equal(stays(from, to, groups[g]), live);
			kept[g] += live;
			ended[g] += !live;
			conf_free(from);
			conf_free(to);
		}
	assert_true(kept[0] >= 3 && ended[0] >= 8);
	assert_true(ended[1] >= 1);
	assert_true(kept[2] >= 1 && ended[2] >= 1);
	conf_world_fini(&w);
}

static void a_plugin_stays_when_its_devices_stand_in_another_order(void **state)
{
	static const char first[] = "{ id = \"p\"; place = \"b1\"; plugin = \"z\"; class = \"tank\"; }";
	static const char second[] = "{ id = \"q\"; place = \"b1\"; plugin = \"z\"; class = \"tank\"; }";
	struct conf *confs[3];
	struct conf_world w;
	char text[2048];

	(void)state;
	conf_world_init(&w);
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), TOP("devices: ( %s%s%s );"), i == 1 ? second : first, i == 2 ? "" : ", ",
			 i == 2   ? ""
			 : i == 1 ? first
				  : second);
		confs[i] = load(&w, text);
	}
	assert_true(stays(confs[0], confs[1], "plugins"));
	assert_false(stays(confs[0], confs[2], "plugins"));
	assert_false(stays(confs[2], confs[0], "plugins"));
	for (size_t i = 0; i < 3; i++)
		conf_free(confs[i]);
	conf_world_fini(&w);
}

static bool is_case(const struct schema_group *g, const char *key)
{
	char row[40], word[80];

	snprintf(row, sizeof(row), "%s ", g->name);
	snprintf(word, sizeof(word), " %s", key);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (str_starts(cases[i].expected, row) && strstr(cases[i].expected, word))
			return true;
	return false;
}

/* A key of the schema without a row in changes.c would change silently. */
static void every_key_of_the_schema_is_among_the_cases(void **state)
{
	/* 8 is the only value of data_bits; an entrapment that comes or goes is another rule; guidance is as text. */
	static const char *const others[] = { "data_bits", "condition", "enabled", "guidance" };
	static const char *const groups[] = { "estate", "places", "buses", "plugins", "devices", "rules" };
	struct schema_walk walk = { 0 };
	const struct schema_key *k;
	bool all = true;

	(void)state;
	while ((k = schema_next(&walk))) {
		bool told = k->reload == SCHEMA_IDENTITY, of_these = false;

		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			told |= str_equal(others[i], k->key);
		for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
			of_these |= str_equal(groups[i], walk.group->name);
		if (told || !of_these || is_case(walk.group, k->key))
			continue;
		print_error("no case of %s.%s\n", walk.group->name, k->key);
		all = false;
	}
	assert_true(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_changed_key_is_named_with_what_was_and_what_will_be),
		cmocka_unit_test(every_key_of_the_schema_is_among_the_cases),
		cmocka_unit_test(a_link_stays_where_every_changed_key_is_live_and_only_there),
		cmocka_unit_test(a_plugin_stays_when_its_devices_stand_in_another_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
