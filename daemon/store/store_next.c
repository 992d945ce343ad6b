#include "store/store_inside.h"

#include "base/mem.h"
#include "store/store_register.h"

struct store_op *store_next_op(struct store *s)
{
	struct store_op *op;

	if (!queue_pop(s->done, &op))
		return NULL;
	if (op->kind == STORE_OP_FAULT) {
		s->counters.faults_out--;
	} else {
		s->under_way--;
		s->bytes -= op->bytes;
	}
	return op;
}

/* Who is erased leaves samples: they go next, step by step. Where it cannot be asked for now, the next start does. */
static void go_on_erasing(struct store *s, struct store_op *op)
{
	struct store_register_copy *c = op->reg;

	if (op->kind != STORE_OP_REGISTER || op->error < 0 || c->point_count == 0)
		return;
	store_submit_op(s, store_op_new_erase(steal(&c->points), c->point_count));
	c->point_count = 0;
}

static void keep_fault(struct store *s, const struct store_op *op)
{
	free(s->fault);
	s->fault = op->error < 0 ? mem_strdup(op->text) : NULL;
}

/* What the store itself remembers of an answer. */
static void note_answer(struct store *s, struct store_op *op)
{
	if (op->kind == STORE_OP_FAULT)
		keep_fault(s, op);
	go_on_erasing(s, op);
	if (op->heads.head.n)
		s->audit_head = op->heads.head;
	for (size_t i = 0; i < op->report_count; i++) {
		struct store_view *v = store_view_get(s, op->reports[i].uplink, op->reports[i].lane);

		if (v)
			v->now = op->reports[i].now;
	}
}

/* The completion that speaks of the operation itself; false where there is none. */
static bool make_own(struct store_op *op, struct store_done *ret_done)
{
	*ret_done = (struct store_done){ .error = op->error, .lane = op->lane };
	memcpy(ret_done->uplink, op->uplink, sizeof(op->uplink));
	switch (op->kind) {
	case STORE_OP_COMMIT:
		ret_done->kind = STORE_COMMITTED;
		ret_done->token = op->token;
		return op->token != 0;
	case STORE_OP_FETCH:
	case STORE_OP_STORY:
	case STORE_OP_VERSIONS:
	case STORE_OP_AUDIT:
		ret_done->kind = op->kind == STORE_OP_FETCH      ? STORE_BATCH
				 : op->kind == STORE_OP_STORY    ? STORE_STORY
				 : op->kind == STORE_OP_VERSIONS ? STORE_REGISTER
								 : STORE_AUDIT;
		ret_done->heads = op->heads;
		ret_done->token = op->token;
		ret_done->messages = steal(&op->batch);
		ret_done->message_count = op->batch_count;
		ret_done->first_seq = op->batch_first;
		ret_done->last_seq = op->batch_last;
		op->batch_count = 0;
		return true;
	case STORE_OP_REGISTER:
		ret_done->kind = STORE_REGISTER;
		ret_done->token = op->token;
		return op->token != 0;
	case STORE_OP_STAGE:
		ret_done->kind = STORE_STAGED;
		ret_done->token = op->token;
		return true;
	case STORE_OP_FAULT:
		ret_done->kind = STORE_FAULT;
		ret_done->text = steal(&op->text);
		return true;
	default: return false;
	}
}

static bool make_queued(const struct store_op_report *report, struct store_done *ret_done)
{
	*ret_done = (struct store_done){
		.kind = STORE_QUEUED,
		.lane = report->lane,
		.first_seq = report->first_seq,
		.last_seq = report->last_seq,
		.loud_seq = report->loud_seq,
	};
	memcpy(ret_done->uplink, report->uplink, sizeof(report->uplink));
	return report->first_seq != 0;
}

bool store_next(struct store *s, struct store_done *ret_done)
{
	for (;;) {
		if (!s->answer) {
			s->answer = store_next_op(s);
			s->unpacked = 0;
			if (!s->answer)
				return false;
			note_answer(s, s->answer);
		}
		while (s->unpacked <= s->answer->report_count) {
			size_t step = s->unpacked++;

			if (step == 0 ? make_own(s->answer, ret_done)
				      : make_queued(&s->answer->reports[step - 1], ret_done))
				return true;
		}
		store_op_free(steal(&s->answer));
	}
}
