/* words.h: the reader's language: priorities, states, ages, texts. Pure, but words_language reads the environment. */
#pragma once

#include <jansson.h>

#include "base/str.h"

enum words_language { WORDS_EN, WORDS_ZH };

/* By LC_ALL, LC_MESSAGES, LANG, the first that is set: zh… is Chinese, all else English. */
enum words_language words_language(void);
const char *words_priority(enum words_language l, int priority);   /* "now", "15 min", "shift", "note" */
const char *words_state(enum words_language l, const char *state); /* of an alarm; English: as it is */
/* "26 min", "26 分钟"; appended. */
void words_age(enum words_language l, int64_t age_us, struct str_buf *to);
/* The age of an ISO time; "" for null. */
void words_age_since(enum words_language l, const json_t *since, struct str_buf *to);
/* A text in two languages {"zh":…,"en":…}, or one string: the reader's, else what is there. Lent; never NULL. */
const char *words_text(enum words_language l, const json_t *text);
