/* args.h: the words of a command line: options anywhere, the rest in order. Pure; all texts are lent from argv. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum args_option {
	ARGS_SOCKET,
	ARGS_FORMAT,
	ARGS_LEGEND,
	ARGS_NO_COLOR,
	ARGS_HELP,
	ARGS_VERSION,
	/* Of single commands: */
	ARGS_ALL,
	ARGS_CHECK,
	ARGS_NOTE,
	ARGS_OUTCOME,
	ARGS_FOR,
	ARGS_CONFIRM,
	ARGS_CLASS,
	ARGS_ID,
	ARGS_BASE,
	ARGS_OUT,
	ARGS_LAST,
	ARGS_TYPE,
	ARGS_ORDER,
	ARGS_GUESS,
	ARGS_UNITS,
	ARGS_EXPLAIN,
	ARGS_REASON,
	ARGS_STATE,
	ARGS_PRIORITY,
	ARGS_PLACE,
	ARGS_SINCE,
	ARGS_UNTIL,
	ARGS_HEALTH,
	ARGS_KIND,
	ARGS_WHO,
	ARGS_HEAD,
	ARGS_EVERY,
	ARGS_DAY,
	ARGS_HOUR,
	ARGS_CREDENTIALS,
	ARGS_STATE_DIR,
	ARGS_CONFIG,
	ARGS_TO,
	ARGS_ROLE,
	ARGS_SCOPE,
	ARGS_SESSIONS,
	ARGS_OWN,
	ARGS_BY,
	ARGS_DISCOVERED,
	ARGS_BATTERY,
	ARGS_PROFILE,
	ARGS_ROOM,
	ARGS_ENTRANCE,
	ARGS_NAME,
	ARGS_PLUGIN,
	ARGS_MONTH,
	ARGS_AT,
	ARGS_PHONE,
	ARGS_FROM,
	ARGS_NAMES,
	ARGS_SHEET,
	ARGS_CATEGORY,
	ARGS_DRY_RUN,
	ARGS_OPTIONS
};
#define ARGS_BIT(option) (UINT64_C(1) << (option))
#define ARGS_GLOBAL      (ARGS_BIT(ARGS_ALL) - 1)

struct args_row {
	enum args_option option;
	const char *name, *short_name; /* "--format", "-f"; short_name may be NULL */
	const char *value;             /* "text|json|csv"; NULL: it takes none */
	const char *help;              /* N_() */
};
extern const struct args_row args_rows[ARGS_OPTIONS];

#define ARGS_WORDS_MAX 24
struct args {
	const char *values[ARGS_OPTIONS]; /* NULL: not there; "" for one without a value */
	const char *words[ARGS_WORDS_MAX];
	size_t count;
};

/* 0, or -EINVAL with *ret_problem appended: what is wrong. */
int args_parse(int argc, char *const argv[], struct args *ret_args, struct str_buf *ret_problem);
