#include "doctor/exam.h"

const struct exam_row exam_all[] = {
	{ "configuration", false, exam_conf },
	{ "unit", false, exam_unit },
	{ "socket", false, exam_socket },
	{ "access", false, exam_access },
	{ "state", false, exam_state },
	{ "databases", true, exam_database },
	{ "serial ports", false, exam_serial },
	{ "clock", false, exam_clock },
	{ "machine", false, exam_machine },
	{ "packages", false, exam_package },
	{ "gateways", true, exam_gateway },
	{ "plugins", true, exam_plugin },
	{ 0 },
};
