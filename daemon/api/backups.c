#include "api/backups.h"

#include <errno.h>
#include <string.h>

#include "api/inside.h"

static void act(struct call *x, enum api_backup_act what)
{
	const struct api_source *source = x->api->source;
	struct api_backup act = { .act = what, .who = x->by.who };
	json_t *answer = NULL;
	int r = source->backup ? source->backup(source->context, &act, &answer) : -ENOSYS;

	if (r == 0)
		call_json(x, answer);
	else if (r == -EBUSY)
		call_error(x, (struct call_problem){ 409, NULL },
			   "a backup is under way already: try again when it is done");
	else if (r == -ENOTDIR)
		call_error(x, (struct call_problem){ 500, NULL },
			   "no backup can be made: the folder of the configuration, or of the state, is not there any "
			   "more");
	else if (r == -ENOENT)
		call_error(x, (struct call_problem){ 404, NULL }, "no backup is under way");
	else
		call_error(x, (struct call_problem){ 500, NULL }, "no backup can be made: %s", strerror(-r));
}

void backups_begin(struct call *x)
{
	json_t *body = call_body(x);

	if (!body)
		return;
	json_decref(body);
	act(x, API_BACKUP_BEGIN);
}

void backups_get(struct call *x)
{
	act(x, API_BACKUP_LOOK);
}

void backups_end(struct call *x)
{
	json_t *body = call_body(x);

	if (!body)
		return;
	json_decref(body);
	act(x, API_BACKUP_END);
}
