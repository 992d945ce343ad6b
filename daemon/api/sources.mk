# api/: the HTTP+JSON API on the unix socket
libestated_a_SOURCES += \
	daemon/api/acts.c daemon/api/acts.h \
	daemon/api/allow.c daemon/api/allow.h \
	daemon/api/api.c daemon/api/api.h \
	daemon/api/audits.c daemon/api/audits.h \
	daemon/api/backlog.c daemon/api/backlog.h \
	daemon/api/backups.c daemon/api/backups.h \
	daemon/api/bids.c daemon/api/bids.h \
	daemon/api/devices.c daemon/api/devices.h \
	daemon/api/conn.c daemon/api/conn.h \
	daemon/api/call.c daemon/api/call.h \
	daemon/api/inside.h \
	daemon/api/lists.c \
	daemon/api/login.c daemon/api/login.h \
	daemon/api/look.c daemon/api/look.h \
	daemon/api/loglevel.c daemon/api/loglevel.h \
	daemon/api/measures.c daemon/api/measures.h \
	daemon/api/metrics.c \
	daemon/api/modes.c daemon/api/modes.h \
	daemon/api/pending.c daemon/api/pending.h daemon/api/reloads.c daemon/api/reloads.h \
	daemon/api/people.c daemon/api/people.h \
	daemon/api/overview.c daemon/api/overview.h \
	daemon/api/places.c daemon/api/places.h \
	daemon/api/party.h \
	daemon/api/peer.c daemon/api/peer.h \
	daemon/api/recalls.c daemon/api/recalls.h \
	daemon/api/dwellings.c daemon/api/dwellings.h \
	daemon/api/register.c daemon/api/register.h \
	daemon/api/reply.c daemon/api/reply.h \
	daemon/api/router.c daemon/api/router.h \
	daemon/api/routes.c daemon/api/routes.h \
	daemon/api/recordings.c daemon/api/recordings.h \
	daemon/api/rows.c daemon/api/rows.h \
	daemon/api/rules.c daemon/api/rules.h \
	daemon/api/rules_care.c daemon/api/rules_care.h \
	daemon/api/stream.c daemon/api/stream.h \
	daemon/api/summaries.c daemon/api/summaries.h \
	daemon/api/timeset.c daemon/api/timeset.h \
	daemon/api/tools.c daemon/api/tools.h \
	daemon/api/visits.c daemon/api/visits.h \
	daemon/api/users.c daemon/api/users.h \
	daemon/api/walk.c daemon/api/walk.h
EXTRA_DIST += daemon/api/openapi.yaml
