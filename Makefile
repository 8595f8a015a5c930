# SPDX-License-Identifier: MIT
#
# api-gateway: the one Makefile. `make help` lists the targets.
#
# configure.ac finds tools and libraries and writes config.mk; this file holds every rule.
# A plain `make` bootstraps an out-of-tree build in build/ and touches nothing else; a classic
# `autoreconf -fi && ./configure && make` works too. B names the build folder of a flavour.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

B ?= build
CONFIG_MK := $(firstword $(if $(filter build,$(B)),$(wildcard config.mk)) $(B)/config.mk)

# Goals that need no configured tree: they work without one, or call make again for the rest
# (which is what lets `make run` install a compiler first).
BARE_GOALS := help deps run check asan tsan soak coverage dist deb rpm check-packages \
  check-containers docker format format-check clean distclean
ifneq ($(filter-out $(BARE_GOALS),$(or $(MAKECMDGOALS),all)),)
include $(CONFIG_MK)
endif

# --- output: one line a step; V=1 shows the commands ----------------------------------------
V ?= 0
ifeq ($(V),0)
say = @printf '  %-7s %s\n' '$(1)' '$(2)';
endif

# --- configuration --------------------------------------------------------------------------
$(B)/configure: configure.ac
	@command -v aclocal autoconf >/dev/null || \
	  { echo 'autoconf and automake are missing: "make deps" installs what the build needs' >&2; exit 1; }
	@mkdir -p $(@D) && cp $< $(@D)
	$(call say,AUTOCONF,$@)cd $(@D) && aclocal && autoconf

$(B)/config.mk: $(B)/configure src/config.mk.in
	$(call say,CONFIG,$@)cd $(@D) && ./configure --srcdir='$(CURDIR)' --quiet \
	  $(or $(CONFIGURE_FLAGS),$(shell cat $(B)/configure.flags 2>/dev/null))

# Flags other than those the folder was configured with, and remembers, configure it again.
ifneq ($(CONFIGURE_FLAGS),)
$(B)/config.mk: $(B)/configure.flags
$(B)/configure.flags: FORCE
	@mkdir -p $(@D); echo '$(CONFIGURE_FLAGS)' | cmp -s - $@ || echo '$(CONFIGURE_FLAGS)' > $@
endif

# The same for a tree configured in place.
config.mk: config.status src/config.mk.in
	./config.status $@
config.status: configure
	./config.status --recheck
configure: configure.ac
	autoreconf -fi

