# clang.mk: builds the fuzz targets with clang, libFuzzer and the sanitizers; objects of their own below fuzz/ in the build
# folder. Run by fuzz.sh, in that folder. GNU make.
#
# Given: CLANG TOP_SRCDIR TOP_BUILDDIR FUZZ_SOURCES FUZZ_CFLAGS FUZZ_LIBS TARGETS (programs to build; empty: all)
SANITIZERS = address,undefined,float-cast-overflow
FLAGS = -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all -std=gnu11 -pthread -w \
	-D_GNU_SOURCE -DESTATE_SYSCONFDIR='"/etc/estated"' -DESTATE_DATADIR='"/usr/share/estated"' \
	-DESTATE_PLUGINDIR='"/usr/libexec/estated/plugins"' -DESTATE_SBINDIR='"/usr/sbin"' \
	-DESTATE_STATEDIR='"/var/lib/estated"' -DESTATE_RUNTIMEDIR='"/run/estated"' \
	-I$(TOP_SRCDIR)/daemon -I$(TOP_SRCDIR)/plugins -I$(TOP_SRCDIR)/tests/sim -I$(TOP_BUILDDIR) $(FUZZ_CFLAGS)

# Programs' own files are left out: a target has its main from libFuzzer.
SOURCES := $(filter-out tests/sim/sim_main.c,$(filter %.c,$(FUZZ_SOURCES)))
OBJECTS := $(patsubst %.c,obj/%.o,$(SOURCES))
ALL := $(patsubst $(TOP_SRCDIR)/tests/fuzz/%.c,%,$(wildcard $(TOP_SRCDIR)/tests/fuzz/fuzz_*.c))

.PHONY: targets
targets: $(if $(TARGETS),$(TARGETS),$(ALL))

obj/%.o: $(TOP_SRCDIR)/%.c
	@mkdir -p $(@D)
	@echo "  CLANG    $*.c"
	@$(CLANG) $(FLAGS) -fsanitize=fuzzer-no-link,$(SANITIZERS) -MMD -MP -c $< -o $@

libfuzzed.a: $(OBJECTS)
	@rm -f $@
	@ar rcs $@ $(OBJECTS)

fuzz_%: obj/tests/fuzz/fuzz_%.o libfuzzed.a
	@echo "  LINK     $@"
	@$(CLANG) -fsanitize=fuzzer,$(SANITIZERS) -pthread $< libfuzzed.a $(FUZZ_LIBS) -o $@

.SECONDARY:
-include $(OBJECTS:.o=.d) $(ALL:%=obj/tests/fuzz/%.d)
