# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by common.sh: what differs between the machines that there are guests
# of or builds for, by the name that uname has for them in $arch:
#	debian	Debian's name of the architecture
#	flavour	which of its kernels
#	triplet	its compiler's prefix; cross is that if another machine's is needed
# and for guests
#	emulator, machine	QEMU's words
#	terminal	the kernel's console, and what QEMU is told for it
#	bus	of virtio devices
#	tty	serial ports of the guest for its output, errors and verdict
#	drivers	what these and the disks need
#	farewell  QEMU's status when a guest has ended as it should

tty=(hvc0 hvc1 hvc2)
drivers="virtio_pci virtio_blk loop virtio_console"
bus=pci
farewell=0
case $arch in
x86_64)
	debian=amd64 flavour=cloud-amd64 triplet=x86_64-linux-gnu
	emulator=qemu-system-x86_64
	# To copy by bytes is what TCG is slowest at, and each counts as one.
	machine=(-M q35 -cpu "${CPU:-max,erms=off,fsrm=off}")
	terminal=(ttyS0 -device "isa-serial,index=0,chardev=console")
	tty=(ttyS1 ttyS2 ttyS3)
	drivers="virtio_pci virtio_blk loop"
	farewell=85 ;;
aarch64)
	debian=arm64 flavour=arm64 triplet=aarch64-linux-gnu
	emulator=qemu-system-aarch64
	machine=(-M virt -cpu "${CPU:-cortex-a72}")
	terminal=(ttyAMA0 -serial "chardev:console") ;;
s390x)
	debian=s390x flavour=s390x triplet=s390x-linux-gnu
	emulator=qemu-system-s390x
	machine=(-M s390-ccw-virtio -cpu "${CPU:-max}")
	terminal=(ttysclp0 -device "sclpconsole,chardev=console")
	drivers="virtio_blk loop virtio_console"
	bus=ccw ;;
armv7l)
	debian=armhf flavour=armmp triplet=arm-linux-gnueabihf
	emulator= ;;
riscv64)
	debian=riscv64 flavour=riscv64 triplet=riscv64-linux-gnu
	emulator= ;;
ppc64le)
	debian=ppc64el flavour=powerpc64le triplet=powerpc64le-linux-gnu
	emulator= ;;
*)
	echo "no such machine: $arch" >&2
	exit 2 ;;
esac
flavour=${FLAVOUR:-$flavour}
cross=
[ "$arch" = "$(uname -m)" ] || cross=$triplet-
