/* words.h: the reader's language: messages, states, priorities, ages, texts. One thread.
 *
 * Messages stand in the code in English, marked with _() where they are said, or with N_() in a table and then
 * translated with words_tr() where the table is shown. po/ has the catalogs; without one all is English. What programs
 * read (JSON, CSV, keys, ids) is never translated. */
#pragma once

#include <jansson.h>
#include <libintl.h>

#include "base/str.h"

#define _(text)            gettext(text)
#define N_(text)           text
#define NC_(context, text) text

enum words_language { WORDS_EN, WORDS_ZH };

/* By LC_ALL, LC_MESSAGES, LANG, the first that is set: zh… is Chinese, all else English; unless it is "C", $LANGUAGE
 * comes before it. */
enum words_language words_language(void);
/* Opens that language's catalog in the folder, whether a locale of the language is installed or not. */
void words_start(enum words_language l, const char *folder);
const char *words_tr(const char *text); /* of a table; NULL and "" stay */

const char *words_priority(int priority); /* "now", "15 min", "shift", "note" */
/* One of the known words, marked with NC_(context, …); others as they are. Lent; NULL is "". */
const char *words_in_context(const char *context, const char *word, const char *const *known, size_t count);
/* The state of an alarm, a bus, a plugin, or a quality; English and unknown ones as they are. Lent; NULL is "". */
const char *words_state(const char *state);
/* "26 min"; appended. */
void words_age(int64_t age_us, struct str_buf *to);
void words_age_s(int64_t age_s, struct str_buf *to);
/* The age of an ISO time; "" for null. */
void words_age_since(const json_t *since, struct str_buf *to);
/* A text in two languages {"zh":…,"en":…}, or one string: the reader's, else what is there. Lent; never NULL. */
const char *words_text(enum words_language l, const json_t *text);
