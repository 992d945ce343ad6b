# upstream/
libestated_a_SOURCES += \
	daemon/upstream/alarm_json.c \
	daemon/upstream/alarm_json.h \
	daemon/upstream/discreet.c daemon/upstream/discreet.h \
	daemon/upstream/drain.c daemon/upstream/drain.h \
	daemon/upstream/envelope.c \
	daemon/upstream/envelope.h \
	daemon/upstream/happened.c daemon/upstream/happened.h \
	daemon/upstream/inventory.c daemon/upstream/inventory.h \
	daemon/upstream/mend.c \
	daemon/upstream/mend.h \
	daemon/upstream/pseudonym.c daemon/upstream/pseudonym.h \
	daemon/upstream/resident_json.c daemon/upstream/resident_json.h \
	daemon/upstream/response.c daemon/upstream/response.h \
	daemon/upstream/summary.c daemon/upstream/summary.h \
	daemon/upstream/summary_devices.c daemon/upstream/summary_devices.h \
	daemon/upstream/summary_due.c daemon/upstream/summary_due.h \
	daemon/upstream/summary_left.c daemon/upstream/summary_left.h \
	daemon/upstream/summary_lift.c daemon/upstream/summary_lift.h \
	daemon/upstream/summary_range.c daemon/upstream/summary_range.h \
	daemon/upstream/summary_span.c daemon/upstream/summary_span.h \
	daemon/upstream/summary_times.c daemon/upstream/summary_times.h \
	daemon/upstream/waiting.c daemon/upstream/waiting.h