# --- sources and flags ----------------------------------------------------------------------
SRCS      := $(sort $(wildcard src/*.cc src/*/*.cc))
LIB_SRCS  := $(filter-out src/main.cc,$(SRCS))
UNIT_SRCS := $(sort $(wildcard tests/unit/*.cc tests/unit/*/*.cc))
HEADERS   := $(sort $(wildcard src/*/*.h tests/unit/*.h tests/unit/*/*.h tests/fuzz/*.h))
OBJ        = $(patsubst %.cc,$(B)/%.o,$(1))

GATEWAY := $(B)/api-gateway
UNIT    := $(B)/unit-tests
BENCH   := $(B)/tests/bench/load $(B)/tests/bench/service
LIBRARY := $(B)/libgateway.a

# The user's CPPFLAGS, CXXFLAGS and LDFLAGS come last and win. Headers of libraries are system
# headers: their warnings are not ours.
GW_CPPFLAGS = -Isrc $(GW_ASSERTIONS) \
  -DGATEWAY_VERSION='"$(VERSION)"' \
  -DGATEWAY_SYSCONFDIR='"$(sysconfdir)/api-gateway"' \
  -DGATEWAY_RUNSTATEDIR='"$(runstatedir)"'
GW_CXXFLAGS = -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor \
  -Wold-style-cast -Wundef $(GW_WERROR) $(GW_INSTRUMENT)
SYSTEM_CFLAGS = $(patsubst -I%,-isystem %,$(LIBRARY_CFLAGS) $(CATCH2_CFLAGS))

COMPILE = $(CXX) $(GW_CPPFLAGS) $(SYSTEM_CFLAGS) $(CPPFLAGS) $(GW_CXXFLAGS) $(CXXFLAGS)
LINK    = $(CXX) $(GW_CXXFLAGS) $(CXXFLAGS) $(LDFLAGS)

# --- build ----------------------------------------------------------------------------------
all: $(GATEWAY)  ## build build/api-gateway (default)

$(B)/tests/unit/%.o: GW_CPPFLAGS += -Itests/unit

$(B)/%.o: %.cc $(CONFIG_MK)
	@mkdir -p $(@D)
	$(call say,CXX,$<)$(COMPILE) -MMD -MP -c -o $@ $<

# Changes when a source appears or disappears: the archive then loses what is gone.
$(B)/sources: FORCE
	@mkdir -p $(@D); echo '$(LIB_SRCS)' | cmp -s - $@ || echo '$(LIB_SRCS)' > $@
FORCE:

$(LIBRARY): $(call OBJ,$(LIB_SRCS)) $(B)/sources
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(GATEWAY): $(call OBJ,src/main.cc) $(LIBRARY)
	$(call say,LD,$@)$(LINK) -o $@ $^ $(LIBRARY_LIBS) $(LIBS)

$(UNIT): $(call OBJ,$(UNIT_SRCS)) $(LIBRARY)
	$(call say,LD,$@)$(LINK) -o $@ $^ $(CATCH2_LIBS) $(LIBRARY_LIBS) $(LIBS)

$(BENCH): %: %.o $(LIBRARY)
	$(call say,LD,$@)$(LINK) -o $@ $^ $(LIBRARY_LIBS) $(LIBS)

-include $(patsubst %.cc,$(B)/%.d,$(SRCS) $(UNIT_SRCS)) $(BENCH:=.d)

compile_commands.json: $(CONFIG_MK)  ## write build/compile_commands.json for editors and clang-tidy
	$(call say,JSON,$(B)/$@){ \
	  arguments=$$(for a in $(COMPILE) -Itests/unit; do \
	    printf '"%s",' "$$(printf %s "$$a" | sed 's/["\\]/\\&/g')"; done); \
	  separator='['; \
	  for f in $(SRCS) $(UNIT_SRCS); do \
	    printf '%s{"directory":"%s","file":"%s","arguments":[%s"-c","%s"]}\n' \
	      "$$separator" '$(CURDIR)' "$$f" "$$arguments" "$$f"; separator=,; \
	  done; echo ']'; } > $(B)/$@

# --- run and check --------------------------------------------------------------------------
# A make of its own for what needs config.mk; on all cores unless -j was given.
AGAIN = +@$(MAKE) --no-print-directory $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc)) B=$(B)

deps:  ## install what is missing to build, run and check (apt or dnf, sudo when not root)
	@packaging/deps.sh

run: deps  ## deps, build, and start a gateway with two example services on loopback
	$(AGAIN) all
	@packaging/run-demo.sh $(GATEWAY)

# Each suite leaves its count ("passed failed skipped") in COUNTS, which .ci/run adds up.
COUNTS := $(B)/check
# Sanitizers that find something say where.
UBSAN_OPTIONS ?= print_stacktrace=1
export UBSAN_OPTIONS

check: deps  ## deps, build, then all tests: unit, black-box, conformance, lint, costs
	@rm -rf $(COUNTS)
	$(AGAIN) $(GATEWAY) $(UNIT) $(BENCH)
	+@status=0; for suite in unit blackbox conformance lint costs; do \
	  $(MAKE) --no-print-directory B=$(B) check-$$suite || status=1; done; exit $$status

check-unit: $(UNIT)  ## unit tests
	@mkdir -p $(COUNTS) && rm -f $(COUNTS)/unit
	$(call say,CHECK,unit)GATEWAY_TEST_COUNT=$(COUNTS)/unit $(UNIT) -w NoTests

check-blackbox: $(GATEWAY) $(BENCH)  ## tests that drive the program from outside
	@mkdir -p $(COUNTS) && rm -f $(COUNTS)/blackbox
	$(call say,CHECK,black box)python3 tests/blackbox/run.py --gateway $(GATEWAY) --count $(COUNTS)/blackbox

check-lossless: $(GATEWAY)  ## the loss test: minutes of load while the gateway goes through all it can
	$(call say,CHECK,lossless)python3 tests/lossless/run.py --gateway $(GATEWAY)

check-kills: $(GATEWAY)  ## a worker killed 200 times under load spoils no counter
	$(call say,CHECK,kills)GATEWAY_TEST_KILLS=200 python3 tests/blackbox/run.py --gateway $(GATEWAY) -v \
	  tests/blackbox/test_crash_counts.py

check-prometheus: $(GATEWAY)  ## a Prometheus server, installed when missing, scrapes the gateway
	@packaging/deps.sh check-prometheus
	$(call say,CHECK,prometheus)python3 tests/blackbox/run.py --gateway $(GATEWAY) -v \
	  tests/blackbox/test_prometheus.py tests/blackbox/test_metrics.py

check-conformance: $(GATEWAY)  ## what HTTP/1 the gateway accepts, case by case
	@mkdir -p $(COUNTS) && rm -f $(COUNTS)/conformance
	$(call say,CHECK,conformance)python3 tests/conformance/run.py --gateway $(GATEWAY) --count $(COUNTS)/conformance

conformance: $(GATEWAY)  ## the same cases on nginx and HAProxy, where installed: a table of all three
	@python3 tests/conformance/run.py --gateway $(GATEWAY) --compare

check-lint: $(GATEWAY)  ## include levels, documentation, man page, and other checks of the source
	@mkdir -p $(COUNTS) && rm -f $(COUNTS)/lint
	$(call say,CHECK,lint)python3 tests/lint/run.py --gateway $(GATEWAY) --count $(COUNTS)/lint

lint: check-lint

# The ceilings are those of a program as it is shipped: optimised, and without instruments.
IS_AS_SHIPPED = $(if $(strip $(GW_INSTRUMENT)),,$(filter -O2 -O3,$(CXXFLAGS)))

check-costs: $(GATEWAY)  ## instructions and system calls of a request, by valgrind: none above its ceiling
	@mkdir -p $(COUNTS) && rm -f $(COUNTS)/costs
	$(if $(IS_AS_SHIPPED),$(call say,CHECK,costs)python3 tests/bench/costs.py --gateway $(GATEWAY) --count $(COUNTS)/costs,\
	  @echo 'costs: not counted of this build, which is not optimised or has instruments')

bench-instructions: check-costs  ## another name of check-costs

asan: B := build/asan
asan:  ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer, in build/asan
	+@$(MAKE) --no-print-directory B=$(B) CONFIGURE_FLAGS='--with-sanitizer=address,undefined $(CONFIGURE_FLAGS)' check

tsan: B := build/tsan
tsan:  ## all tests under ThreadSanitizer, in build/tsan
	+@$(MAKE) --no-print-directory B=$(B) CONFIGURE_FLAGS='--with-sanitizer=thread $(CONFIGURE_FLAGS)' check

# Mixed traffic with random aborts on both sides; in the end nothing may be left of it.
SOAK_SECONDS ?= 60

soak: B := build/asan
soak:  ## mixed traffic and aborts for SOAK_SECONDS (60), under the sanitizers, in build/asan
	+@$(MAKE) --no-print-directory B=$(B) CONFIGURE_FLAGS='--with-sanitizer=address,undefined $(CONFIGURE_FLAGS)' $(B)/api-gateway
	@python3 tests/soak/run.py --gateway $(B)/api-gateway --seconds $(SOAK_SECONDS)

# Longer than anybody wants to wait for in a check: each target runs for FUZZ_SECONDS, one after
# the other, and goes on from the corpus of the last run.
FUZZ_SECONDS ?= 60
FUZZ_CXX     ?= $(firstword $(foreach name,clang++ clang++-14,$(shell command -v $(name))) clang++)
FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_COMPILE  = $(FUZZ_CXX) $(GW_CPPFLAGS) -Itests/fuzz -Itests/unit $(SYSTEM_CFLAGS) -std=c++20 -O1 -g \
  $(FUZZ_SANITIZE) -fsanitize=fuzzer-no-link
FUZZERS      := $(basename $(notdir $(sort $(wildcard tests/fuzz/*.cc))))
FUZZ_LIBRARY := $(B)/fuzz/libgateway.a

fuzz: $(addprefix $(B)/fuzz/,$(FUZZERS))  ## fuzz parsers, documents and a whole gateway (clang) for FUZZ_SECONDS (60) each
	@for name in $(FUZZERS); do \
	  mkdir -p $(B)/fuzz/$$name.corpus; \
	  seeds=tests/fuzz/corpus/$$name; [ -d $$seeds ] || seeds=; \
	  printf '  %-7s %s\n' FUZZ $$name; \
	  $(B)/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -max_len=512 -dict=tests/fuzz/http.dict \
	    -malloc_limit_mb=16 -artifact_prefix=$(B)/fuzz/$$name. \
	    $(B)/fuzz/$$name.corpus $$seeds 2>$(B)/fuzz/$$name.log || \
	    { cat $(B)/fuzz/$$name.log; exit 1; }; \
	  tail -n 1 $(B)/fuzz/$$name.log; \
	done

FUZZ_OBJ = $(patsubst %.cc,$(B)/fuzz/%.o,$(1))
.SECONDARY: $(call FUZZ_OBJ,$(LIB_SRCS) $(wildcard tests/fuzz/*.cc))

$(B)/fuzz/%.o: %.cc $(CONFIG_MK)
	@mkdir -p $(@D)
	@command -v $(FUZZ_CXX) >/dev/null || \
	  { echo '"make fuzz" needs clang with its run-time libraries (or FUZZ_CXX=...)' >&2; exit 1; }
	$(call say,FUZZCXX,$<)$(FUZZ_COMPILE) -MMD -MP -c -o $@ $<

$(FUZZ_LIBRARY): $(call FUZZ_OBJ,$(LIB_SRCS)) $(B)/sources
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(B)/fuzz/%: $(B)/fuzz/tests/fuzz/%.o $(FUZZ_LIBRARY)
	$(call say,LD,$@)$(FUZZ_CXX) $(FUZZ_SANITIZE) -fsanitize=fuzzer -o $@ $^ $(LIBRARY_LIBS)

-include $(patsubst %.cc,$(B)/fuzz/%.d,$(LIB_SRCS) $(wildcard tests/fuzz/*.cc))

bench: $(GATEWAY) $(BENCH)  ## CPU and system calls of a request, beside nginx and HAProxy where installed: minutes
	@python3 tests/bench/compare.py --gateway $(GATEWAY) --load $(firstword $(BENCH)) --service $(lastword $(BENCH))

coverage: B := build/coverage
coverage:  ## all tests with line counts, in build/coverage; gcovr, when installed, prints a table
	+@$(MAKE) --no-print-directory B=$(B) CONFIGURE_FLAGS='--enable-coverage $(CONFIGURE_FLAGS)' check
	@if command -v gcovr >/dev/null; then gcovr --root . --filter src/ $(B); \
	else echo 'line counts are in $(B); install gcovr for a table'; fi

format:  ## reformat all C++ sources (clang-format 14)
	clang-format -i $(SRCS) $(UNIT_SRCS) $(wildcard tests/fuzz/*.cc tests/bench/*.cc) $(HEADERS)

format-check:  ## fail if a C++ source is not formatted
	clang-format --dry-run -Werror $(SRCS) $(UNIT_SRCS) $(wildcard tests/fuzz/*.cc tests/bench/*.cc) $(HEADERS)

# --- install --------------------------------------------------------------------------------
DOCUMENTS  := README.md packaging/NEWS.md
EXAMPLES   := conf/gateway.env.example conf/gateway.json $(sort $(wildcard conf/examples/*.json))
PARTS      := $(sort $(wildcard conf/examples/conf.d/*.json))
UNITS      := $(sort $(wildcard packaging/systemd/*.service packaging/systemd/*.socket))
SYSUSERS   := $(prefix)/lib/sysusers.d/api-gateway.conf
COMPLETION := $(datadir)/bash-completion/completions/api-gateway

# What belongs to the operator from then on, as source:target. What is there stays as it is.
OWNED  := conf/gateway.json:$(sysconfdir)/api-gateway/gateway.json \
  packaging/api-gateway.default:$(environmentfile) \
  packaging/api-gateway.logrotate:$(sysconfdir)/logrotate.d/api-gateway
source  = $(firstword $(subst :, ,$(1)))
target  = $(DESTDIR)$(lastword $(subst :, ,$(1)))

# Sources name the paths of a packaged gateway; what is installed names those of this one.
PLACED = sed 's|/usr/sbin/|$(sbindir)/|g; s|/etc/default/api-gateway|$(environmentfile)|g; \
  s|/etc/api-gateway|$(sysconfdir)/api-gateway|g; s|/run/api-gateway|$(runstatedir)/api-gateway|g; \
  s|/var/log/api-gateway|$(localstatedir)/log/api-gateway|g; \
  s|/usr/share/api-gateway|$(datadir)/api-gateway|g'
# $(call put,file,target): the file, with these paths.
put = $(INSTALL) -d $(dir $(2)) && $(PLACED) $(1) | $(INSTALL) -m 644 /dev/stdin $(2)

install: $(GATEWAY)  ## install below $(DESTDIR)$(prefix); what belongs to the operator stays
	$(INSTALL) -d $(DESTDIR)$(datadir)/api-gateway $(DESTDIR)$(docdir)/examples/conf.d
	$(INSTALL) -D -m 755 $(GATEWAY) $(DESTDIR)$(sbindir)/api-gateway
	$(call put,man/api-gateway.8,$(DESTDIR)$(mandir)/man8/api-gateway.8)
	$(call put,man/api-gateway.json.5,$(DESTDIR)$(mandir)/man5/api-gateway.json.5)
	$(foreach unit,$(UNITS),$(call put,$(unit),$(DESTDIR)$(systemdsystemunitdir)/$(notdir $(unit))) &&) true
	$(INSTALL) -D -m 644 packaging/api-gateway.sysusers $(DESTDIR)$(SYSUSERS)
	$(INSTALL) -D -m 644 packaging/completion/api-gateway $(DESTDIR)$(COMPLETION)
	$(GATEWAY) --schema > $(B)/gateway.schema.json
	$(INSTALL) -m 644 $(B)/gateway.schema.json $(DESTDIR)$(datadir)/api-gateway
	$(INSTALL) -m 644 $(DOCUMENTS) $(DESTDIR)$(docdir)
	$(INSTALL) -m 644 $(EXAMPLES) $(DESTDIR)$(docdir)/examples
	$(INSTALL) -m 644 $(PARTS) $(DESTDIR)$(docdir)/examples/conf.d
	$(foreach each,$(OWNED),{ test -e $(call target,$(each)) || \
	  { $(call put,$(call source,$(each)),$(call target,$(each))); }; } &&) true

uninstall: $(CONFIG_MK)  ## remove what install installed, but nothing the operator changed
	$(foreach each,$(OWNED),{ $(PLACED) $(call source,$(each)) | cmp -s - $(call target,$(each)) && \
	  rm $(call target,$(each)) || true; } &&) true
	rm -f $(DESTDIR)$(sbindir)/api-gateway $(DESTDIR)$(mandir)/man8/api-gateway.8 \
	  $(DESTDIR)$(mandir)/man5/api-gateway.json.5 $(DESTDIR)$(datadir)/api-gateway/gateway.schema.json \
	  $(DESTDIR)$(SYSUSERS) $(DESTDIR)$(COMPLETION)
	rm -f $(addprefix $(DESTDIR)$(systemdsystemunitdir)/,$(notdir $(UNITS)))
	rm -f $(addprefix $(DESTDIR)$(docdir)/,$(notdir $(DOCUMENTS))) \
	  $(addprefix $(DESTDIR)$(docdir)/examples/,$(notdir $(EXAMPLES))) \
	  $(addprefix $(DESTDIR)$(docdir)/examples/conf.d/,$(notdir $(PARTS)))
	-rmdir $(DESTDIR)$(datadir)/api-gateway $(DESTDIR)$(docdir)/examples/conf.d \
	  $(DESTDIR)$(docdir)/examples $(DESTDIR)$(docdir)
	-rmdir $(DESTDIR)$(sysconfdir)/api-gateway

# --- packages -------------------------------------------------------------------------------
# Made of the last commit, whatever else lies here. The version is that of configure.ac.
RELEASE := $(shell awk -F'[][]' '/^AC_INIT/ { print $$4 }' configure.ac)
DIST    := api-gateway-$(RELEASE)

dist:  ## source archive of the last commit, in build/
	@mkdir -p $(B)
	git archive --format=tar.gz --prefix=$(DIST)/ -o $(B)/$(DIST).tar.gz HEAD

deb: dist  ## Debian package and source package, checked by lintian, in build/deb
	@packaging/deps.sh deb
	rm -rf $(B)/deb && mkdir -p $(B)/deb
	cp $(B)/$(DIST).tar.gz $(B)/deb/api-gateway_$(RELEASE).orig.tar.gz
	tar -C $(B)/deb -xzf $(B)/$(DIST).tar.gz
	cp -rL $(B)/deb/$(DIST)/packaging/debian $(B)/deb/$(DIST)/debian
	cd $(B)/deb/$(DIST) && dpkg-buildpackage -us -uc
	lintian --allow-root --pedantic --fail-on error,warning $(B)/deb/*.changes
	@ls $(B)/deb/*.deb $(B)/deb/*.dsc

# Debian's rpm lacks what a distribution sets up, and knows nothing of what is installed.
RPMBUILD = rpmbuild $(if $(wildcard /usr/lib/rpm/macros.d/macros.systemd),,--nodeps --load packaging/rpm/macros.distribution)
RPMBUILD_FLAGS ?=

rpm: dist  ## RPM and source RPM, checked by rpmlint, in build/rpm
	@packaging/deps.sh rpm
	rm -rf $(B)/rpm && mkdir -p $(B)/rpm/SOURCES $(B)/rpm/SPECS
	cp $(B)/$(DIST).tar.gz $(B)/rpm/SOURCES
	git show HEAD:packaging/api-gateway.sysusers > $(B)/rpm/SOURCES/api-gateway.sysusers
	sed 's|@VERSION@|$(RELEASE)|g' packaging/rpm/api-gateway.spec.in > $(B)/rpm/SPECS/api-gateway.spec
	$(RPMBUILD) -ba $(RPMBUILD_FLAGS) --define '_topdir $(abspath $(B))/rpm' $(B)/rpm/SPECS/api-gateway.spec
	rpmlint -c packaging/rpm/rpmlint.toml $(B)/rpm/SPECS/api-gateway.spec $(B)/rpm/*RPMS
	@find $(B)/rpm -name '*.rpm'

BASE ?= $(B)/packages/base

check-packages: deb rpm  ## live with the packages in a clean system under systemd (as root)
	@packaging/deps.sh check-packages
	@tests/packages/run.py --base $(BASE) $(B)/deb/api-gateway_*.deb
	@tests/packages/run.py --base $(BASE) $(B)/rpm/RPMS/*/api-gateway-$(RELEASE)-*.rpm

check-containers:  ## live with the containers of docker-compose.yml (needs an engine)
	@tests/packages/compose.py

docker:  ## container image api-gateway
	docker build -t api-gateway .

# --- housekeeping ---------------------------------------------------------------------------
clean:  ## remove what was compiled; keeps the configuration
	rm -rf $(B)/src $(B)/tests $(COUNTS) $(GATEWAY) $(UNIT) $(LIBRARY) $(B)/gateway.schema.json \
	  $(B)/compile_commands.json $(addprefix $(B)/fuzz/,$(FUZZERS))

distclean:  ## remove everything that was made
	rm -rf $(B) config.mk config.log config.status configure configure~ aclocal.m4 autom4te.cache

help:  ## this list
	@sed -n 's/^\([a-z][a-z._-]*\):.*  ## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | \
	  awk -F '\t' '{ printf "  %-22s %s\n", $$1, $$2 }'
	@echo; echo '  V=1 shows the commands; B=build/x builds in another folder;'
	@echo '  CONFIGURE_FLAGS="--prefix=/usr" is passed on to configure.'

.PHONY: all deps run check check-unit check-blackbox check-conformance check-lossless \
  check-kills check-prometheus check-packages check-containers check-lint check-costs \
  conformance lint asan tsan soak fuzz bench bench-instructions coverage format format-check \
  install uninstall dist deb rpm docker compile_commands.json clean distclean help FORCE
