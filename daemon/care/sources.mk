# care/
libestated_a_SOURCES += \
	daemon/care/absence.c daemon/care/absence.h \
	daemon/care/bathroom.c daemon/care/bathroom.h \
	daemon/care/bed.c daemon/care/bed.h \
	daemon/care/block.c daemon/care/block.h \
	daemon/care/buildings.c daemon/care/buildings.h \
	daemon/care/care.c daemon/care/care.h \
	daemon/care/concern.c daemon/care/concern.h \
	daemon/care/cross.c daemon/care/cross.h \
	daemon/care/drift.c daemon/care/drift.h \
	daemon/care/hush.c daemon/care/hush.h \
	daemon/care/home.c daemon/care/home.h daemon/care/home_hear.c \
	daemon/care/home_view.h \
	daemon/care/housing.c daemon/care/housing.h \
	daemon/care/night.c daemon/care/night.h \
	daemon/care/phrase.c daemon/care/phrase.h \
	daemon/care/presence.c daemon/care/presence.h \
	daemon/care/rhythm.c daemon/care/rhythm.h \
	daemon/care/senses.c daemon/care/senses.h \
	daemon/care/settings.c daemon/care/settings.h \
	daemon/care/sign.c daemon/care/sign.h \
	daemon/care/slot.h \
	daemon/care/start.c daemon/care/start.h \
	daemon/care/stove.c daemon/care/stove.h \
	daemon/care/telling.c daemon/care/telling.h \
	daemon/care/tenants.c daemon/care/tenants.h \
	daemon/care/utility.c daemon/care/utility.h \
	daemon/care/verdict.h \
	daemon/care/verdict_span.c \
	daemon/care/visit.c daemon/care/visit.h \
	daemon/care/vital.c daemon/care/vital.h \
	daemon/care/watched.c daemon/care/watched.h \
	daemon/care/wave.c daemon/care/wave.h \
	daemon/care/welfare.c daemon/care/welfare.h \
	daemon/care/wiring.c daemon/care/wiring.h
