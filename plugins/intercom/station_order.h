/* station_order.h: what may be asked of an intercom: its verbs, and what each must and may be told. A table. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#define STATION_ORDER_ARGS_MAX 4
#define STATION_ORDER_WHY_MAX  600

enum station_order_kind { STATION_ORDER_PLACE, STATION_ORDER_SPEECH, STATION_ORDER_DURATION };

struct station_order_arg {
	const char *name; /* NULL ends them */
	enum station_order_kind kind;
	bool required;
};

struct station_order_verb {
	const char *name;
	bool talk; /* a person has to answer */
	struct station_order_arg args[STATION_ORDER_ARGS_MAX];
};

/* NULL: there is none of that name. */
const struct station_order_verb *station_order_verb(const char *name);
/* args: an object, or NULL. 0, or -EINVAL with what is wrong. */
int station_order_check(const struct station_order_verb *verb, const json_t *args,
			char ret_why[static STATION_ORDER_WHY_MAX]);
