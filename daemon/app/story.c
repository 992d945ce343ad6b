#include "app/story.h"

#include <errno.h>
#include <jansson.h>

#include "base/mem.h"

#define ASKING_MAX 16
#define ROWS_MAX   200

struct story {
	struct {
		uint64_t token;
		struct api_pending *pending; /* NULL: free */
	} asking[ASKING_MAX];
	uint64_t next_token;
};

struct story *story_new(void)
{
	return MEM_NEW(struct story);
}

void story_free(struct story *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < ASKING_MAX; i++)
		if (s->asking[i].pending)
			api_finish_story(s->asking[i].pending, -ECANCELED, NULL);
	free(s);
}

int story_ask(struct story *s, struct store *store, const char *alarm, struct api_pending *pending)
{
	size_t i = 0;
	int r;

	while (i < ASKING_MAX && s->asking[i].pending)
		i++;
	if (i == ASKING_MAX)
		return -EBUSY;
	r = store_submit_story(store, alarm, ROWS_MAX, ++s->next_token);
	if (r < 0)
		return r;
	s->asking[i].token = s->next_token;
	s->asking[i].pending = pending;
	return 0;
}

/* Oldest first, as a story is told. */
static json_t *chapters(const struct store_done *done)
{
	json_t *list = json_array();

	for (size_t i = done->message_count; i-- > 0;) {
		json_t *row = json_loads(done->messages[i], 0, NULL);

		if (row)
			json_array_append_new(list, row);
	}
	return list;
}

void story_done(struct story *s, const struct store_done *done)
{
	for (size_t i = 0; i < ASKING_MAX; i++) {
		struct api_pending *pending = s->asking[i].pending;

		if (!pending || s->asking[i].token != done->token)
			continue;
		s->asking[i].pending = NULL;
		api_finish_story(pending, done->error, done->error < 0 ? NULL : chapters(done));
		return;
	}
}
