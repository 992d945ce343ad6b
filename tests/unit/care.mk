# unit tests of daemon/care/
CARE_SCENE = tests/unit/care_scene.h
EXTRA_DIST += tests/case/care

check_PROGRAMS += \
	tests/unit/test_activity \
	tests/unit/test_guest \
	tests/unit/test_hush \
	tests/unit/test_care \
	tests/unit/test_care_seen \
	tests/unit/test_care_settings \
	tests/unit/test_presence \
	tests/unit/test_rhythm \
	tests/unit/test_share_lost \
	tests/unit/test_bathroom \
	tests/unit/test_bed \
	tests/unit/test_cross \
	tests/unit/test_domains \
	tests/unit/test_drift \
	tests/unit/test_night \
	tests/unit/test_stove \
	tests/unit/test_tenants \
	tests/unit/test_utility \
	tests/unit/test_vital \
	tests/unit/test_wave
TESTS += \
	tests/unit/test_activity \
	tests/unit/test_guest \
	tests/unit/test_hush \
	tests/unit/test_care \
	tests/unit/test_care_seen \
	tests/unit/test_care_settings \
	tests/unit/test_presence \
	tests/unit/test_rhythm \
	tests/unit/test_share_lost \
	tests/unit/test_bathroom \
	tests/unit/test_bed \
	tests/unit/test_cross \
	tests/unit/test_domains \
	tests/unit/test_drift \
	tests/unit/test_night \
	tests/unit/test_stove \
	tests/unit/test_tenants \
	tests/unit/test_utility \
	tests/unit/test_vital \
	tests/unit/test_wave

tests_unit_test_bed_SOURCES = tests/unit/test_bed.c $(CARE_SCENE)
tests_unit_test_bed_LDADD = $(UNIT_LIBS)
tests_unit_test_cross_SOURCES = tests/unit/test_cross.c $(CARE_SCENE)
tests_unit_test_cross_LDADD = $(UNIT_LIBS)
tests_unit_test_domains_SOURCES = tests/unit/test_domains.c
tests_unit_test_domains_LDADD = $(UNIT_LIBS)
tests_unit_test_drift_SOURCES = tests/unit/test_drift.c $(CARE_SCENE)
tests_unit_test_drift_LDADD = $(UNIT_LIBS)
tests_unit_test_night_SOURCES = tests/unit/test_night.c $(CARE_SCENE)
tests_unit_test_night_LDADD = $(UNIT_LIBS)
tests_unit_test_stove_SOURCES = tests/unit/test_stove.c $(CARE_SCENE)
tests_unit_test_stove_LDADD = $(UNIT_LIBS)
tests_unit_test_utility_SOURCES = tests/unit/test_utility.c $(CARE_SCENE)
tests_unit_test_utility_LDADD = $(UNIT_LIBS)
tests_unit_test_vital_SOURCES = tests/unit/test_vital.c $(CARE_SCENE)
tests_unit_test_vital_LDADD = $(UNIT_LIBS)
tests_unit_test_wave_SOURCES = tests/unit/test_wave.c
tests_unit_test_wave_LDADD = $(UNIT_LIBS)
tests_unit_test_bathroom_SOURCES = tests/unit/test_bathroom.c $(CARE_SCENE)
tests_unit_test_bathroom_LDADD = $(UNIT_LIBS)
tests_unit_test_rhythm_SOURCES = tests/unit/test_rhythm.c $(CARE_SCENE)
tests_unit_test_rhythm_LDADD = $(UNIT_LIBS)
tests_unit_test_activity_SOURCES = tests/unit/test_activity.c tests/unit/care_world.c tests/unit/care_world.h $(ALARM_WORLD)
tests_unit_test_activity_LDADD = $(UNIT_LIBS)
tests_unit_test_care_SOURCES = tests/unit/test_care.c tests/unit/care_world.c tests/unit/care_world.h $(ALARM_WORLD)
tests_unit_test_care_LDADD = $(UNIT_LIBS)
tests_unit_test_care_seen_SOURCES = tests/unit/test_care_seen.c tests/unit/care_world.c tests/unit/care_world.h $(ALARM_WORLD)
tests_unit_test_care_seen_LDADD = $(UNIT_LIBS)
tests_unit_test_share_lost_SOURCES = tests/unit/test_share_lost.c tests/unit/care_world.c tests/unit/care_world.h $(ALARM_WORLD)
tests_unit_test_share_lost_LDADD = $(UNIT_LIBS)
tests_unit_test_presence_SOURCES = tests/unit/test_presence.c $(CARE_SCENE)
tests_unit_test_presence_LDADD = $(UNIT_LIBS)
tests_unit_test_care_settings_SOURCES = tests/unit/test_care_settings.c
tests_unit_test_care_settings_LDADD = $(UNIT_LIBS)
tests_unit_test_guest_SOURCES = tests/unit/test_guest.c tests/unit/care_world.c tests/unit/care_world.h $(ALARM_WORLD)
tests_unit_test_guest_LDADD = $(UNIT_LIBS)
tests_unit_test_hush_SOURCES = tests/unit/test_hush.c $(CARE_SCENE)
tests_unit_test_hush_LDADD = $(UNIT_LIBS)
tests_unit_test_tenants_SOURCES = tests/unit/test_tenants.c $(ALARM_WORLD)
tests_unit_test_tenants_LDADD = $(UNIT_LIBS)
