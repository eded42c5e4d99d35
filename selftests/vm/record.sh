#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# record.sh: what `make demo` looks like in a terminal, as a picture that moves, into
# Documentation/demo.svg. Where nothing happens for a second it does not wait longer.

. "$(dirname "$0")/common.sh"

"$vm/setup.sh" record >&2 || exit
use_kernel
picture=$out/demo.svg
# Once for what has to be built and fetched first, which nobody wants to look at.
"$vm/launch.sh" demo || exit
# Only in a terminal does it record any.
script -qec "termtosvg record '$out/demo.cast' -g 92x26 -c '$vm/launch.sh demo'" \
	/dev/null </dev/null >/dev/null &&
	termtosvg render "$out/demo.cast" "$picture" -m 50 -M 1000 -D 5000 -t gjm8 ||
	exit
# The licence of what is kept.
sed '1a <!-- SPDX-License-Identifier: GPL-2.0-only -->' "$picture" \
	>"$top/Documentation/demo.svg"
say "drawn: Documentation/demo.svg"
