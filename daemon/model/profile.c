#include "model/profile.h"

#include "base/str.h"

#define MODEL_MAX 128 /* bytes that are compared */

static const char *in_small(const char *text, char buf[static MODEL_MAX])
{
	size_t i = 0;

	for (; text[i] && i + 1 < MODEL_MAX; i++)
		buf[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]);
	buf[i] = '\0';
	return buf;
}

bool profile_fits(const struct profile *p, const char *model)
{
	char said[MODEL_MAX], known[MODEL_MAX];

	if (!model || !*model)
		return false;
	for (size_t i = 0; i < p->model_count; i++)
		if (str_match(in_small(p->models[i], known), in_small(model, said)))
			return true;
	return false;
}

bool profile_has_fields(const struct profile *p)
{
	for (size_t i = 0; i < p->point_count; i++)
		if (p->points[i].field.path)
			return true;
	return false;
}
