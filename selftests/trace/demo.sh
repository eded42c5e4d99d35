#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# demo.sh: draws what a few calls in a guest have become of: build/.../trace/demo.svg.
# SAVE=1: into Documentation, and the trace that it is made of to where check.sh
# looks at it.

. "$(dirname "$0")/../vm/common.sh"

"$vm/setup.sh" check >&2 || exit
use_kernel
say "building for $krel" >&2
logged "$out/build.log" "$vm/build.sh" modules userspace selftests vm || exit 1
"$vm/fetch.sh" kernel || exit 1
mkdir -p "$out/trace"
demo=$out/trace/demo
GUEST=trace BESIDE=$out/selftests/cli_helper \
	"$vm/guest.sh" run "$top/selftests/trace/work.sh" >"$demo.new" || exit
tr -d '\r' <"$demo.new" >"$demo.txt"
rm "$demo.new"
"$out/userspace/acall" trace -i "$demo.txt" -o "$demo.svg" -o "$demo.json" ||
	exit
[ -n "${SAVE:-}" ] || exit 0
cp "$demo.txt" "$top/selftests/trace/kept.txt"
# The licence of what is kept.
sed '1a <!-- SPDX-License-Identifier: GPL-2.0-only -->' "$demo.svg" \
	>"$top/Documentation/trace.svg"
