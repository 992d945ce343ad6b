# unit tests of what is asked of a bus beside its plan
check_PROGRAMS += tests/unit/test_encode tests/unit/test_errand tests/unit/test_guess tests/unit/test_pdu
TESTS += tests/unit/test_encode tests/unit/test_errand tests/unit/test_guess tests/unit/test_pdu
tests_unit_test_encode_SOURCES = tests/unit/test_encode.c
tests_unit_test_encode_LDADD = $(UNIT_LIBS)
tests_unit_test_errand_SOURCES = tests/unit/test_errand.c tests/unit/holding.h $(SCRIPTED)
tests_unit_test_errand_LDADD = $(UNIT_LIBS)
tests_unit_test_guess_SOURCES = tests/unit/test_guess.c
tests_unit_test_guess_LDADD = $(UNIT_LIBS)
tests_unit_test_pdu_SOURCES = tests/unit/test_pdu.c
tests_unit_test_pdu_LDADD = $(UNIT_LIBS)
