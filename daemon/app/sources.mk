# app/: the engine and its wiring
libestated_a_SOURCES += \
	daemon/app/clockwork.c daemon/app/clockwork.h \
	daemon/app/delivery.c daemon/app/delivery.h \
	daemon/app/engine.c daemon/app/engine.h \
	daemon/app/feed.c daemon/app/feed.h \
	daemon/app/journal.c daemon/app/journal.h \
	daemon/app/links.c daemon/app/links.h \
	daemon/app/live.c daemon/app/live.h \
	daemon/app/notify.c daemon/app/notify.h \
	daemon/app/offload.c daemon/app/offload.h \
	daemon/app/outflow.c daemon/app/outflow.h \
	daemon/app/preflight.c daemon/app/preflight.h \
	daemon/app/reload.c daemon/app/reload.h \
	daemon/app/timekeeper.c daemon/app/timekeeper.h \
	daemon/app/view.c \
	daemon/app/watch.c daemon/app/watch.h
