#include "care/caller.h"

#include "base/str.h"
#include "base/util.h"

const struct resident *caller_of(const struct point_table *t, const struct device *lift, const struct tenants *all,
				 int64_t wall_us)
{
	const struct point *card = point_of(t, lift, "card");

	if (!card || card->value.type != VALUE_EVENT || !card->value.text[0] || card->test)
		return NULL;
	if (card->at_us > wall_us || wall_us - card->at_us > CALLER_WITHIN)
		return NULL;
	for (size_t i = 0; i < all->count; i++)
		if (resident_has_card(&all->all[i], card->value.text))
			return &all->all[i];
	/* Where the lift's own system knows the residents by their ids. */
	for (size_t i = 0; i < all->count; i++)
		if (str_equal(all->all[i].id, card->value.text))
			return &all->all[i];
	return NULL;
}
