/* The dialects of mqtt-source without a broker: case files of topics, payloads and what is told (tests/case/dialect/NAME). */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt-source/dialect.h"
#include "mqtt-source/echo.h"
#include "unit.h"

#define RECEIVED_US INT64_C(1800000000000000)

struct told {
	char text[65536];
	size_t len;
};

/* What a case file is about. */
struct world {
	const struct dialect *dialect;
	void *state;
	struct teller *teller;
	int64_t now_us; /* since the case began */
	struct told told, expected;
};

static void tell(struct told *told, const char *text)
{
	told->len += (size_t)snprintf(told->text + told->len, sizeof(told->text) - told->len, "> %s\n", text);
	assert_true(told->len < sizeof(told->text));
}

static void send(void *user, json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(13));

	tell(user, text);
	free(text);
	json_decref(message);
}

static void trouble(void *user, const char *text)
{
	char line[200];

	snprintf(line, sizeof(line), "trouble %s", text ? text : "over");
	tell(user, line);
}

static void subscribe(void *user, const char *topic)
{
	char text[600];

	snprintf(text, sizeof(text), "subscribe %s", topic);
	tell(user, text);
}

static void pass(struct world *w, int64_t seconds)
{
	w->now_us += seconds * 1000000;
	teller_tick(w->teller, w->now_us);
	if (w->dialect->tick)
		w->dialect->tick(w->state, w->now_us);
}

static bool play_event(struct world *w, const char *line)
{
	if (strcmp(line, "disconnected") == 0) {
		if (w->dialect->disconnected)
			w->dialect->disconnected(w->state);
	} else if (strcmp(line, "connected") == 0) {
		teller_listen(w->teller, w->now_us);
	} else if (strcmp(line, "overdue") == 0) {
		w->dialect->overdue(w->state);
	} else if (strncmp(line, "pass ", 5) == 0) {
		pass(w, strtol(line + 5, NULL, 10));
	} else {
		return false;
	}
	return true;
}

/* "< topic payload" comes in, "<r …" was kept by the broker; "disconnected", "connected", "overdue" and "pass SECONDS" happen. */
static void play(struct world *w, char *line)
{
	bool retained = strncmp(line, "<r ", 3) == 0;
	char *topic = line + (retained ? 3 : 2), *payload;

	if (play_event(w, line))
		return;
	payload = strchr(topic, ' ');
	assert_non_null(payload);
	*payload++ = '\0';
	w->dialect->take(w->state, &(struct teller_input){ .topic = topic,
							   .payload = payload,
							   .len = strlen(payload),
							   .retained = retained,
							   .received_us = RECEIVED_US + w->now_us,
							   .now_us = w->now_us });
}

/* First line: the devices, or a base and the devices. Then what happens; lines with ">" are what is expected, "#" is a comment. */
static void run_case(struct world *w, FILE *file)
{
	char line[16384], *base;
	const char *also;
	json_t *devices;

	do
		assert_non_null(fgets(line, sizeof(line), file));
	while (line[0] == '#');
	base = line[0] == '[' ? NULL : strtok(line, " ");
	devices = json_loads(base ? strtok(NULL, "\n") : line, 0, NULL);
	assert_non_null(devices);
	w->teller = teller_new(&(struct teller_setup){
		.id_prefix = "run", .devices = devices, .calls = { &w->told, send, trouble, subscribe } });
	also = base ? NULL : w->dialect->also;
	base = strdup(base ? base : w->dialect->base);
	w->state = w->dialect->new (&(struct dialect_setup){ .base = base, .also = also, .teller = w->teller });
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "> ", 2) == 0)
			tell(&w->expected, line + 2);
		else if (line[0] && line[0] != '#')
			play(w, line);
	}
	w->dialect->free(w->state);
	teller_free(w->teller);
	json_decref(devices);
	free(base);
}

static int is_case(const struct dirent *entry)
{
	return strstr(entry->d_name, ".txt") != NULL;
}

static void run_dialect(const struct dialect *dialect, const char *cases)
{
	static struct world w;
	struct dirent **entries;
	char folder[2048], path[4096];
	int n;

	snprintf(folder, sizeof(folder), "%s/dialect/%s", cases ? cases : "tests/case", dialect->name);
	n = scandir(folder, &entries, is_case, alphasort);
	if (n <= 0)
		fail_msg("no cases in %s", folder);
	for (int i = 0; i < n; i++) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		file = fopen(path, "re");
		assert_non_null(file);
		memset(&w, 0, sizeof(w));
		w.dialect = dialect;
		run_case(&w, file);
		if (strcmp(w.told.text, w.expected.text) != 0)
			print_message("# %s\n", path);
		assert_string_equal(w.told.text, w.expected.text);
		fclose(file);
		free(entries[i]);
	}
	free(entries);
}

static void all_cases_tell_what_they_should(void **state)
{
	(void)state;
	for (size_t i = 0; dialect_table[i]; i++)
		run_dialect(dialect_table[i], getenv("CASE_DIR"));
}

static void the_words_of_the_option_are_the_dialects_of_the_table(void **state)
{
	char words[] = DIALECT_WORDS;
	size_t i = 0;

	(void)state;
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "), i++) {
		assert_non_null(dialect_table[i]);
		assert_string_equal(word, dialect_table[i]->name);
	}
	assert_null(dialect_table[i]);
}

static void a_radio_address_is_the_same_however_it_is_written(void **state)
{
	static const char *const same[] = { "24E124128B393961", "24:e1:24:12:8b:39:39:61", "24-E1-24-12-8B-39-39-61" };
	static const char *const others[] = {
		"24E124128B39396", "24E124128B3939611", "24E124128B39396G", "Kitchen", "2-4E124128B393961", "0xZZ", ""
	};
	char buf[TELLER_KEY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_string_equal(teller_key(same[i], buf), "24e124128b393961");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_ptr_equal(teller_key(others[i], buf), others[i]);
	assert_string_equal(teller_key("0x00158D00", buf), "0x00158d00");
}

static void a_key_is_repeated_within_its_window_only_and_the_oldest_is_forgotten(void **state)
{
	struct echo e = { .count = 0 };
	char key[32];

	(void)state;
	assert_false(echo_is_repeated(&e, "a", 100, 10));
	assert_true(echo_is_repeated(&e, "a", 110, 10));
	assert_true(echo_is_repeated(&e, "a", 90, 10));
	assert_false(echo_is_repeated(&e, "a", 111, 10));
	assert_false(echo_is_repeated(&e, "b", 100, 10));
	for (int i = 0; i < ECHO_KEPT; i++) {
		snprintf(key, sizeof(key), "other-%d", i);
		assert_false(echo_is_repeated(&e, key, 0, 10));
	}
	assert_false(echo_is_repeated(&e, "b", 100, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_cases_tell_what_they_should),
		cmocka_unit_test(the_words_of_the_option_are_the_dialects_of_the_table),
		cmocka_unit_test(a_radio_address_is_the_same_however_it_is_written),
		cmocka_unit_test(a_key_is_repeated_within_its_window_only_and_the_oldest_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
