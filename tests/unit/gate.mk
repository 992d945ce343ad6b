# unit tests of gate/; the rest of it is tested at its sockets, by tests/it/test_gate*.py
check_PROGRAMS += tests/unit/test_gate_words
TESTS += tests/unit/test_gate_words
tests_unit_test_gate_words_SOURCES = tests/unit/test_gate_words.c
tests_unit_test_gate_words_LDADD = libgate.a $(UNIT_LIBS)
