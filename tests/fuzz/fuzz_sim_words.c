/* fuzz_sim_words.c: the simulator's command lines: words, numbers, and orders of faults: what is accepted is within the
 * fault's own bounds, and its answer distorts a frame without leaving the buffer.
 *
 * Input: a line; what stands behind a newline is the answer that the fault distorts. */
#include "fuzz.h"

#include <errno.h>

#include "base/str.h"
#include "base/util.h"
#include "sim_fault.h"
#include "sim_frame.h"
#include "sim_words.h"

static void check_words(const struct sim_words *w, const char *line)
{
	int64_t number, us;
	bool on;

	FUZZ_CLAIM(w->count <= SIM_WORDS_MAX && !sim_words_at(w, w->count) && !sim_words_from(w, w->count)[0]);
	for (size_t i = 0; i < w->count; i++) {
		const char *word = sim_words_at(w, i), *rest = sim_words_from(w, i);

		FUZZ_CLAIM(word[0] && !strpbrk(word, " \t\r\n") && strncmp(rest, word, strlen(word)) == 0);
		FUZZ_CLAIM(strcmp(rest, line + (rest - w->line)) == 0);
		if (sim_words_int(w, i, (struct sim_words_range){ -5, 300 }, &number) == 0)
			FUZZ_CLAIM(number >= -5 && number <= 300);
		if (sim_words_duration(word, &us) == 0)
			FUZZ_CLAIM(us >= 0);
		if (sim_words_switch(w, i, &on) == 0)
			FUZZ_CLAIM(strcmp(word, on ? "on" : "off") == 0);
	}
}

static void distort(const struct sim_fault_order *order, struct fuzz_bytes answer)
{
	struct sim_faults faults = { .on = 0 };
	struct sim_shape shape = { .on = { false } };
	struct sim_message m = { .tid = 7, .unit = 4 };
	uint8_t *frame = malloc(SIM_FRAME_MAX);

	if (!frame)
		abort();
	m.pdu.len = MIN(answer.left, (size_t)SIM_PDU_MAX);
	if (m.pdu.len)
		memcpy(m.pdu.byte, answer.at, m.pdu.len);
	sim_fault_set(&faults, order);
	sim_fault_take(&faults, 1000, &shape);
	for (enum sim_framing framing = SIM_FRAMING_TCP; m.pdu.len && framing <= SIM_FRAMING_RTU; framing++)
		FUZZ_CLAIM(sim_frame_build(framing, &m, &shape, frame) <= SIM_FRAME_MAX);
	json_decref(sim_fault_describe(&faults, 1000));
	sim_fault_clear(&faults);
	free(frame);
}

static void check_order(const struct sim_words *w, struct fuzz_bytes answer)
{
	struct sim_fault_order order;
	const struct sim_fault_row *row;
	json_t *error = sim_fault_parse(w, 1000, &order);

	if (error) {
		FUZZ_CLAIM(json_is_object(error));
		json_decref(error);
		return;
	}
	row = &sim_fault_rows[order.kind];
	FUZZ_CLAIM(strcmp(sim_words_at(w, 2), row->name) == 0 && order.fault.on);
	FUZZ_CLAIM(!row->takes_arg || order.fault.arg == row->fallback ||
		   (order.fault.arg >= row->min && order.fault.arg <= row->max));
	FUZZ_CLAIM(order.fault.until_us == 0 || order.fault.until_us > 1000);
	FUZZ_CLAIM(order.fault.left == -1 || order.fault.left >= 1);
	distort(&order, answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	char *line = fuzz_text(fuzz_line(&in));
	struct sim_words words;
	int r = sim_words_init(&words, line);

	FUZZ_CLAIM(r == (strlen(line) >= SIM_WORDS_LINE ? -E2BIG : 0));
	if (r == 0) {
		check_words(&words, line);
		check_order(&words, in);
		sim_words_fini(&words);
	}
	free(line);
	return 0;
}
