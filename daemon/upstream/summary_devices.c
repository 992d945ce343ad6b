#include "upstream/summary_devices.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

void summary_devices_add(struct str_buf *to, const struct summary_device *d)
{
	str_buf_printf(to, "%s\t%s\t%s\n", d->id, d->place, d->class);
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

/* The text up to the mark, which becomes its end; NULL: there is none, or it stands in another line. */
static const char *cut(char **at, char mark)
{
	char *text = *at;
	size_t len = strcspn(text, "\t\n");

	if (text[len] != mark)
		return NULL;
	text[len] = '\0';
	*at = text + len + 1;
	return text;
}

int summary_devices_split(char *text, struct summary_device **ret_devices, size_t *ret_count)
{
	size_t lines = count_lines(text), count = 0;
	_cleanup_(freep) void *room = mem_array(lines + 1, sizeof(struct summary_device));
	struct summary_device *devices = room;

	for (; *text; count++) {
		struct summary_device *d = &devices[count];

		d->id = cut(&text, '\t');
		d->place = d->id ? cut(&text, '\t') : NULL;
		d->class = d->place ? cut(&text, '\n') : NULL;
		if (!d->class)
			return -EBADMSG;
	}
	room = NULL;
	*ret_devices = devices;
	*ret_count = count;
	return 0;
}
