/* sim_asset.c: see sim_asset.h. */
#include "sim_asset.h"

#include <stdio.h>

#include "base/str.h"
#include "sim_out.h"

const char *sim_asset_verbs(const struct sim_verb *verbs, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (const struct sim_verb *v = verbs; v->name && len < size; v++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", v == verbs ? "" : ", ", v->name);
	return buf;
}

json_t *sim_asset_run(const struct sim_asset *a, const struct sim_words *words)
{
	const char *name = sim_words_at(words, 1);
	char all[512];

	for (const struct sim_verb *v = a->verbs; name && v->name; v++)
		if (str_equal(v->name, name))
			return v->run(a->object, words);
	return sim_out_error("%s: %s%s: expected one of %s", a->name, name ? "unknown verb " : "no verb",
			     name ? name : "", sim_asset_verbs(a->verbs, all, sizeof(all)));
}

json_t *sim_asset_help(const struct sim_asset *a)
{
	json_t *help = json_object();

	for (const struct sim_verb *v = a->verbs; v->name; v++)
		json_object_set_new(help, v->name, json_string(v->usage));
	return help;
}
