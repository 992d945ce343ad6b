/* estate.h: the estate itself: a row of the configuration. */
#pragma once

struct estate {
	const char *id, *name;
	const char *timezone; /* "Asia/Shanghai" */
};
