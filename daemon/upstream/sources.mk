# upstream/
libestated_a_SOURCES += \
	daemon/upstream/alarm_json.c \
	daemon/upstream/alarm_json.h \
	daemon/upstream/envelope.c \
	daemon/upstream/envelope.h \
	daemon/upstream/mend.c \
	daemon/upstream/mend.h
