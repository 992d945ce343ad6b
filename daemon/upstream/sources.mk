# upstream/
libestated_a_SOURCES += \
	daemon/upstream/alarm_json.c \
	daemon/upstream/alarm_json.h \
	daemon/upstream/drain.c daemon/upstream/drain.h \
	daemon/upstream/envelope.c \
	daemon/upstream/envelope.h \
	daemon/upstream/mend.c \
	daemon/upstream/mend.h \
	daemon/upstream/waiting.c daemon/upstream/waiting.h
