# more unit tests of daemon/field/: each a module of its own, and a whole bus against a slave that misbehaves
check_PROGRAMS += tests/unit/test_agree tests/unit/test_arena tests/unit/test_doorman tests/unit/test_line tests/unit/test_tape \
	tests/unit/test_virtual_day tests/unit/test_virtual_line tests/unit/test_worker_wire \
	tests/unit/test_wire_oracle
TESTS += tests/unit/test_agree tests/unit/test_arena tests/unit/test_doorman tests/unit/test_line tests/unit/test_tape \
	tests/unit/test_virtual_day tests/unit/test_virtual_line tests/unit/test_worker_wire \
	tests/unit/test_wire_oracle
tests_unit_test_agree_SOURCES = tests/unit/test_agree.c
tests_unit_test_agree_LDADD = $(UNIT_LIBS)
tests_unit_test_arena_SOURCES = tests/unit/test_arena.c
tests_unit_test_arena_LDADD = $(UNIT_LIBS)
tests_unit_test_doorman_SOURCES = tests/unit/test_doorman.c $(LOOPBACK)
tests_unit_test_doorman_LDADD = $(UNIT_LIBS)
tests_unit_test_line_SOURCES = tests/unit/test_line.c
tests_unit_test_line_LDADD = $(UNIT_LIBS)
tests_unit_test_tape_SOURCES = tests/unit/test_tape.c
tests_unit_test_tape_LDADD = $(UNIT_LIBS)
tests_unit_test_worker_wire_SOURCES = tests/unit/test_worker_wire.c tests/unit/holding.h $(SCRIPTED)
tests_unit_test_worker_wire_LDADD = $(UNIT_LIBS)
tests_unit_test_wire_oracle_SOURCES = tests/unit/test_wire_oracle.c tests/unit/holding.h $(SCRIPTED)
tests_unit_test_wire_oracle_LDADD = $(UNIT_LIBS)
tests_unit_test_virtual_line_SOURCES = tests/unit/test_virtual_line.c tests/unit/holding.h tests/unit/virtual_line.c tests/unit/virtual_line.h
tests_unit_test_virtual_line_LDADD = $(UNIT_LIBS)
tests_unit_test_virtual_day_SOURCES = tests/unit/test_virtual_day.c tests/unit/holding.h tests/unit/virtual_line.c tests/unit/virtual_line.h
tests_unit_test_virtual_day_LDADD = $(UNIT_LIBS)
