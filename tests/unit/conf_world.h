/* conf_world.h: a directory of its own for a test that loads configurations, and the messages with its name left out. */
#pragma once

#include "conf/conf.h"

struct conf_world {
	char dir[64];
	char data_dir[512]; /* the shipped data of this tree */
	struct diag diag;
	struct conf *conf; /* NULL after errors */
};

void conf_world_init(struct conf_world *w);
void conf_world_fini(struct conf_world *w);
/* A case with a world of its own in w, a struct conf_world of the program. */
#define CONF_WORLD_CASE(test, w) \
	cmocka_unit_test_prestate_setup_teardown(test, conf_world_setup, conf_world_teardown, w)
int conf_world_setup(void **state);
int conf_world_teardown(void **state);
/* Writes dir/name; folders in name are made. */
void conf_world_write(struct conf_world *w, const char *name, const char *text, size_t len);
/* Loads dir/estated.conf; what conf_load returns. */
int conf_world_load(struct conf_world *w);
/* Writes text as the main file, loads it, and fails with the messages where that gives errors. */
void conf_world_good(struct conf_world *w, const char *text);
/* All messages, sorted, a line each, names relative to dir, those of shipped data as <installed>/…; the caller frees. */
char *conf_world_messages(const struct conf_world *w);
