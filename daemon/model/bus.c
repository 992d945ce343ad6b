#include "model/bus.h"

#include "base/util.h"

static const char *const names[] = {
	[BUS_TCP] = "tcp",
	[BUS_RTU] = "rtu",
	[BUS_RTU_OVER_TCP] = "rtu-over-tcp",
	[BUS_DIAL_IN] = "dial-in",
};

const char *bus_type_name(enum bus_type t)
{
	return (size_t)t < ARRAY_SIZE(names) ? names[t] : "tcp";
}
