# app/: the engine and its wiring
libestated_a_SOURCES += \
	daemon/app/candidate.c daemon/app/candidate.h \
	daemon/app/clockwork.c daemon/app/clockwork.h \
	daemon/app/delivery.c daemon/app/delivery.h \
	daemon/app/early.c daemon/app/early.h \
	daemon/app/engine.c daemon/app/engine.h \
	daemon/app/feed.c daemon/app/feed.h \
	daemon/app/inquest.c daemon/app/inquest.h \
	daemon/app/journal.c daemon/app/journal.h \
	daemon/app/keeper.c daemon/app/keeper.h \
	daemon/app/links.c daemon/app/links.h \
	daemon/app/levels.c daemon/app/levels.h \
	daemon/app/live.c daemon/app/live.h \
	daemon/app/logline.c daemon/app/logline.h \
	daemon/app/lookup.c daemon/app/lookup.h \
	daemon/app/notify.c daemon/app/notify.h \
	daemon/app/offload.c daemon/app/offload.h \
	daemon/app/order_reply.c daemon/app/order_reply.h \
	daemon/app/orders.c daemon/app/orders.h \
	daemon/app/outflow.c daemon/app/outflow.h \
	daemon/app/preflight.c daemon/app/preflight.h \
	daemon/app/reload.c daemon/app/reload.h \
	daemon/app/retired.c daemon/app/retired.h \
	daemon/app/startconf.c daemon/app/startconf.h \
	daemon/app/story.c daemon/app/story.h \
	daemon/app/swap.c daemon/app/swap.h \
	daemon/app/timekeeper.c daemon/app/timekeeper.h \
	daemon/app/view.c \
	daemon/app/watch.c daemon/app/watch.h \
	daemon/app/writing.c daemon/app/writing.h \
	daemon/app/why.c daemon/app/why.h \
	daemon/app/why_reason.c daemon/app/why_reason.h \
	daemon/app/why_say.c daemon/app/why_say.h
