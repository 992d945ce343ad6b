/* zone.c: see zone.h. */
#include "conf/zone.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define ZONES "/usr/share/zoneinfo"

bool zone_exists(const char *name)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	char magic[4] = "";
	struct stat st;
	FILE *f;

	if (name[0] == '/' || strstr(name, ".."))
		return false;
	if (access(ZONES, F_OK) < 0)
		return true;
	str_buf_printf(&path, "%s/%s", ZONES, name);
	if (stat(str_buf_text(&path), &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	f = fopen(str_buf_text(&path), "re");
	if (!f)
		return false;
	if (fread(magic, 1, sizeof(magic), f) != sizeof(magic))
		magic[0] = '\0';
	fclose(f);
	return memcmp(magic, "TZif", 4) == 0; /* the directory has tables beside the zones */
}

struct search {
	struct str_nearest nearest;
	char *buf; /* ZONE_NAME_MAX */
	bool exact;
};

/* The town alone is enough to know the zone. */
static void try_zone(struct search *s, const char *area, const char *town)
{
	char full[ZONE_NAME_MAX];
	unsigned before = s->nearest.best ? s->nearest.distance : ~0u;

	if (s->exact || (size_t)snprintf(full, sizeof(full), "%s%s%s", area, *area ? "/" : "", town) >= sizeof(full))
		return;
	s->exact = strcasecmp(town, s->nearest.word) == 0 || strcasecmp(full, s->nearest.word) == 0;
	str_nearest_try(&s->nearest, full);
	if (s->exact || (s->nearest.best && s->nearest.distance < before))
		strcpy(s->buf, full);
}

/* The zones of one area; "" for the areas themselves, and what is beside them. */
static void search_area(struct search *s, const char *area)
{
	_cleanup_str_buf_ struct str_buf path = { 0 };
	const struct dirent *e;
	DIR *dir;

	str_buf_printf(&path, "%s/%s", ZONES, area);
	dir = opendir(str_buf_text(&path));
	while (dir && (e = readdir(dir))) {
		bool upper = e->d_name[0] >= 'A' && e->d_name[0] <= 'Z';

		if (upper && !*area && e->d_type == DT_DIR)
			search_area(s, e->d_name);
		else if (upper)
			try_zone(s, area, e->d_name);
	}
	if (dir)
		closedir(dir);
}

const char *zone_nearest(const char *name, char *buf)
{
	struct search s = { .nearest.word = name, .buf = buf };

	buf[0] = '\0';
	search_area(&s, "");
	return buf[0] ? buf : NULL;
}
