# SPDX-License-Identifier: GPL-2.0-only
# For people; the kernel's build system reads Kbuild. See `make help`.

.DEFAULT_GOAL := all
.PHONY: all demo check check-vm check-fast check-kunit check-mutants check-canaries \
	check-matrix check-coverage check-powercut check-threads check-trace \
	check-install trace-demo mutants conformance coverage fuzz lint vm shell \
	patchset bench bench-stop bench-work bench-file headers_install install \
	uninstall dist deb clean distclean help

VM := selftests/vm
export WHERE KERNEL DEBUG MEM SMP ACCEL PARALLEL CPU TESTS ALL TIMEOUT CLAUSES GUESTS
export ACALL_SCALE ACALL_ROUNDS SAMPLE PROFILE PROFILES MINUTES PROGRAMS RUNS SEED
export ARCH SUITE FLAVOUR LEGS N RULES ONLY SAVE CUTS FILESYSTEMS
export ACALL_BENCH_DIR

all:
	@$(VM)/setup.sh build
	@$(VM)/build.sh modules userspace
	@$(VM)/build.sh where

# SAVE=1: as a picture, into Documentation.
demo:
	@$(VM)/$(if $(SAVE),record.sh,launch.sh demo)

check:
	@$(VM)/check.sh

# On a kernel of our own, or with other modules: selftests/vm/profiles.
check-vm:
	@PROFILE=$(or $(PROFILE),stock) $(VM)/check.sh

check-fast:
	@selftests/fast/check.sh

check-kunit:
	@$(VM)/kunit.sh

# What the kernel's engine is tested with, with the library's other one.
check-threads:
	@selftests/threads/check.sh $(or $(KINDS),plain)

check-mutants:
	@selftests/conformance/mutants.sh

# Mutants of a grammar, drawn by SEED.
mutants:
	@selftests/mutants/mutants.sh

# Other kernels, machines and compilers.
check-matrix:
	@selftests/matrix/matrix.sh

check-canaries:
	@selftests/canary/$(if $(PROFILE),check,all).sh

# What was reported durable is there after a power cut.
check-powercut:
	@selftests/power/power.sh

# What is pure on this machine, then the whole in a guest.
fuzz:
	@selftests/fuzz/host.sh
	@selftests/fuzz/guest.sh

# What acall trace makes of a trace that was kept, on this machine.
check-trace:
	@selftests/trace/check.sh

# A new one to keep, and its picture.
trace-demo:
	@selftests/trace/demo.sh

# What of module/ the tests reach, and the page of it.
check-coverage:
	@selftests/coverage/coverage.sh check

coverage:
	@selftests/coverage/coverage.sh check || true
	@selftests/coverage/coverage.sh write

# The page of what the last `make check` and `make check-mutants` have shown.
conformance:
	@selftests/conformance/page.sh write

lint:
	@$(VM)/lint.sh

# For the running kernel, unless KERNEL says another.
install uninstall:
	@$(if $(KERNEL),,WHERE=host) selftests/install/install.sh $@

# What is committed, as a tarball; and packages of that.
dist:
	@selftests/install/dist.sh

deb:
	@selftests/install/packages.sh

check-install:
	@selftests/install/check.sh

# For providers that are built outside of this tree, as above.
headers_install: export WHERE := $(if $(KERNEL),$(WHERE),host)
headers_install:
	@$(VM)/setup.sh build
	@$(VM)/build.sh modules
	@$(VM)/headers.sh $(abspath $(or $(DIR),build/headers))

# For the kernel whose source is SOURCE.
patchset:
	@$(VM)/setup.sh lint
	@$(VM)/fetch.sh source
	@selftests/patchset/patchset.sh $(abspath $(or $(DIR),build/patchset)) $(SOURCE)

vm:
	@$(VM)/launch.sh run '$(RUN)' $(ARGS)

shell:
	@$(VM)/launch.sh shell

bench:
	@selftests/bench/bench.sh $(ARGS)

bench-stop:
	@$(VM)/launch.sh bench bench_stop $(ARGS)

bench-work:
	@$(VM)/launch.sh bench bench_work $(ARGS)

bench-file:
	@selftests/bench/bench_file.sh $(ARGS)

# Downloads stay in build/cache, kernels that were built in ~/.cache/acall too.
clean:
	@find build -mindepth 1 -maxdepth 1 ! -name cache \
		-exec rm -rf {} + 2>/dev/null || true

