/* fuzz_router.c: api/router.c: any path against every pattern there is: a value is never empty, never longer than its room,
 * always UTF-8; and any name that estatectl encodes comes back as the same name. */
#include "fuzz.h"

#include "api/router.h"
#include "base/str.h"
#include "ctl/talk.h"

static const char *const patterns[] = {
	"/v1/status",  "/v1/points/{point}", "/v1/alarms/{alarm+}/ack", "/v1/alarms/{alarm+}/close", "/{a}/{b+}",
	"/{a+}/x/{b}", "/v1/stream"
};

static void check_values(const char *pattern, const struct router_match *m)
{
	FUZZ_CLAIM(m->count <= ROUTER_PARAMS_MAX);
	for (size_t i = 0; i < m->count; i++) {
		const char *value = m->params[i].value;

		FUZZ_CLAIM(strnlen(value, ROUTER_VALUE_MAX) < ROUTER_VALUE_MAX && value[0]);
		FUZZ_CLAIM(str_is_utf8(value, strlen(value)) && strstr(pattern, m->params[i].name));
		FUZZ_CLAIM(router_value(m, m->params[i].name) == value);
	}
}

static void check_path(const char *pattern, const char *path)
{
	struct router_match untouched, m;

	memset(&untouched, 0x55, sizeof(untouched));
	m = untouched;
	if (!router_match(pattern, path, &m)) {
		FUZZ_CLAIM(memcmp(&m, &untouched, sizeof(m)) == 0);
		return;
	}
	check_values(pattern, &m);
	if (!strchr(pattern, '{'))
		FUZZ_CLAIM(strcmp(pattern, path) == 0 && m.count == 0);
}

/* A name as estatectl sends it. */
static void check_name(const char *name)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	size_t len = strlen(name);
	struct router_match m;
	bool can = len > 0 && len < ROUTER_VALUE_MAX && str_is_utf8(name, len);

	str_buf_add(&path, "/v1/points/");
	talk_escape(&path, name);
	FUZZ_CLAIM(router_match("/v1/points/{point}", str_buf_text(&path), &m) == can);
	if (can)
		FUZZ_CLAIM(strcmp(router_value(&m, "point"), name) == 0);
	str_buf_clear(&path);
	str_buf_add(&path, "/v1/alarms/");
	talk_escape(&path, name);
	str_buf_add(&path, "/ack");
	FUZZ_CLAIM(router_match("/v1/alarms/{alarm+}/ack", str_buf_text(&path), &m) == can);
	if (can)
		FUZZ_CLAIM(strcmp(router_value(&m, "alarm"), name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *path = fuzz_rest(&in);

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		check_path(patterns[i], path);
	check_name(path);
	free(path);
	return 0;
}
