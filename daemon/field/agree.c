#include "field/agree.h"

#include <math.h>

#include "base/util.h"

#define MOVED_PART 10 /* a number that moves by less than that part of itself needs no second reading */

static bool moved_little(double from, double to)
{
	return fabs(to - from) * MOVED_PART <= MAX(fabs(from), fabs(to));
}

/* Of two readings of a number that jumped: the second lies nearer to the first than to where they came from. */
static bool jump_agrees(const struct agree *a, double read)
{
	double first = a->candidate.number;

	if (!a->known || a->value.type != VALUE_NUMBER)
		return read == first || moved_little(first, read);
	return fabs(read - first) <= fabs(first - a->value.number) / 2;
}

static bool unchanged(const struct agree *a, const struct value *read)
{
	if (!a->known || read->type != a->value.type)
		return false;
	if (read->type == VALUE_NUMBER)
		return moved_little(a->value.number, read->number);
	return value_equal(&a->value, read);
}

static bool agrees(const struct agree *a, const struct value *read)
{
	if (!a->doubted || read->type != a->candidate.type)
		return false;
	if (read->type == VALUE_NUMBER)
		return jump_agrees(a, read->number);
	return value_equal(&a->candidate, read);
}

enum agree_verdict agree_feed(struct agree *a, const struct value *read)
{
	bool doubted = a->doubted, same = unchanged(a, read);

	if (!same && !agrees(a, read)) {
		a->doubted = true;
		a->candidate = *read;
		return AGREE_DOUBT;
	}
	a->known = true;
	a->doubted = false;
	a->value = *read;
	return same && doubted ? AGREE_NOISE : AGREE_TELL;
}

bool agree_forget(struct agree *a)
{
	bool doubted = a->doubted;

	a->doubted = false;
	return doubted;
}

void agree_lost(struct agree *a)
{
	a->known = a->doubted = false;
}
