/* fuzz_milesight.c: plugins/mqtt-source/milesight.c, and lorawan.c below it: see fuzz_dialect.h. */
#include "fuzz_dialect.h"

#include "mqtt-source/milesight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_dialect(&milesight_dialect,
			    json_pack("[{s:s,s:s},{s:s,s:s},{s:s,s:s}]", "id", "sos-1204", "address",
				      "24e124535b316056", "id", "radar-1204", "address", "24-E1-24-12-8B-39-39-61",
				      "id", "by-name", "address", "hall"),
			    (struct fuzz_bytes){ data, size });
}
