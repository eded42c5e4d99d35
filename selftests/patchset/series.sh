# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # patchset.sh's
# Sourced by patchset.sh: the patches, one after the other. Until the device is there
# nothing is built, so each leaves a tree that builds.

misc=drivers/misc/acall

# option NAME: Kconfig.NAME goes into the menu of ours.
option()
{
	sed 1d "$here/Kconfig.$1" | before "endif # ACALL" "$tree/$misc/Kconfig"
}

# folder NAME OPTION: a driver of methods in a folder of its own.
folder()
{
	put "$module/$1"/*.[ch] "$misc/$1"
	makefile "acall_$1" "$2" "$module/$1/Kbuild" >"$tree/$misc/$1/Makefile"
	if grep -q ACALL_DEBUG "$module/$1/Kbuild"; then
		printf '\nccflags-$(CONFIG_ACALL_DEBUG) += -DACALL_DEBUG\n' \
			>>"$tree/$misc/$1/Makefile"
	fi
	sed -i "0,/^\$/s//obj-\$(CONFIG_$2) += $1\/\n/" "$tree/$misc/Makefile"
	option "$1"
}

put "$top"/uapi/linux/acall{,_queue}.h include/uapi/linux
awk '!done && /^0x[E-F]/ && substr($1, 3) > "E2" {
	print "0xE2  00-1F  linux/acall.h"; done = 1 } { print }' \
	"$tree/Documentation/userspace-api/ioctl/ioctl-number.rst" >"$to/new"
cat "$to/new" >"$tree/Documentation/userspace-api/ioctl/ioctl-number.rst"
maintain 'include/uapi/linux/acall*.h'
patch "misc: acall: add the ABI" <<'END'
A call object is a file descriptor from /dev/acall that carries one call at a
time: BEGIN, WAIT, FINISH, CANCEL and QUERY are an ioctl each. A call queue has
many of them, and two rings in shared memory.

Structures begin with their size and grow at their end, by the rules of
copy_struct_from_user().
END

put "$module"/state.[ch] "$misc"
maintain "$misc/"
patch "misc: acall: add the states of a call" <<'END'
What may follow what, as one table that calls nobody: given a call's word and an
event it says what the word becomes, and what to tell whoever came with the event.

Completion, cancels, a deadline, the last close and an unregistration race to end
a call. Since all of them ask this table under the call's lock, exactly one does,
and all others are told that it did.
END

put "$module/include/acall/provider.h" include/acall
maintain include/acall/
patch "misc: acall: add the API for drivers" <<'END'
A driver registers a table of methods. A method either is an ordinary function that
runs in a worker, or gets its work going and says from any context when it is
complete. It looks for a cancel, waits in such a way that a cancel ends it, or has
a hook that is asked.
END

put "$module"/{ledger,table,name}*.[ch] "$misc"
for part in user wait debug trace; do
	put "$module/$part"/*.[ch] "$misc/$part"
done
patch "misc: acall: add limits, identities and tables" <<'END'
What calls are counted by and found with: who pays for them and how many he may
have, as whom they run, the numbers of an object's executions, and all calls by
their ids. Further, waits that end at a point of time, tracepoints, and, for debugging,
the monitor of transitions and the places where tests delay or fail a call.
END

put "$module"/{call,memory,cancel,custom,provider,power,object,lane,runner,interface,session,compat}*.[ch] \
	"$misc"
patch "misc: acall: add calls and who runs them" <<'END'
One execution, from its publication to its end, and the runners of an interface,
which take calls from lanes, one for each user, in turn.

A client that leaves cuts the link to its call, once. What the method returns then
is dropped, and its memory, its files and its place in the limits are given back
when it has really ended.
END

put "$module"/queue/*.[ch] "$misc/queue"
patch "misc: acall: add call queues" <<'END'
Calls in bulk: entries of a ring are begun by one system call, and completions
read from another without any. A call of a short method is nothing but its slot.
END

put "$module"/dev/*.[ch] "$misc/dev"
cp "$here/Kconfig.core" "$tree/$misc/Kconfig"
option debug
{
	makefile acall ACALL "$module/Kbuild"
	sed -n '/^acall-y += debug/s/-y/-$(CONFIG_ACALL_DEBUG)/p' "$module/Kbuild"
	printf '\nccflags-y += -I$(src)\n'
	printf 'ccflags-$(CONFIG_ACALL_DEBUG) += -DACALL_DEBUG\n'
} >"$tree/$misc/Makefile"
printf 'obj-$(CONFIG_ACALL)\t\t+= acall/\n' >>"$tree/drivers/misc/Makefile"
printf 'source "drivers/misc/acall/Kconfig"\n' >"$to/line"
tac "$tree/drivers/misc/Kconfig" | awk -v line="$(cat "$to/line")" '
	{ print } !done && /^endmenu/ { print line; done = 1 }' | tac >"$to/new"
cat "$to/new" >"$tree/drivers/misc/Kconfig"
rm "$to/line"
patch "misc: acall: add the device" <<'END'
User memory, files, poll, mmap and fdinfo. From here on it is built.

The device has mode 0666: what a call may do is decided by the credentials of who
has begun it, and how many he may have by limits for each user.
END

put "$top/uapi/linux/acall_file.h" include/uapi/linux
folder file ACALL_FILE
patch "misc: acall: add methods that work on files" <<'END'
Copies, digests, syncs, allocations, discards and advice, each in pieces, so that
they are stopped between two of them, or by a signal on the worker inside of the
kernel's own loops; and statfs and stat, which free their client also if the server
of the file system is dead.

What was stopped says exactly how many bytes have the effect.
END

put "$top/uapi/linux/acall_timer.h" include/uapi/linux
folder timer ACALL_TIMER
patch "misc: acall: add timers" <<'END'
Calls that are completed by a timer's interrupt and hold no thread until then.
END

put "$top/uapi/linux/acall_test.h" include/uapi/linux
folder test ACALL_TEST
patch "misc: acall: add methods for tests" <<'END'
Each does what its test tells it, at a moment that the test decides, so that no
test needs to sleep for something to happen.
END

tests=tools/testing/selftests/acall
put "$top"/selftests/*.h "$tests"
for part in abi client core file hostile provider queue remote stress timer; do
	put "$top/selftests/$part"/*.[ch] "$tests/$part"
done
# It includes the table itself.
rm "$tree/$tests/core/core_matrix.c"
cp "$here/Makefile.tests" "$tree/$tests/Makefile"
awk '!done && /^TARGETS/ { sub(/TARGETS.*/, "TARGETS += acall\n&"); done = 1 } { print }' \
	"$tree/tools/testing/selftests/Makefile" >"$to/new"
