# SPDX-License-Identifier: GPL-2.0-only
# For people; the kernel's build system reads Kbuild. See `make help`.

.DEFAULT_GOAL := all
.PHONY: all demo check lint vm shell bench-stop clean distclean help

VM := selftests/vm
export WHERE KERNEL MEM SMP ACCEL CPU TESTS TIMEOUT ACALL_SCALE

all:
	@$(VM)/setup.sh build
	@$(VM)/build.sh modules userspace
	@$(VM)/build.sh where

demo:
	@$(VM)/launch.sh demo

check:
	@$(VM)/check.sh

lint:
	@$(VM)/lint.sh

vm:
	@$(VM)/launch.sh run '$(RUN)' $(ARGS)

shell:
	@$(VM)/launch.sh shell

bench-stop:
	@$(VM)/launch.sh bench

# Downloads stay in build/cache.
clean:
	@find build -mindepth 1 -maxdepth 1 ! -name cache \
		-exec rm -rf {} + 2>/dev/null || true

distclean:
	@rm -rf build

help:
	@echo 'make               modules and user space, into build/RELEASE-ARCH'
	@echo 'make demo          hash, copy and cancel a copy, in a VM'
	@echo 'make check         build all and run all tests in a VM'
	@echo 'make lint          static checks'
	@echo 'make vm RUN=PROG   run PROG [ARGS="..."] in the VM, as root'
	@echo 'make shell         a shell in the VM'
	@echo 'make bench-stop    how long after CANCEL a method has ended'
	@echo 'make clean         remove what was built (distclean: downloads too)'
	@echo
	@echo 'TESTS=GLOB         check: only the tests with such a name'
	@echo 'WHERE=host         demo, check, bench-stop: on the running kernel'
	@echo 'KERNEL=RELEASE     another Debian kernel, such as 6.12'
	@echo 'MEM= SMP= ACCEL=   the VM (2G, 2, tcg)'
	@echo 'ACALL_SCALE=N      stretch every time-out'
