#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# report.sh KTAP-FILE: reads what suite.sh prints, keeps it as KTAP, shows one
# line for each test program and what failed or was skipped, and ends with the
# line "N passed, N failed, N skipped". Fails if anything failed, was cut short
# or if the run as a whole did not end well (@@ guest STATUS).

set -u
ktap=${1:?usage: report.sh KTAP-FILE}
at=
live=
[ ! -t 1 ] || live=1

reset()
{
	passed=0 failed=0 skipped=0 programs=0 name='' finished='' verdict=''
	printf 'KTAP version 1\n' >"$ktap"
}

# In microseconds: that of the line, if it was said (@@ at SECONDS), or now.
now()
{
	moment=${at:-$EPOCHREALTIME} at=
	moment=${moment/./}
}

begin()
{
	name=$1 plan=0 points=0 ok=0 bad=0 skip=0 test='' notes=() shown=()
	now
	started=$moment
	printf '  # Subtest: %s\n' "$name" >>"$ktap"
	[ -z "$live" ] || printf '%-28s ' "$name"
}

# Lines that only say that all is well.
noise='^#( *RUN | *OK |[ ]*PASSED:| Starting | Totals:| FAILED:)'

# One line of a test program.
take()
{
	local line=$1 title

	printf '  %s\n' "$line" >>"$ktap"
	case $line in
	'ok '*|'not ok '*)
		points=$((points + 1))
		title=${line#*ok }
		title=${title#*[0-9] }
		title=${title#- }
		[[ $title != '# '* ]] || title="$test $title"
		if [[ $line == 'not ok '* ]]; then
			bad=$((bad + 1))
			shown+=("    FAILED $title" "${notes[@]/#/        }")
		elif [[ $title =~ '# SKIP' ]]; then
			skip=$((skip + 1))
			shown+=("    skipped ${title/ # SKIP/:}")
		else
			ok=$((ok + 1))
		fi
		notes=() ;;
	[0-9]..*|[0-9][0-9]*..*)
		plan=${line#*..}
		[[ $plan != *'# SKIP'* ]] ||
			shown+=("    skipped: ${plan#*# SKIP}")
		plan=${plan%%[^0-9]*} ;;
	# To be seen although it is no fault.
	'# note: '*)
		shown+=("    ${line#\# note: }") ;;
	*'#  RUN '*)
		test=${line#*RUN }
		test=${test%...}
		test=${test// /} ;;
	*)
		[[ $line =~ $noise ]] || notes+=("$line") ;;
	esac
}

# The program as a whole has a fault.
flaw()
{
	bad=$((bad + 1))
	shown+=("    FAILED $name: $1" "${notes[@]/#/        }")
}

end()
{
	local status=$1 took text

	if [ "$status" = lost ]; then
		flaw "did not end, the machine was lost in it"
	elif [ "$status" = timeout ]; then
		flaw "ended after its time-out, at test ${test:-?}"
	elif [ "$status" = 4 ] && [ $points -eq 0 ]; then
		skip=$((skip + 1))
	elif [ $points -eq 0 ]; then
		flaw "no results (exit status $status)"
	elif [ "${plan:-0}" -ne $points ]; then
		flaw "$points results of ${plan:-?} planned (exit status $status)"
	elif [ "$status" -ne 0 ] && [ $bad -eq 0 ] &&
	     ! { [ "$status" = 4 ] && [ $skip -gt 0 ]; }; then
		flaw "exit status $status"
	fi
	programs=$((programs + 1))
	passed=$((passed + ok))
	failed=$((failed + bad))
	skipped=$((skipped + skip))
	if [ $bad -gt 0 ]; then
		printf 'not ok %d %s\n' $programs "$name" >>"$ktap"
	elif [ $ok -eq 0 ] && [ $skip -gt 0 ]; then
		printf 'ok %d %s # SKIP\n' $programs "$name" >>"$ktap"
	else
		printf 'ok %d %s\n' $programs "$name" >>"$ktap"
	fi
	now
	took=$(((moment - started) / 100000))
	text="$ok passed"
	[ $bad -eq 0 ] || text+=", $bad failed"
	[ $skip -eq 0 ] || text+=", $skip skipped"
	[ -n "$live" ] || printf '%-28s ' "$name"
	printf '%s (%d.%d s)\n' "$text" $((took / 10)) $((took % 10))
	[ ${#shown[@]} -eq 0 ] || printf '%s\n' "${shown[@]}"
	name=
}

reset
while IFS= read -r line || [ -n "$line" ]; do
	line=${line%$'\r'}
	case $line in
	'@@ again')	[ -z "$live" ] || echo; reset ;;
	'@@ begin '*)	begin "${line#@@ begin }" ;;
	'@@ end '*)	line=${line#@@ end }; end "${line##* }" ;;
	'@@ at '*)	at=${line#@@ at } ;;
	'@@ done')	finished=1 ;;
	'@@ guest '*)	verdict=${line#@@ guest } ;;
	*)		[ -z "$name" ] || take "$line" ;;
	esac
done

if [ -n "$name" ]; then
	end lost
elif [ -z "$finished" ] || [ "$verdict" != 0 ]; then
	echo "the run did not end well"
	failed=$((failed + 1))
fi
sed -i "1a 1..$programs" "$ktap"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
