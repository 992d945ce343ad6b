/* fuzz_plain.c: plugins/mqtt-source/plain.c: see fuzz_dialect.h. */
#include "fuzz_dialect.h"

#include "mqtt-source/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_dialect(&plain_dialect,
			    json_pack("[{s:s,s:s},{s:s,s:s},{s:s,s:s}]", "id", "sos-1204", "address", "sos", "id",
				      "door-1204", "address", "hall/door", "id", "hall", "address", "hall"),
			    (struct fuzz_bytes){ data, size });
}
