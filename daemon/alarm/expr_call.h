/* expr_call.h: the parser's part for functions of points, quality tests and ages. Private to expr_parse.c. */
#pragma once

#include "alarm/expr_parse.h"

/* After a name, with '(' next: avg(level, "10m"). */
struct expr_part expr_call_function(struct expr_parser *p, const char *word, const char *start);
/* After a point, the operation before: `level is lost`, `level is not good`; nothing where no `is` follows. */
void expr_call_quality_test(struct expr_parser *p, struct expr_part *part);
/* "5m": a duration without quotes; false where it is none. */
bool expr_call_duration(struct expr_parser *p, const char *word);

/* An age or a duration on either side: becomes one operation of an age and what it is compared with, or is an error. */
bool expr_call_has_age(const struct expr_part *left, const struct expr_part *right);
void expr_call_compare_age(struct expr_parser *p, enum expr_op_code code, const struct expr_part *left,
			   const struct expr_part *right);
/* A quality is compared with a word that is one. */
void expr_call_check_quality(struct expr_parser *p, const struct expr_part *left, const struct expr_part *right);