cat "$to/new" >"$tree/tools/testing/selftests/Makefile"
maintain "$tests/"
patch "selftests: acall: add tests" <<'END'
By clauses of the contract, as kselftest_harness.h has it. They need the module
acall_test, and root.
END

docs=Documentation/driver-api/acall
put "$top"/Documentation/{provider,architecture,locking}.rst "$docs"
sed -i -e 's/^.. image:: state.svg$/(The diagram is made from the table.)/' \
	-e '/^This page makes one/,/^$/d' -e 's|module/include/acall/|include/acall/|g' \
	-e "s|module/|$misc/|g" "$tree/$docs"/*.rst
cat >"$tree/$docs/index.rst" <<'END'
.. SPDX-License-Identifier: GPL-2.0-only

==============================
Cancellable asynchronous calls
==============================

.. toctree::
   :maxdepth: 1

   provider
   architecture
   locking

.. kernel-doc:: include/acall/provider.h
END
awk -f "$here/rst.awk" "$top/Documentation/contract.md" \
	>"$tree/Documentation/userspace-api/acall.rst"
for file in driver-api userspace-api; do
	name=acall
	[ $file = userspace-api ] || name=acall/index
	awk -v name="   $name" '{ print } !done && /^ *:maxdepth/ { done = 1; want = 1 }
		want && $0 == "" { print name; want = 0 }' \
		"$tree/Documentation/$file/index.rst" >"$to/new"
	cat "$to/new" >"$tree/Documentation/$file/index.rst"
done
maintain Documentation/driver-api/acall/ Documentation/userspace-api/acall.rst
patch "Documentation: acall: the contract, and how it is kept" <<'END'
What a client may rely on, clause by clause; how to write a driver that offers
methods; and for who changes acall itself, how a call goes, what each lock and each
barrier is for.
END

# The cover letter: what format-patch leaves to be written.
cover()
{
	local file=$to/0000-cover-letter.patch

	awk -v text="$here/cover.txt" '
	/\*\*\* SUBJECT HERE \*\*\*/ {
		sub(/\*\*\* SUBJECT HERE \*\*\*/, "misc: cancellable asynchronous calls")
	}
	/\*\*\* BLURB HERE \*\*\*/ {
		while ((getline line <text) > 0)
			print line
		next
	}
	{ print }' "$file" >"$to/new"
	cat "$to/new" >"$file"
}
