/* When nobody can be told: no page at the desk, no notifier that works. In virtual time; the page is a real client. */
#include "app/live.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf_world.h"
#include "raw_http.h"
#include "unit.h"

static const char estate_of_a_desk[] =
	"estate: { id = \"e\"; };\n"
	"contacts: ( { id = \"desk\"; }, { id = \"siren\"; output = \"r.on\"; } );\n"
	"places: ( { id = \"b1\"; } );\n"
	"buses: ( { id = \"line\"; type = \"tcp\"; host = \"127.0.0.1\"; } );\n"
	"profiles: ( { id = \"box\"; class = \"relay\"; points: ( { name = \"on\"; at = \"coil:0\"; writable = true; } "
	"); } );\n"
	"devices: ( { id = \"r\"; place = \"b1\"; bus = \"line\"; unit = 1; profile = \"box\"; writes = true; } );\n";

static struct conf_world world;
static struct live live;
static struct clock_now now;

static int begin(void **state)
{
	(void)state;
	conf_world_init(&world);
	now = (struct clock_now){ .mono_us = DAY, .wall_us = (int64_t)1790000000 * S };
	clock_pretend(&now);
	memset(&live, 0, sizeof(live));
	return 0;
}

static void open_estate(const char *text)
{
	conf_world_good(&world, text);
	live.conf = world.conf;
	assert_int_equal(engine_new(live.conf, NULL, &live.engine), 0);
	live.watch = watch_new(&live);
	live.crier = crier_new(&live);
}

static int end(void **state)
{
	(void)state;
	crier_free(live.crier);
	watch_free(live.watch);
	alarm_effects_fini(&live.effects);
	engine_free(live.engine);
	clock_pretend(NULL);
	conf_world_fini(&world);
	return 0;
}

static void pass(int64_t us)
{
	for (int64_t until_us = now.mono_us + us; now.mono_us < until_us;) {
		now.mono_us += S;
		now.wall_us += S;
		watch_tick(live.watch, now);
	}
}

static const struct alarm *people_alarm(void)
{
	return evaluator_find(engine_evaluator(live.engine), "supervision/people");
}

static void that_nobody_can_be_told_is_an_alarm_after_two_minutes(void **state)
{
	(void)state;
	open_estate(estate_of_a_desk); /* a siren is nobody who looks */
	pass(119 * S);
	assert_null(people_alarm());
	pass(3 * S);
	assert_non_null(people_alarm());
	assert_int_equal(people_alarm()->state, ALARM_UNACKED);
	assert_int_equal(people_alarm()->priority, 2); /* it goes up to whoever gets the alarms there */
	assert_non_null(strstr(people_alarm()->text_en, "no page is open"));
	assert_non_null(strstr(people_alarm()->text_zh, "值班"));
}

static void who_has_no_contacts_is_not_told_that_there_are_none(void **state)
{
	(void)state;
	open_estate("estate: { id = \"e\"; };\n");
	pass(10 * MINUTE);
	assert_null(people_alarm());
}

/* Turns of the loop until so many pages are open. */
static void wait_pages(size_t wanted)
{
	for (int i = 0; i < 10000 && api_pages(live.api, NULL) != wanted; i++) {
		event_base_loop(live.base, EVLOOP_NONBLOCK);
		usleep(1000);
	}
	assert_int_equal(api_pages(live.api, NULL), wanted);
}

static void a_page_that_is_opened_ends_it(void **state)
{
	struct api_source source = { 0 };
	char path[128];
	const char *text;
	int fd;

	(void)state;
	open_estate(estate_of_a_desk);
	pass(3 * MINUTE);
	assert_int_equal(people_alarm()->state, ALARM_UNACKED);
	live.base = event_base_new();
	snprintf(path, sizeof(path), "%s/api.sock", world.dir);
	assert_int_equal(api_open(
				 &(struct api_setup){
					 .base = live.base, .socket_path = path, .listen_fd = -1, .source = &source },
				 &live.api, &text),
			 0);
	fd = raw_http_connect(path);
	raw_http_send(fd, "GET /v1/stream?page=1 HTTP/1.1\r\nHost: x\r\n\r\n");
	wait_pages(1);
	pass(S);
	assert_int_equal(people_alarm()->state, ALARM_RTN_UNACKED);
	close(fd);
	wait_pages(0);
	pass(3 * MINUTE);
	assert_int_equal(people_alarm()->state, ALARM_UNACKED);
	api_close(steal(&live.api));
	event_base_free(steal(&live.base));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(that_nobody_can_be_told_is_an_alarm_after_two_minutes),
		CASE(who_has_no_contacts_is_not_told_that_there_are_none),
		CASE(a_page_that_is_opened_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
