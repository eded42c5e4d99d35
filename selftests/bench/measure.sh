# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Sourced by bench.sh and bench_file.sh: a benchmark where instructions are counted and
# where time is, which are two guests, or on this machine if WHERE=host. They set
#	program	the benchmark, which writes JSON on its output and tables as errors
#	kind	its files are build/.../bench/KIND-NAME.json
#	parts	what of this JSON is there if there are numbers
#	gate, wall	its options where instructions are counted, and where time is
# ONLY=instructions or ONLY=wall in the environment: one of the guests.

. "$(dirname "${BASH_SOURCE[0]}")/../vm/common.sh"

case ${ONLY:-} in
''|instructions|wall) ;;
*)	die "ONLY=$ONLY: instructions or wall" ;;
esac
"$vm/setup.sh" bench >&2 || exit
use_kernel
[ "$where" = host ] || [ "$arch" = x86_64 ] ||
	die "no TSC counts instructions on $arch"
[ ! -t 2 ] || say "building for $krel" >&2
logged "$out/build.log" "$vm/build.sh" modules userspace vm bench || exit 1
[ "$where" = host ] || "$vm/fetch.sh" kernel || exit 1
results=$out/bench
status=0
names=()
exec 5>&1

# measure NAME COMMAND [ARGUMENT]...: KIND-NAME.json of the program, in the guest or
# wherever the command has it run. The table comes on its error output.
measure()
{
	local name=$1 command=$2 json=$results/$kind-$1.json rc

	shift 2
	rm -f "$json"
	"$command" run "$results/$program" --json "$@" >"$json.new" 2>&5 5>&-
	rc=$?
	[ $status -ge $rc ] || status=$rc
	# Of nothing jq says that all is well.
	if [ -s "$json.new" ] && jq -e "$parts" "$json.new" >/dev/null 2>&1; then
		mv "$json.new" "$json"
		names+=("$name")
	else
		rm -f "$json.new"
		[ $rc -ne 0 ] || status=2
	fi
}

# measure_all [ARGUMENT]...
measure_all()
{
	if [ "$where" = host ]; then
		measure host "$vm/host.sh" "${wall[@]}" "$@"
		return
	fi
	# As people have it, unlike the tests.
	APPEND="mitigations=auto ${APPEND:-}"
	export APPEND
	[ "${ONLY:-}" = wall ] || GUEST=$program-instructions \
		ICOUNT=1 SMP=1 ACCEL=tcg APPEND="preempt=voluntary $APPEND" \
		measure instructions "$vm/guest.sh" "${gate[@]}" "$@"
	[ "${ONLY:-}" = instructions ] || GUEST=$program-wall \
		SMP=2 PARALLEL=1 measure wall "$vm/guest.sh" "${wall[@]}" "$@"
}
