#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# headers.sh DIR [BUILD]: installs into DIR what a provider outside of this tree
# is built against: include/linux/acall*.h (but that of the fixtures),
# include/acall/provider.h, and Module.symvers of the acall.ko in BUILD
# (default: what build.sh has made for the chosen kernel). The Kbuild has
#	ccflags-y += -IDIR/include
# and is built with
#	make -C /lib/modules/RELEASE/build M=$PWD \
#		KBUILD_EXTRA_SYMBOLS=DIR/Module.symvers modules
# What has not changed keeps its time, so that nothing is built anew for it.

. "$(dirname "$0")/common.sh"

to=${1:?usage: headers.sh DIR [BUILD]}
use_kernel
from=${2:-$out/src}

# put FILE DIR
put()
{
	cmp -s "$1" "$2/${1##*/}" || install -D -m 644 -t "$2" "$1" || exit 1
}

[ -e "$from/Module.symvers" ] || die "no modules built in $from"
for file in "$top"/uapi/linux/acall*.h; do
	case $file in
	*/acall_test.h) ;;
	*) put "$file" "$to/include/linux" ;;
	esac
done
put "$top/module/include/acall/provider.h" "$to/include/acall"
put "$from/Module.symvers" "$to"
