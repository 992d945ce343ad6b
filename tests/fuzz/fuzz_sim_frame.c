/* fuzz_sim_frame.c: the simulator's reading of requests: any bytes of a master, TCP and RTU: what is taken is built again as
 * the same bytes, says how long it is before it is whole, and a wrong checksum is no request.
 *
 * Input: a byte (odd: TCP), then the stream. */
#include "fuzz.h"

#include <errno.h>

#include "sim_access.h"
#include "sim_frame.h"

static void check_request(enum sim_framing framing, const struct sim_message *m, struct fuzz_bytes frame)
{
	static const struct sim_shape none;
	uint8_t built[SIM_FRAME_MAX];
	struct sim_access access;
	int code;

	FUZZ_CLAIM(m->pdu.len >= 1 && m->pdu.len <= SIM_PDU_MAX);
	FUZZ_CLAIM(sim_frame_build(framing, m, &none, built) == frame.left && memcmp(built, frame.at, frame.left) == 0);
	code = sim_access_parse(&m->pdu, &access);
	FUZZ_CLAIM(code >= 0 && code <= SIM_EXCEPTION_VALUE && access.function == m->pdu.byte[0]);
	if (code == 0)
		FUZZ_CLAIM((access.read.count || access.write.count) && access.read.count <= 2000 &&
			   access.write.count <= 1968);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_bytes in = { data, size };
	enum sim_framing framing = fuzz_u8(&in) & 1 ? SIM_FRAMING_TCP : SIM_FRAMING_RTU;

	while (in.left) {
		uint8_t *copy = malloc(in.left);
		struct sim_message m = { 0 };
		int n;

		if (!copy)
			abort();
		memcpy(copy, in.at, in.left);
		n = sim_frame_take(framing, copy, in.left, &m);
		FUZZ_CLAIM(n == -EBADMSG || (n >= 0 && (size_t)n <= in.left));
		free(copy);
		if (n <= 0)
			break;
		check_request(framing, &m, (struct fuzz_bytes){ in.at, (size_t)n });
		/* A part of it is not whole yet, or (RTU, cut where a checksum fits by chance) another frame. */
		for (size_t part = 0; part < (size_t)n && framing == SIM_FRAMING_TCP; part++)
			FUZZ_CLAIM(sim_frame_take(framing, in.at, part, &m) == 0);
		fuzz_part(&in, (size_t)n);
	}
	return 0;
}
