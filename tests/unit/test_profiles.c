/* The shipped profiles of registers against tests/case/profile: registers written down from each make's paper, and what its
 * points must be then. tests/it/test_profiles.py takes the same files through the whole daemon. */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "conf_world.h"
#include "model/plausible.h"

#define ADDRESSES 1024
#define SEEN_MAX  128

struct state {
	const char *file;
	unsigned line, checks;
	struct conf_world world;
	const struct profile *profile;
	uint16_t words[CODEC_HOLDING + 1][ADDRESSES];
	bool there[CODEC_HOLDING + 1][ADDRESSES];
	const char *seen[SEEN_MAX]; /* profiles */
	size_t seen_count;
};

static const char *case_dir(void)
{
	return getenv("CASE_DIR") ? getenv("CASE_DIR") : "tests/case";
}

static void begin(struct state *s, const char *id)
{
	s->profile = NULL;
	for (size_t i = 0; i < s->world.conf->profile_count; i++)
		if (str_equal(s->world.conf->profiles[i].id, id))
			s->profile = &s->world.conf->profiles[i];
	if (!s->profile)
		fail_msg("%s:%u: no profile %s", s->file, s->line, id);
	memset(s->words, 0, sizeof(s->words));
	memset(s->there, 0, sizeof(s->there));
	s->seen[s->seen_count++] = s->profile->id;
	assert_true(s->seen_count < SEEN_MAX);
}

static void fill(struct state *s, enum codec_table table, char *rest)
{
	char *word = strsep(&rest, " ");
	uint16_t address;

	word[strcspn(word, ":")] = '\0';
	assert_int_equal(str_to_u16(word, &address), 0);
	while ((word = strsep(&rest, " "))) {
		assert_true(address < ADDRESSES);
		s->words[table][address] = (uint16_t)strtoul(word, NULL, 16);
		s->there[table][address++] = true;
	}
}

static const struct profile_point *point_named(struct state *s, const char *name)
{
	for (size_t i = 0; i < s->profile->point_count; i++)
		if (str_equal(s->profile->points[i].name, name))
			return &s->profile->points[i];
	fail_msg("%s:%u: profile %s has no point %s", s->file, s->line, s->profile->id, name);
	return NULL;
}

static void check(struct state *s, const char *name, const char *expected)
{
	const struct profile_point *p = point_named(s, name);
	const struct codec_wire *w = &p->wire;
	_cleanup_str_buf_ struct str_buf text = { 0 };
	struct plausible fresh = { 0 };
	struct value v = { 0 };
	int r;

	for (unsigned i = 0; i < w->registers; i++)
		if (!s->there[w->table][w->address + i])
			fail_msg("%s:%u: %s: register %u is not there", s->file, s->line, name, w->address + i);
	if (codec_table_is_bits(w->table))
		r = codec_decode_bit(w, s->words[w->table][w->address] != 0, &v);
	else
		r = codec_decode_registers(w, &s->words[w->table][w->address], w->registers, &v);
	if (r == 0 && v.type == VALUE_NUMBER && plausible_limited(&p->limits) &&
	    plausible_judge(&fresh, &p->limits, v.number, 0) == PLAUSIBLE_SUSPECT)
		r = 1;
	if (r == 0)
		value_format(&v, &text);
	str_buf_add(&text, r ? "suspect" : text.len == 0 ? "(empty)" : "");
	if (strcmp(str_buf_text(&text), expected) != 0)
		fail_msg("%s:%u: %s of %s: expected '%s', got '%s'", s->file, s->line, name, s->profile->id, expected,
			 str_buf_text(&text));
	s->checks++;
}

static void run_line(struct state *s, char *line)
{
	char *rest = line, *word = strsep(&rest, " "), *name;

	assert_non_null(rest);
	if (str_equal(word, "profile")) {
		begin(s, rest);
	} else if (str_equal(word, "point")) {
		name = strsep(&rest, " ");
		check(s, name, rest);
	} else {
		enum codec_table t = CODEC_COIL;

		while (t <= CODEC_HOLDING && !str_equal(codec_table_name(t), word))
			t++;
		if (t > CODEC_HOLDING)
			fail_msg("%s:%u: unknown word %s", s->file, s->line, word);
		fill(s, t, rest);
	}
}

static void run_file(struct state *s, const char *name)
{
	char path[512], line[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/profile/%s", case_dir(), name);
	s->file = path;
	s->line = 0;
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		s->line++;
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0' && line[0] != '#')
			run_line(s, line);
	}
	fclose(f);
}

static int is_case(const struct dirent *e)
{
	return strstr(e->d_name, ".case") != NULL;
}

/* A make that nobody has written registers down for is not shipped. */
static void check_all_are_seen(const struct state *s)
{
	for (size_t i = 0; i < s->world.conf->profile_count; i++) {
		const struct profile *p = &s->world.conf->profiles[i];
		bool seen = p->point_count == 0 || p->points[0].wire.table == CODEC_TABLE_NONE;

		for (size_t k = 0; k < s->seen_count; k++)
			seen = seen || s->seen[k] == p->id;
		if (!seen)
			fail_msg("profile %s has no case in tests/case/profile", p->id);
	}
}

static void every_make_is_read_as_its_paper_says(void **state)
{
	static struct state s;
	struct dirent **names = NULL;
	char dir[512];
	int count;

	(void)state;
	conf_world_init(&s.world);
	conf_world_good(&s.world, "estate: { id = \"e\"; };");
	snprintf(dir, sizeof(dir), "%s/profile", case_dir());
	count = scandir(dir, &names, is_case, alphasort);
	assert_true(count >= 4);
	for (int i = 0; i < count; i++) {
		run_file(&s, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	check_all_are_seen(&s);
	assert_true(s.checks > 150);
	conf_world_fini(&s.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_make_is_read_as_its_paper_says) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
