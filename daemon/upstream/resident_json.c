#include "upstream/resident_json.h"

static json_t *words_of(unsigned set, const struct resident_word *words, unsigned count)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < count; i++)
		if (set & 1U << i)
			json_array_append_new(list, json_string(words[i].en));
	return list;
}

json_t *resident_json_categories(unsigned set)
{
	return words_of(set, resident_category_words, RESIDENT_CATEGORIES);
}

json_t *resident_json_needs(unsigned set)
{
	return words_of(set, resident_need_words, RESIDENT_NEEDS);
}
