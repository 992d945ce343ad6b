/* sim_setting.h: a group of the scenario file read key by key; what is wrong is said with file, line and expectation.
 *
 * Pure but for the diag it fills. Getters return the fallback on an error. */
#pragma once

#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/diag.h"
#include "sim_bank.h"

struct sim_setting {
	const config_setting_t *at;
	struct diag *diag;
};

struct sim_setting_int {
	const char *key;
	int64_t min, max, fallback;
};

struct diag_at sim_setting_at(const config_setting_t *at);
void sim_setting_error(const struct sim_setting *s, const char *key, const char *fmt, ...) _printf_(3, 4);
int64_t sim_setting_int(const struct sim_setting *s, struct sim_setting_int spec);
double sim_setting_number(const struct sim_setting *s, const char *key, double fallback);
const char *sim_setting_text(const struct sim_setting *s, const char *key, const char *fallback);
int64_t sim_setting_duration(const struct sim_setting *s, const char *key, int64_t fallback_us);
bool sim_setting_bool(const struct sim_setting *s, const char *key, bool fallback);
/* The number of the word in words (NULL-terminated). */
int sim_setting_word(const struct sim_setting *s, const char *key, const char *const *words, int fallback);
/* A list or an array; NULL where there is none. */
const config_setting_t *sim_setting_list(const struct sim_setting *s, const char *key);
/* Says which keys nobody knows. known and more are words with blanks between; more may be NULL. */
void sim_setting_keys(const struct sim_setting *s, const char *known, const char *more);
/* A number in a list: integer or float. */
bool sim_setting_is_number(const config_setting_t *at);
double sim_setting_value(const config_setting_t *at);