distclean:
	@rm -rf build

help:
	@echo 'make               modules and user space, into build/RELEASE-ARCH'
	@echo 'make demo          hash, copy and cancel a copy, in a VM (SAVE=1: as a picture,'
	@echo '                   into Documentation)'
	@echo 'make check         build all and run all tests in a VM'
	@echo 'make check-vm PROFILE=NAME  in a kernel with checkers: mem, fault,'
	@echo '                   fuzz, cov, race (selftests/vm/profiles)'
	@echo 'make check-fast    proofs and unit tests of the state machine, no VM'
	@echo 'make check-kunit   unit tests of the core in a user-mode kernel'
	@echo 'make check-threads the library without the module, no VM, no root;'
	@echo '                   KINDS="plain asan tsan" with sanitizers'
	@echo 'make check-mutants break each clause, and see its test fail'
	@echo 'make mutants N=6   break lines of the modules, drawn by SEED= (RULES=, ONLY=)'
	@echo 'make check-matrix  other kernels, machines and compilers (LEGS=GLOBS)'
	@echo 'make check-canaries [PROFILES="stock mem race"]  bugs made on'
	@echo '                   purpose, and see them noticed'
	@echo 'make check-powercut CUTS=15  cut the power of copies and syncs, and look'
	@echo '                   for what was durable (FILESYSTEMS="ext4 xfs btrfs")'
	@echo 'make check-trace   what acall trace makes of a trace that was kept, no VM'
	@echo 'make trace-demo    draw what became of a few calls in the VM (SAVE=1: into'
	@echo '                   Documentation)'
	@echo 'make fuzz          fuzz the module, for MINUTES=3'
	@echo 'make coverage      what of the module the tests reach, as a page'
	@echo 'make lint          static checks'
	@echo 'make patchset DIR=DIR SOURCE=LINUX  this tree as patches for a kernel'
	@echo 'make vm RUN=PROG   run PROG [ARGS="..."] in the VM, as root'
	@echo 'make shell         a shell in the VM'
	@echo 'make bench         what a call costs, beside io_uring and thread pools, and'
	@echo '                   whether the targets are met (SAVE=1: into Documentation)'
	@echo 'make bench-stop    how long after CANCEL each method has ended (ARGS="--samples=20 copy")'
	@echo 'make bench-work    what digests and copies of many files cost, beside thread'
	@echo '                   pools, sha256sum and cp (ARGS=--help)'
	@echo 'make bench-file    what each method on files costs, beside programs and the plain'
	@echo '                   system calls, and whether it is at most 1.05 of these'
	@echo '                   (SAVE=1, ARGS="--samples=9 copy_*")'
	@echo 'make install       modules, library and command, for the running kernel or'
	@echo '                   KERNEL=RELEASE (prefix=/usr/local, DESTDIR=; make uninstall)'
	@echo 'make deb           packages for Debian, into build/packages (make dist: the'
	@echo '                   source as a tarball); make check-install tries all of it'
	@echo 'make headers_install DIR=DIR  what providers elsewhere build against'
	@echo 'make clean         remove what was built (distclean: downloads too)'
	@echo
	@echo 'TESTS=GLOB         check: only the tests with such a name'
	@echo '                   (race_* and antagonist* run only so)'
	@echo 'ALL=1              check: also long tests as 32-bit programs'
	@echo 'WHERE=host         demo, check, bench, bench-*: on the running kernel'
	@echo 'ONLY=instructions  bench, bench-file: not the wall time (ONLY=wall: only that)'
	@echo 'ACALL_BENCH_DIR=   bench-file: where its images are to be (a tmpfs)'
	@echo 'KERNEL=RELEASE     another Debian kernel, such as 6.12; ARCH=aarch64 or'
	@echo '                   s390x of another machine, SUITE=trixie of another Debian'
	@echo 'DEBUG=1            modules that check and count every transition'
	@echo 'ACALL_ROUNDS=N     rounds of each stress test (200)'
	@echo 'GUESTS=N           check, check-mutants: so many at a time'
	@echo 'CLAUSES=GLOB       check-mutants: only those clauses'
	@echo 'MEM= SMP= ACCEL=   the VM (2G, 2, tcg); PARALLEL=1: its processors run at once'
	@echo 'ACALL_SCALE=N      stretch every time-out'
