/* The dialect of Zigbee2MQTT without a broker: case files of topics, payloads and what is told. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt-source/z2m.h"
#include "unit.h"

#define RECEIVED_US INT64_C(1800000000000000)

struct told {
	char text[65536];
	size_t len;
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

static void bridge(void *user, bool online)
{
	tell(user, online ? "bridge online" : "bridge offline");
}

static void subscribe(void *user, const char *topic)
{
	char text[600];

	snprintf(text, sizeof(text), "subscribe %s", topic);
	tell(user, text);
}

/* "< topic payload" comes in, "<r …" was kept by the broker; "disconnected" and "overdue" are events. */
static void play(struct z2m *z, char *line)
{
	bool retained = strncmp(line, "<r ", 3) == 0;
	char *topic = line + (retained ? 3 : 2), *payload;

	if (strcmp(line, "disconnected") == 0) {
		z2m_disconnected(z);
		return;
	}
	if (strcmp(line, "overdue") == 0) {
		z2m_names_overdue(z);
		return;
	}
	payload = strchr(topic, ' ');
	assert_non_null(payload);
	*payload++ = '\0';
	z2m_take(z, &(struct z2m_input){ topic, payload, strlen(payload), retained, RECEIVED_US });
}

/* First line: the devices. Then what happens; lines with ">" are what is expected, the rest is commented with "#". */
static void run_case(FILE *file, struct told *expected, struct told *told)
{
	char line[8192];
	json_t *devices;
	struct z2m *z;

	do
		assert_non_null(fgets(line, sizeof(line), file));
	while (line[0] == '#');
	devices = json_loads(line, 0, NULL);
	assert_non_null(devices);
	z = z2m_new(&(struct z2m_setup){ "z", "run", devices, { told, send, bridge, subscribe } });
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "> ", 2) == 0)
			tell(expected, line + 2);
		else if (line[0] && line[0] != '#')
			play(z, line);
	}
	z2m_free(z);
	json_decref(devices);
}

static int is_case(const struct dirent *entry)
{
	return strstr(entry->d_name, ".txt") != NULL;
}

static void all_cases_tell_what_they_should(void **state)
{
	const char *cases = getenv("CASE_DIR");
	static struct told expected, told;
	struct dirent **entries;
	char path[4096];
	int n;

	(void)state;
	snprintf(path, sizeof(path), "%s/z2m", cases ? cases : "tests/case");
	n = scandir(path, &entries, is_case, alphasort);
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/z2m/%s", cases ? cases : "tests/case", entries[i]->d_name);
		file = fopen(path, "re");
		assert_non_null(file);
		memset(&expected, 0, sizeof(expected));
		memset(&told, 0, sizeof(told));
		run_case(file, &expected, &told);
		if (strcmp(told.text, expected.text) != 0)
			print_message("# %s\n", path);
		assert_string_equal(told.text, expected.text);
		fclose(file);
		free(entries[i]);
	}
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_cases_tell_what_they_should) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
