# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Sourced by the guest's init and by host.sh.

# load_module FILE.ko: with the stock modules that it depends on.
load_module()
{
	for need in $(modinfo -F depends "$1" | tr , ' '); do
		case $need in
		acall*) ;;
		*) modprobe "$need" || return 1 ;;
		esac
	done
	insmod "$1"
}
