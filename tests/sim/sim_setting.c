/* sim_setting.c: see sim_setting.h. */
#include "sim_setting.h"

#include <stdarg.h>
#include <string.h>

#include "base/str.h"

struct diag_at sim_setting_at(const config_setting_t *at)
{
	const char *file = config_setting_source_file(at);

	return (struct diag_at){ file ? file : "scenario", config_setting_source_line(at) };
}

void sim_setting_error(const struct sim_setting *s, const char *key, const char *fmt, ...)
{
	_cleanup_str_buf_ struct str_buf text = { 0 };
	const config_setting_t *member = key ? config_setting_get_member(s->at, key) : NULL;
	va_list ap;

	va_start(ap, fmt);
	str_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_error(s->diag, sim_setting_at(member ? member : s->at), "%s%s%s", key ? key : "", key ? ": " : "",
		   str_buf_text(&text));
}

static const config_setting_t *find(const struct sim_setting *s, const char *key)
{
	return config_setting_get_member(s->at, key);
}

int64_t sim_setting_int(const struct sim_setting *s, struct sim_setting_int spec)
{
	const config_setting_t *m = find(s, spec.key);
	int64_t value;

	if (!m)
		return spec.fallback;
	value = config_setting_get_int64(m);
	if ((config_setting_type(m) != CONFIG_TYPE_INT && config_setting_type(m) != CONFIG_TYPE_INT64) ||
	    value < spec.min || value > spec.max) {
		sim_setting_error(s, spec.key, "expected a number %lld..%lld", (long long)spec.min,
				  (long long)spec.max);
		return spec.fallback;
	}
	return value;
}

bool sim_setting_is_number(const config_setting_t *at)
{
	return config_setting_is_number(at);
}

double sim_setting_value(const config_setting_t *at)
{
	return config_setting_type(at) == CONFIG_TYPE_FLOAT ? config_setting_get_float(at)
							    : (double)config_setting_get_int64(at);
}

double sim_setting_number(const struct sim_setting *s, const char *key, double fallback)
{
	const config_setting_t *m = find(s, key);

	if (!m)
		return fallback;
	if (!sim_setting_is_number(m)) {
		sim_setting_error(s, key, "expected a number");
		return fallback;
	}
	return sim_setting_value(m);
}

const char *sim_setting_text(const struct sim_setting *s, const char *key, const char *fallback)
{
	const config_setting_t *m = find(s, key);

	if (!m)
		return fallback;
	if (config_setting_type(m) != CONFIG_TYPE_STRING) {
		sim_setting_error(s, key, "expected a text in quotes");
		return fallback;
	}
	return config_setting_get_string(m);
}

int64_t sim_setting_duration(const struct sim_setting *s, const char *key, int64_t fallback_us)
{
	const char *text = sim_setting_text(s, key, NULL);
	int64_t us;

	if (!text)
		return fallback_us;
	if (str_to_duration(text, &us) < 0 || us < 0) {
		sim_setting_error(s, key, "'%s': expected a duration such as \"500ms\", \"5s\" or \"2m\"", text);
		return fallback_us;
	}
	return us;
}

bool sim_setting_bool(const struct sim_setting *s, const char *key, bool fallback)
{
	const config_setting_t *m = find(s, key);

	if (!m)
		return fallback;
	if (config_setting_type(m) != CONFIG_TYPE_BOOL) {
		sim_setting_error(s, key, "expected true or false");
		return fallback;
	}
	return config_setting_get_bool(m);
}

int sim_setting_word(const struct sim_setting *s, const char *key, const char *const *words, int fallback)
{
	_cleanup_str_buf_ struct str_buf all = { 0 };
	const char *text = sim_setting_text(s, key, NULL);

	if (!text)
		return fallback;
	for (int i = 0; words[i]; i++) {
		if (str_equal(words[i], text))
			return i;
		str_buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	sim_setting_error(s, key, "'%s': expected one of %s", text, str_buf_text(&all));
	return fallback;
}

const config_setting_t *sim_setting_list(const struct sim_setting *s, const char *key)
{
	const config_setting_t *m = find(s, key);

	if (m && !config_setting_is_list(m) && !config_setting_is_array(m)) {
		sim_setting_error(s, key, "expected a list in ( )");
		return NULL;
	}
	return m;
}

/* Whether name is one of the words. */
static bool listed(const char *words, const char *name)
{
	while (words && *words) {
		size_t len = strcspn(words, " ");

		if (len == strlen(name) && memcmp(words, name, len) == 0)
			return true;
		words += len + strspn(words + len, " ");
	}
	return false;
}

void sim_setting_keys(const struct sim_setting *s, const char *known, const char *more)
{
	for (int i = 0; i < config_setting_length(s->at); i++) {
		const char *name = config_setting_name(config_setting_get_elem(s->at, (unsigned)i));

		if (!name || listed(known, name) || listed(more, name))
			continue;
		sim_setting_error(s, name, "unknown key: expected one of %s%s%s", known, more ? " " : "",
				  more ? more : "");
	}
}
