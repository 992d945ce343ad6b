# ctl/: estatectl, a client of the API over the unix socket
noinst_LIBRARIES += libctl.a
libctl_a_SOURCES = \
	daemon/ctl/adopted.c daemon/ctl/adopted.h \
	daemon/ctl/args.c daemon/ctl/args.h \
	daemon/ctl/chain.c daemon/ctl/chain.h \
	daemon/ctl/cmd_adopt.c \
	daemon/ctl/cmd_alarms.c daemon/ctl/cmd_alarms.h \
	daemon/ctl/cmd_audit.c \
	daemon/ctl/cmd_backup.c \
	daemon/ctl/cmd_bid.c \
	daemon/ctl/cmd_bus.c \
	daemon/ctl/cmd_clock.c \
	daemon/ctl/cmd_config.c \
	daemon/ctl/cmd_history.c \
	daemon/ctl/cmd_helped.c \
	daemon/ctl/cmd_import.c \
	daemon/ctl/cmd_doctor.c \
	daemon/ctl/cmd_lists.c \
	daemon/ctl/cmd_log.c \
	daemon/ctl/cmd_measures.c \
	daemon/ctl/cmd_modes.c \
	daemon/ctl/cmd_people.c \
	daemon/ctl/cmd_print.c \
	daemon/ctl/cmd_record.c \
	daemon/ctl/cmd_recording.c \
	daemon/ctl/cmd_reload.c daemon/ctl/cmd_reload.h \
	daemon/ctl/cmd_restore.c \
	daemon/ctl/cmd_scan.c \
	daemon/ctl/cmd_sheet.c \
	daemon/ctl/cmd_status.c \
	daemon/ctl/cmd_summary.c \
	daemon/ctl/cmd_visits.c \
	daemon/ctl/cmd_users.c \
	daemon/ctl/cmd_wait.c \
	daemon/ctl/cmd_watch.c \
	daemon/ctl/cmd_rules.c \
	daemon/ctl/cmd_why.c \
	daemon/ctl/command.c daemon/ctl/command.h \
	daemon/ctl/conf_text.c daemon/ctl/conf_text.h \
	daemon/ctl/ctl.c daemon/ctl/ctl.h \
	daemon/ctl/local.c daemon/ctl/local.h \
	daemon/ctl/out.c daemon/ctl/out.h \
	daemon/ctl/cmd_homes.c \
	daemon/ctl/cmd_residents.c \
	daemon/ctl/out_csv.c \
	daemon/ctl/out_json.c \
	daemon/ctl/out_text.c \
	daemon/ctl/parcel.c daemon/ctl/parcel.h \
	daemon/ctl/parcel_list.c daemon/ctl/parcel_list.h \
	daemon/ctl/register_row.c daemon/ctl/register_row.h \
	daemon/ctl/sheet.c daemon/ctl/sheet.h \
	daemon/ctl/sse.c daemon/ctl/sse.h \
	daemon/ctl/symptoms.c daemon/ctl/symptoms.h \
	daemon/ctl/talk.c daemon/ctl/talk.h \
	daemon/ctl/width.c daemon/ctl/width.h \
	daemon/ctl/words.c daemon/ctl/words.h
libctl_a_CPPFLAGS = $(AM_CPPFLAGS)
libctl_a_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS) $(ARCHIVE_CFLAGS)

bin_PROGRAMS += estatectl
estatectl_SOURCES = daemon/ctl/estatectl.c
estatectl_CPPFLAGS = $(AM_CPPFLAGS) -DESTATE_LOCALEDIR='"$(localedir)"'
estatectl_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS)
estatectl_LDADD = libctl.a libbase.a $(CURL_LIBS) $(JANSSON_LIBS) $(CSV_LIBS) $(SODIUM_LIBS) $(ARCHIVE_LIBS) -lm

# The completion of bash, with the tables of the just-built program in it.
bashcompletiondir = $(datadir)/bash-completion/completions
nodist_bashcompletion_DATA = completions/estatectl
EXTRA_DIST += daemon/ctl/completion.bash.in
CLEANFILES += completions/estatectl completions/*.part.*
completions/estatectl: $(srcdir)/daemon/ctl/completion.bash.in $(srcdir)/man/fill.awk estatectl$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) completions && LC_ALL=C ./estatectl$(EXEEXT) print completion >$@.part.completion && \
	$(AWK) -f $(srcdir)/man/fill.awk -v parts=$@.part $(srcdir)/daemon/ctl/completion.bash.in >$@
