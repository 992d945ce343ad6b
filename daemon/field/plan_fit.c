#include "field/plan_fit.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "field/frame.h"

#define NONE UINT32_MAX

/* How a state came to be: which period read the cell, and the state before. */
struct step {
	uint32_t before;
	uint8_t with;
};

struct state {
	uint32_t start[PLAN_FIT_LEVELS]; /* address where the open request of each period begins; NONE: none is open */
	uint32_t end[PLAN_FIT_LEVELS];   /* where it ends so far */
	double spent;                    /* of requests that are closed: share of the line's time */
	double total;                    /* and of the open ones, as if they were closed now */
	uint32_t at;                     /* address of the cell it came to */
	uint32_t reach;                  /* where the cells end that one request may have in common with that one */
	uint32_t step;
};

struct search {
	const struct plan_fit *f;
	double request[PLAN_FIT_LEVELS], byte[PLAN_FIT_LEVELS]; /* shares of the line's time: a request, a byte more */
	struct state *states, *next;
	size_t count, next_count;
	struct step *steps;
	size_t step_count, step_room;
	bool crowded; /* states had to be dropped that might have led to the optimum */
};

bool plan_fit_blocked(const struct plan_fit *f, uint32_t first, uint32_t end)
{
	size_t low = 0, high = f->hole_count;

	while (low < high) { /* the first hole that ends at or after first */
		size_t middle = low + (high - low) / 2;

		if (f->holes[middle].last < first)
			low = middle + 1;
		else
			high = middle;
	}
	return low < f->hole_count && f->holes[low].first < end;
}

static double share(const struct search *s, unsigned level, uint32_t count)
{
	return s->request[level] + s->byte[level] * frame_answer_bytes(s->f->function, (uint16_t)count);
}

static double close_all(const struct search *s, const struct state *state)
{
	double total = state->spent;

	for (unsigned l = 0; l < s->f->level_count; l++)
		if (state->start[l] != NONE)
			total += share(s, l, state->end[l] - state->start[l]);
	return total;
}

/* What a may have to pay, at most, to do what b can do with its open request of that period. */
static double handicap(const struct search *s, const struct state *a, const struct state *b, unsigned l)
{
	uint32_t behind = b->end[l] > a->end[l] ? b->end[l] - a->end[l] : 0;
	bool bits = s->f->function <= 2;

	/* Where it began makes no difference as long as it can reach all that is to be reached. */
	if (a->start[l] == NONE || (a->start[l] < b->start[l] && b->reach - a->start[l] > s->f->cap)) {
		/* A new request, and what b has read of the values to come. */
		uint32_t overlap = b->end[l] > b->at ? b->end[l] - b->at : 0;

		return s->request[l] + s->byte[l] * (bits ? overlap / 8 + 1 : 2 * overlap);
	}
	if (!bits)
		return s->byte[l] * (2 * behind);
	/* Bits come in whole bytes: of two requests that begin at other bits of a byte, one may gain a byte on the other. */
	return s->byte[l] * (behind / 8 + (behind > 0) + ((a->start[l] - b->start[l]) % 8 != 0));
}

/* Whether a can do all that b can, and costs no more: b is not needed then. */
static bool beats(const struct search *s, const struct state *a, const struct state *b)
{
	double total = a->total, limit = b->total * (1 + 1e-12);

	for (unsigned l = 0; l < s->f->level_count && total <= limit; l++)
		if (b->start[l] != NONE)
			total += handicap(s, a, b, l);
	return total <= limit;
}

static void keep(struct search *s, const struct state *state)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->next_count; i++)
		if (beats(s, &s->next[i], state))
			return;
	for (size_t i = 0; i < s->next_count; i++)
		if (!beats(s, state, &s->next[i]))
			s->next[kept++] = s->next[i];
	s->next_count = kept;
	if (s->next_count == PLAN_FIT_STATES) {
		size_t worst = 0;

		for (size_t i = 1; i < s->next_count; i++)
			if (s->next[i].total > s->next[worst].total)
				worst = i;
		s->crowded = true;
		if (s->next[worst].total > state->total)
			s->next[worst] = *state;
		return;
	}
	s->next[s->next_count++] = *state;
}

static void take(struct search *s, struct state *state, unsigned with)
{
	if (s->step_count == s->step_room) {
		s->step_room = s->step_room ? s->step_room * 2 : 256;
		s->steps = mem_realloc(s->steps, s->step_room, sizeof(*s->steps));
	}
	s->steps[s->step_count] = (struct step){ state->step, (uint8_t)with };
	state->step = (uint32_t)s->step_count++;
	state->total = close_all(s, state);
	keep(s, state);
}

static void close_one(const struct search *s, struct state *state, unsigned level)
{
	state->spent += share(s, level, state->end[level] - state->start[level]);
	state->start[level] = NONE;
}

/* No cell from that address on is worth to be read with the open request of that period: it is too far, behind a hole,
 * or so far that a new request costs no more. */
