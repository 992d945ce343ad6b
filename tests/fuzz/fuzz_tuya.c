/* fuzz_tuya.c: plugins/mqtt-source/tuya.c: see fuzz_dialect.h. */
#include "fuzz_dialect.h"

#include "mqtt-source/tuya.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_dialect(&tuya_dialect,
			    json_pack("[{s:s,s:s},{s:s,s:s},{s:s,s:s}]", "id", "sos-1204", "address",
				      "6c828cba434ff40c07", "id", "door-1204", "address", "vdevo1", "id", "door-again",
				      "address", "vdevo1"),
			    (struct fuzz_bytes){ data, size });
}
