#include "base/site.h"

#include "base/str.h"

/* As the loader has it: not what editors leave behind. */
static bool is_conf_name(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && name[0] != '.' && !strchr(name, '/') && str_equal(name + len - 5, ".conf");
}

bool site_is_conf(const char *name, const char *main_name)
{
	static const char *const folders[] = { "conf.d/", "profiles/", "rules/" };

	if (str_equal(name, main_name))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (str_starts(name, folders[i]))
			return is_conf_name(name + strlen(folders[i]));
	return false;
}

bool site_is_ours(const char *name)
{
	return name[0] != '.' && !strstr(name, "/.") && !str_starts(name, SITE_ASIDE);
}
