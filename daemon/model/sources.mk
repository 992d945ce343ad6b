# model/
libestated_a_SOURCES += \
	daemon/model/bus.c daemon/model/bus.h \
	daemon/model/class.c daemon/model/class.h \
	daemon/model/clockmap.c daemon/model/clockmap.h \
	daemon/model/codec.c daemon/model/codec.h \
	daemon/model/contact.c daemon/model/contact.h \
	daemon/model/device.h \
	daemon/model/encode.c daemon/model/encode.h \
	daemon/model/estate.h \
	daemon/model/guess.c daemon/model/guess.h \
	daemon/model/keeping.h daemon/model/ladder.h \
	daemon/model/mapping.c daemon/model/mapping.h \
	daemon/model/order.h \
	daemon/model/place.c daemon/model/place.h \
	daemon/model/plausible.c daemon/model/plausible.h \
	daemon/model/plugin.h \
	daemon/model/point.c daemon/model/point.h \
	daemon/model/profile.c daemon/model/profile.h \
	daemon/model/record.h \
	daemon/model/resident.c daemon/model/resident.h \
	daemon/model/resident_field.c daemon/model/resident_field.h \
	daemon/model/scope.c daemon/model/scope.h \
	daemon/model/status.h \
	daemon/model/value.c daemon/model/value.h
