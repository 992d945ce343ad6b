#include "app/trail.h"

#include <errno.h>

#include "app/live.h"
#include "base/mem.h"
#include "upstream/alarm_json.h"

#define ASKING_MAX 8
#define PIECE      200

struct asking {
	uint64_t token; /* 0: free */
	enum api_audit_view view;
	size_t left;
	char *kind, *who;
	int64_t since_us;
	struct api_pending *pending;
	json_t *rows; /* as they come */
};

struct trail {
	struct asking asking[ASKING_MAX];
	uint64_t next_token;
};

struct trail *trail_new(void)
{
	return MEM_NEW(struct trail);
}

static void asking_fini(struct asking *a)
{
	free(a->kind);
	free(a->who);
	json_decref(a->rows);
	*a = (struct asking){ 0 };
}

static void refuse(struct asking *a, int status, const char *text)
{
	api_finish_json(a->pending, status, json_pack("{s{si ss}}", "error", "status", status, "text", text));
	asking_fini(a);
}

void trail_free(struct trail *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < ASKING_MAX; i++)
		if (t->asking[i].token)
			refuse(&t->asking[i], 503, "estated ends");
	free(t);
}

/* ---- asking ---- */

static int ask_piece(const struct asking *a, struct store *store, uint64_t from_n)
{
	struct store_audit_ask ask = {
		.order = a->view == API_AUDIT_CHAIN ? STORE_AUDIT_OLDEST_FIRST : STORE_AUDIT_NEWEST_FIRST,
		.from_n = from_n,
		.max = MIN(a->left, (size_t)PIECE),
		.kind = a->kind,
		.who = a->who,
		.since_us = a->since_us,
		.token = a->token,
	};

	return store_submit_audit(store, &ask);
}

int trail_ask(struct trail *t, struct store *store, const struct api_audit *ask)
{
	struct asking *a = t->asking;
	int r;

	while (a < t->asking + ASKING_MAX && a->token)
		a++;
	if (a == t->asking + ASKING_MAX)
		return -EBUSY;
	*a = (struct asking){
		.token = ++t->next_token,
		.view = ask->view,
		.left = ask->limit,
		.kind = mem_strdup(ask->kind),
		.who = mem_strdup(ask->who),
		.since_us = ask->since_us,
		.pending = ask->pending,
		.rows = json_array(),
	};
	r = ask_piece(a, store, ask->view == API_AUDIT_CHAIN ? ask->after : 0);
	if (r < 0)
		asking_fini(a);
	return r;
}

/* ---- answering ---- */

/* Bytes that are no text have U+FFFD in their place: the row is there, and does not prove itself any more. */
static json_t *text_of(const char *line)
{
	_cleanup_str_buf_ struct str_buf quoted = { 0 };

	str_buf_add_json(&quoted, line);
	return json_loads(str_buf_text(&quoted), JSON_DECODE_ANY, NULL);
}

/* A record that somebody has made unreadable is shown as it stands, as far as it can be. */
static json_t *row_of(const struct asking *a, const char *line)
{
	json_t *row = a->view == API_AUDIT_CHAIN ? text_of(line) : json_loads(line, 0, NULL);

	return row ? row : json_pack("{s:o}", "unreadable", text_of(line));
}

static json_t *head_json(const struct audit_head *head)
{
	return json_pack("{s:I, s:s}", "n", (json_int_t)head->n, "hash", head->hash);
}

static json_t *answer_of(struct asking *a, const struct store_audit_heads *heads)
{
	json_t *list;

	if (a->view == API_AUDIT_CHAIN)
		return json_pack("{s:o, s:o, s:I, s:O}", "head", head_json(&heads->head), "anchor",
				 head_json(&heads->anchor), "looked", (json_int_t)heads->looked_n, "rows", a->rows);
	list = json_array();
	for (size_t i = json_array_size(a->rows); i-- > 0;) /* as a log is read: the newest at its end */
		json_array_append(list, json_array_get(a->rows, i));
	return list;
}

static bool is_over(const struct asking *a, const struct store_audit_heads *heads)
{
	/* The chain's reader asks for the next piece himself. */
	return a->view == API_AUDIT_CHAIN || a->left == 0 || heads->looked_n <= heads->anchor.n + 1;
}

static void take(struct asking *a, struct store *store, const struct store_done *done)
{
	if (done->error < 0) {
		refuse(a, 503, "the audit cannot be read: check the disk");
		return;
	}
	for (size_t i = 0; i < done->message_count; i++)
		json_array_append_new(a->rows, row_of(a, done->messages[i]));
	a->left -= MIN(a->left, done->message_count);
	if (is_over(a, &done->heads)) {
		api_finish_json(a->pending, 200, answer_of(a, &done->heads));
		asking_fini(a);
	} else if (ask_piece(a, store, done->heads.looked_n) < 0) {
		refuse(a, 503, "the store has too much to do just now: try again");
	}
}

void trail_done(struct trail *t, struct store *store, const struct store_done *done)
{
	for (size_t i = 0; i < ASKING_MAX; i++)
		if (t->asking[i].token && t->asking[i].token == done->token) {
			take(&t->asking[i], store, done);
			return;
		}
}

/* ---- recording ---- */

void trail_record(struct live *l, const struct trail_entry *e)
{
	_cleanup_(freep) void *detail = e->detail ? alarm_json_text(e->detail) : NULL;

	json_decref(e->detail);
	if (!l->outflow) /* a replay has none */
		return;
	outflow_audit(l->outflow,
		      &(struct store_audit){
			      .kind = e->kind, .who = e->who, .what = e->what, .why = e->why, .detail = detail },
		      e->pending);
}
