/* fuzz_z2m.c: plugins/mqtt-source/z2m.c, and teller.c below it: see fuzz_dialect.h. */
#include "fuzz_dialect.h"

#include "mqtt-source/z2m.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_dialect(&z2m_dialect,
			    json_pack("[{s:s,s:s},{s:s,s:s},{s:s,s:s},{s:s}]", "id", "sos-1204", "address",
				      "0x00158D0001A2b3c4", "id", "door-1204", "address", "hall/door", "id",
				      "door-again", "address", "hall/door", "id", "none"),
			    (struct fuzz_bytes){ data, size });
}