static bool is_over(const struct plan_fit *f, const struct state *s, unsigned level, uint32_t address)
{
	uint32_t gap = address > s->end[level] ? address - s->end[level] : 0;
	uint32_t gap_bytes = f->function <= 2 ? gap / 8 : 2 * gap;

	return address + 1 - s->start[level] > f->cap || gap_bytes * f->cost.byte_ns >= f->cost.request_ns ||
	       plan_fit_blocked(f, s->start[level], address + 1);
}

/* The cells from one on as far as gaps are worth to be read: the end of the last. */
static uint32_t *find_reaches(const struct plan_fit *f, const struct plan_fit_cell *cells, size_t count)
{
	uint32_t *reaches = mem_array(count, sizeof(*reaches)), end = 0;

	/* First where any request that has the cell may end so far: a wide one may begin before it. */
	for (size_t i = 0; i < count; i++)
		reaches[i] = end = MAX(end, cells[i].address + cells[i].width);
	for (size_t i = count; i-- > 1;) {
		struct state so_far = { .start = { cells[i - 1].address }, .end = { reaches[i - 1] } };

		if (!is_over(f, &so_far, 0, cells[i].address))
			reaches[i - 1] = reaches[i];
	}
	return reaches;
}

/* One cell from one state: with each period that is short enough, in its open request or in a new one. */
static void pass(struct search *s, const struct state *from, const struct plan_fit_cell *c, uint32_t reach)
{
	const struct plan_fit *f = s->f;
	struct state base = *from;
	uint32_t end = c->address + c->width;

	base.at = c->address;
	base.reach = reach;
	for (unsigned l = 0; l < f->level_count; l++)
		if (base.start[l] != NONE && is_over(f, &base, l, c->address))
			close_one(s, &base, l);
	for (unsigned l = 0; l <= c->level; l++) {
		struct state t = base;

		t.end[l] = MAX(base.start[l] == NONE ? 0 : base.end[l], end);
		if (base.start[l] != NONE && t.end[l] - t.start[l] <= f->cap &&
		    !plan_fit_blocked(f, t.start[l], t.end[l]))
			take(s, &t, l);
		t = base;
		if (base.start[l] != NONE)
			close_one(s, &t, l);
		t.start[l] = c->address;
		t.end[l] = end;
		take(s, &t, l);
	}
}

static void begin(struct search *s)
{
	const struct plan_fit *f = s->f;

	assert(f->level_count > 0 && f->level_count <= PLAN_FIT_LEVELS);
	s->states = mem_array(PLAN_FIT_STATES, sizeof(*s->states));
	s->next = mem_array(PLAN_FIT_STATES, sizeof(*s->next));
	for (unsigned l = 0; l < PLAN_FIT_LEVELS; l++)
		s->states[0].start[l] = NONE;
	s->states[0].step = NONE;
	s->count = 1;
	for (unsigned l = 0; l < f->level_count; l++) {
		s->request[l] = (double)f->cost.request_ns / 1000 / (double)f->period_us[l];
		s->byte[l] = (double)f->cost.byte_ns / 1000 / (double)f->period_us[l];
	}
}

/* All cells in their order; returns the cheapest state that is left. */
static const struct state *run(struct search *s, const struct plan_fit_cell *cells, size_t count)
{
	_cleanup_(freep) uint32_t *reaches = find_reaches(s->f, cells, count);
	const struct state *best;

	for (size_t i = 0; i < count; i++) {
		struct state *states = s->states;

		s->next_count = 0;
		for (size_t k = 0; k < s->count; k++)
			pass(s, &s->states[k], &cells[i], reaches[i]);
		s->states = s->next;
		s->next = states;
		s->count = s->next_count;
	}
	best = &s->states[0];
	for (size_t k = 1; k < s->count; k++)
		if (s->states[k].total < best->total)
			best = &s->states[k];
	return best;
}

static void end(struct search *s)
{
	free(s->states);
	free(s->next);
	free(s->steps);
}

/* Each period by itself. */
static double solve_apart(const struct plan_fit *f, const struct plan_fit_cell *cells, size_t count)
{
	_cleanup_(freep) struct plan_fit_cell *own = mem_array(count, sizeof(*own));
	double total = 0;

	for (unsigned l = 0; l < f->level_count; l++) {
		struct plan_fit alone = *f;
		struct search s = { .f = &alone };
		size_t n = 0;

		alone.level_count = 1;
		alone.period_us[0] = f->period_us[l];
		for (size_t i = 0; i < count; i++)
			if (cells[i].level == l)
				own[n++] = (struct plan_fit_cell){ cells[i].address, cells[i].width, 0, 0 };
		begin(&s);
		total += run(&s, own, n)->total;
		end(&s);
	}
	return total;
}

double plan_fit_solve(const struct plan_fit *f, struct plan_fit_cell *cells, size_t count)
{
	struct search s = { .f = f };
	const struct state *best;
	double total, apart;

	begin(&s);
	best = run(&s, cells, count);
	total = best->total;
	for (uint32_t i = (uint32_t)count, step = best->step; i-- > 0; step = s.steps[step].before)
		cells[i].with = s.steps[step].with;
	apart = s.crowded ? solve_apart(f, cells, count) : total;
	for (size_t i = 0; i < count && apart < total; i++)
		cells[i].with = cells[i].level;
	end(&s);
	return MIN(total, apart);
}
