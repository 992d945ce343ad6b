#include "model/class.h"

#include "base/str.h"

const struct class_point *class_find_point(const struct class *c, const char *name)
{
	for (size_t i = 0; i < c->point_count; i++)
		if (str_equal(c->points[i].name, name))
			return &c->points[i];
	return NULL;
}
