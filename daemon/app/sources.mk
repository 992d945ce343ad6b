# app/: the engine and its wiring
libestated_a_SOURCES += \
	daemon/app/accounts.c daemon/app/accounts.h \
	daemon/app/accounts_hash.c daemon/app/accounts_inside.h \
	daemon/app/accounts_own.c \
	daemon/app/accounts_trail.c \
	daemon/app/refusals.c daemon/app/refusals.h \
	daemon/app/sessions.c daemon/app/sessions.h \
	daemon/app/throttle.c daemon/app/throttle.h \
	daemon/app/allocation.c \
	daemon/app/allocation.h \
	daemon/app/candidate.c daemon/app/candidate.h \
	daemon/app/clockwork.c daemon/app/clockwork.h \
	daemon/app/copying.c daemon/app/copying.h \
	daemon/app/crier.c daemon/app/crier.h \
	daemon/app/crier_show.c daemon/app/crier_show.h \
	daemon/app/crier_say.c daemon/app/crier_say.h \
	daemon/app/delivery.c daemon/app/delivery.h \
	daemon/app/discretion.c daemon/app/discretion.h \
	daemon/app/discovery.c daemon/app/discovery.h \
	daemon/app/early.c daemon/app/early.h \
	daemon/app/engine.c daemon/app/engine.h \
	daemon/app/feed.c daemon/app/feed.h \
	daemon/app/foretold.c daemon/app/foretold.h \
	daemon/app/happening.c daemon/app/happening.h \
	daemon/app/heard.c daemon/app/heard.h \
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
	daemon/app/bidding.c daemon/app/bidding.h \
	daemon/app/orders.c daemon/app/orders.h \
	daemon/app/outflow.c daemon/app/outflow.h \
	daemon/app/preflight.c daemon/app/preflight.h \
	daemon/app/recording.c daemon/app/recording.h \
	daemon/app/reinstall.c daemon/app/reinstall.h \
	daemon/app/reload.c daemon/app/reload.h \
	daemon/app/helped.c daemon/app/helped.h \
	daemon/app/homefile.c daemon/app/homefile.h \
	daemon/app/homedays.c daemon/app/homedays.h \
	daemon/app/homes.c daemon/app/homes.h \
	daemon/app/revive.c daemon/app/revive.h \
	daemon/app/runfile.c daemon/app/runfile.h \
	daemon/app/replay.c daemon/app/replay.h \
	daemon/app/replay_apply.c daemon/app/replay_apply.h \
	daemon/app/replay_crier.c daemon/app/replay_crier.h \
	daemon/app/replay_keep.c daemon/app/replay_keep.h \
	daemon/app/replay_line.c daemon/app/replay_line.h \
	daemon/app/replay_operator.c daemon/app/replay_operator.h \
	daemon/app/replay_out.c daemon/app/replay_out.h \
	daemon/app/replay_scan.c daemon/app/replay_scan.h \
	daemon/app/replay_text.c daemon/app/replay_text.h \
	daemon/app/replay_world.c daemon/app/replay_world.h \
	daemon/app/registry.c daemon/app/registry.h daemon/app/registry_inside.h \
	daemon/app/registry_cards.c daemon/app/registry_cards.h \
	daemon/app/registry_import.c \
	daemon/app/registry_intake.c daemon/app/registry_intake.h \
	daemon/app/registry_versions.c daemon/app/registry_versions.h \
	daemon/app/residents.c daemon/app/residents.h \
	daemon/app/retired.c daemon/app/retired.h \
	daemon/app/sounder.c daemon/app/sounder.h \
	daemon/app/staged.c daemon/app/staged.h \
	daemon/app/standing.c daemon/app/standing.h \
	daemon/app/startconf.c daemon/app/startconf.h \
	daemon/app/story.c daemon/app/story.h \
	daemon/app/touch.c daemon/app/touch.h \
	daemon/app/trail.c daemon/app/trail.h \
	daemon/app/receiver.c daemon/app/receiver.h \
	daemon/app/subject.c daemon/app/subject.h \
	daemon/app/occurrence.c daemon/app/occurrence.h \
	daemon/app/stock.c daemon/app/stock.h \
	daemon/app/summary_clock.c daemon/app/summary_clock.h \
	daemon/app/summary_desk.c daemon/app/summary_desk.h \
	daemon/app/summary_job.c daemon/app/summary_job.h \
	daemon/app/swap.c daemon/app/swap.h \
	daemon/app/timekeeper.c daemon/app/timekeeper.h \
	daemon/app/recall.c daemon/app/recall.h \
	daemon/app/uplinks.c daemon/app/uplinks.h \
	daemon/app/view.c \
	daemon/app/watch.c daemon/app/watch.h \
	daemon/app/watch_inside.h \
	daemon/app/watch_keep.c daemon/app/watch_keep.h \
	daemon/app/visiting.c daemon/app/visiting.h \
	daemon/app/windowfile.c daemon/app/windowfile.h \
	daemon/app/writing.c daemon/app/writing.h \
	daemon/app/why.c daemon/app/why.h \
	daemon/app/why_reason.c daemon/app/why_reason.h \
	daemon/app/why_say.c daemon/app/why_say.h
