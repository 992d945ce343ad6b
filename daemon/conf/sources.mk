# conf/: the configuration
libestated_a_SOURCES += \
	daemon/conf/build.c daemon/conf/build.h \
	daemon/conf/build_bank.c daemon/conf/build_bank.h \
	daemon/conf/build_bus.c \
	daemon/conf/build_class.c \
	daemon/conf/build_contact.c \
	daemon/conf/build_device.c \
	daemon/conf/build_keep.c \
	daemon/conf/build_ladder.c \
	daemon/conf/build_limits.c daemon/conf/build_limits.h \
	daemon/conf/build_log.c \
	daemon/conf/build_options.c daemon/conf/build_options.h \
	daemon/conf/build_overlap.c daemon/conf/build_overlap.h \
	daemon/conf/build_place.c \
	daemon/conf/build_plugin.c \
	daemon/conf/build_point.c daemon/conf/build_point.h \
	daemon/conf/build_profile.c \
	daemon/conf/build_rule.c daemon/conf/build_rule.h \
	daemon/conf/build_safety.c \
	daemon/conf/build_scope.c daemon/conf/build_scope.h \
	daemon/conf/build_silence.c \
	daemon/conf/build_settings.c \
	daemon/conf/build_telling.c \
	daemon/conf/build_touch.c \
	daemon/conf/build_urgent.c \
	daemon/conf/build_write.c \
	daemon/conf/changes.c daemon/conf/changes.h \
	daemon/conf/changes_member.c daemon/conf/changes_member.h \
	daemon/conf/conf.c daemon/conf/conf.h \
	daemon/conf/confcopy.c daemon/conf/confcopy.h \
	daemon/conf/conffile.c daemon/conf/conffile.h \
	daemon/conf/confset.c daemon/conf/confset.h \
	daemon/conf/difference.c daemon/conf/difference.h \
	daemon/conf/fields.c daemon/conf/fields.h \
	daemon/conf/idents.c daemon/conf/idents.h \
	daemon/conf/keys.c daemon/conf/keys.h \
	daemon/conf/numeral.c daemon/conf/numeral.h \
	daemon/conf/prescan.c daemon/conf/prescan.h \
	daemon/conf/schema.c daemon/conf/schema.h \
	daemon/conf/unread.c daemon/conf/unread.h \
	daemon/conf/zone.c daemon/conf/zone.h
