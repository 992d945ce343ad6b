# care/
libestated_a_SOURCES += \
	daemon/care/absence.c daemon/care/absence.h \
	daemon/care/activity.c daemon/care/activity.h \
	daemon/care/bathroom.c daemon/care/bathroom.h \
	daemon/care/bed.c daemon/care/bed.h \
	daemon/care/block.c daemon/care/block.h \
	daemon/care/buildings.c daemon/care/buildings.h \
	daemon/care/caller.c daemon/care/caller.h \
	daemon/care/care.c daemon/care/care.h \
	daemon/care/concern.c daemon/care/concern.h \
	daemon/care/cross.c daemon/care/cross.h \
	daemon/care/domains.c daemon/care/domains.h daemon/care/domains_say.c daemon/care/domains_say.h \
	daemon/care/drift.c daemon/care/drift.h \
	daemon/care/evacuation.c daemon/care/evacuation.h \
	daemon/care/fall_doubt.c daemon/care/fall_doubt.h \
	daemon/care/guest.c daemon/care/guest.h \
	daemon/care/hush.c daemon/care/hush.h \
	daemon/care/home.c daemon/care/home.h daemon/care/home_bind.c daemon/care/home_hear.c daemon/care/home_look.c \
	daemon/care/home_view.h \
	daemon/care/housing.c daemon/care/housing.h \
	daemon/care/lift_need.c daemon/care/lift_need.h \
	daemon/care/lifts.c daemon/care/lifts.h \
	daemon/care/lone_door.c daemon/care/lone_door.h \
	daemon/care/night.c daemon/care/night.h \
	daemon/care/phrase.c daemon/care/phrase.h \
	daemon/care/powered.c daemon/care/powered.h \
	daemon/care/presence.c daemon/care/presence.h \
	daemon/care/rhythm.c daemon/care/rhythm.h \
	daemon/care/roll.c daemon/care/roll.h \
	daemon/care/senses.c daemon/care/senses.h \
	daemon/care/settings.c daemon/care/settings.h \
	daemon/care/sign.c daemon/care/sign.h \
	daemon/care/slot.h \
	daemon/care/stair.c daemon/care/stair.h \
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
	daemon/care/way.c daemon/care/way.h \
	daemon/care/welfare.c daemon/care/welfare.h \
	daemon/care/wiring.c daemon/care/wiring.h
