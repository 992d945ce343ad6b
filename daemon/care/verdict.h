/* verdict.h: what a rule about people thinks of its dwelling now: data, no effect. Pure; by value.
 *
 * care.c hands it to the evaluator as the alarm `rule/place`. The sentence says what is unusual, against what, since when, and
 * where the last sign of life was; never that somebody is safe or away (安全, 外出). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define VERDICT_TEXT 320

struct verdict {
	bool active;
	int priority; /* 1..4; 0: the rule's own */
	int stage;    /* 1: asked in the home, 2: the desk, 3: call out; 0: the rule has none */
	bool event;   /* it happened and has no end of its own */
	int32_t news; /* another number: its words are to be told anew */
	char zh[VERDICT_TEXT], en[VERDICT_TEXT];
};

/* "7小时40分" / "7 h 40 min"; at most two units. */
#define VERDICT_SPAN 48
const char *verdict_span_zh(int64_t us, char *buf);
const char *verdict_span_en(int64_t us, char *buf);

/* Adds that to one of its texts, where there is room for all of it: characters stay whole. */
static inline void verdict_add(char *text, const char *more)
{
	size_t len = strlen(text);

	if (len + strlen(more) < VERDICT_TEXT)
		memcpy(text + len, more, strlen(more) + 1);
}
