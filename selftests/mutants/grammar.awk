# SPDX-License-Identifier: GPL-2.0-only
# All that the grammar makes of the files that are given, as lines of fields with
# tabs between them:
#	RULE FILE FUNCTION NUMBER LINE COUNT OLD NEW
# NUMBER counts those of a rule in a function, LINE and COUNT say what goes, NEW
# what comes in its place. The rules:
#	put	a reference is not given back
#	leak	memory is not given back
#	wake	nobody is woken
#	swap	two writes, one of which others can see, change places
#	cancel	the flag, or the signal, is not looked at
#	size	what is copied is one byte shorter
#	unlock	a lock is kept
#	bound	off by one in a comparison
#	invert	a check does the contrary
#	error	an error is none

function plain(line) {
	gsub(/[ \t]+/, " ", line)
	gsub(/^ | $/, "", line)
	return line
}

function emit(rule, count, old, new) {
	print rule, FILENAME, name, ++number[rule, name], FNR - count + 1, \
		count, plain(old), new
}

# The first match of @what in the line becomes @with.
function change(rule, what, with, new) {
	new = $0
	if (sub(what, with, new) && new != $0)
		emit(rule, 1, $0, plain(new))
}

# What others can see when it is written.
function seen(line) {
	return line ~ /smp_store_release|WRITE_ONCE|atomic_(set|inc|dec|long_)/ || \
		line ~ /(list_(add|del)[a-z_]*|rcu_assign_pointer|xa_[a-z_]*)\(/
}

function write(line) {
	return line ~ /^\t+[a-z][^=(]* = [^=].*;$/ || \
		(seen(line) && line ~ /^\t+[a-zA-Z_]+\(.*\);$/)
}

BEGIN { OFS = "\t" }
FNR == 1 { name = last = "" }

# A function begins at the margin, and its name is before the parenthesis.
/^[a-z].*[a-z0-9_]\(/ && !/;$/ && !/=/ {
	head = $0
	sub(/\(.*/, "", head)
	n = split(head, word, /[ \t*]+/)
	name = word[n]
	last = ""
	next
}
/^}/ { name = "" }
!name || /^[ \t]*(\/?\*|\/\/|#)/ { last = ""; next }

# Whole statements in one line.
/^\t+[a-z][a-z0-9_]*\(.*\);$/ {
	statement = $0
	sub(/^\t+/, "", statement)
	sub(/\(.*/, "", statement)
	if (statement ~ /_put$|^put_|^fput$/)
		emit("put", 1, $0, ";")
	if (statement ~ /free/)
		emit("leak", 1, $0, ";")
	if (statement ~ /^(wake_up|complete$|complete_all|up$|eventfd_signal)|_wake/)
		emit("wake", 1, $0, ";")
	if (statement ~ /unlock/)
		emit("unlock", 1, $0, ";")
}

/(copy_(to|from|struct_from)|clear)_user\(/ && match($0, /, [a-z_>.-]+\)/) {
	emit("size", 1, $0, plain(substr($0, 1, RSTART + RLENGTH - 2) " - 1" \
		substr($0, RSTART + RLENGTH - 1)))
}

/^\t+(if|else if|while|return) ?/ {
	change("cancel", "(fatal_)?signal_pending\\(current\\)", "0")
	change("cancel", "acall_cancelled\\([a-z>-]*\\)", "0")
	change("cancel", "acall_word_reason\\([a-z]*\\)", "0")
}

/^\t+(if|else if|while|for|return) ?/ {
	change("bound", " < ", " <= ")
	change("bound", " > ", " >= ")
	change("bound", " <= ", " < ")
	change("bound", " >= ", " > ")
}

/^\t+(if|else if|} else if) \(.*\)( \{)?$/ {
	text = $0
	tail = text ~ /\{$/ ? " {" : ""
	sub(/ \{$/, "", text)
	open = index(text, "if (")
	emit("invert", 1, $0, plain(substr(text, 1, open - 1) "if (!" \
		substr(text, open + 3) ")" tail))
}

/^\t+return -E[A-Z0-9]+;$/ { change("error", "-E[A-Z0-9]+", "0") }

last && write(last) && write($0) && (seen(last) || seen($0)) {
	emit("swap", 2, last " " $0, plain($0) "\\n" plain(last))
}
{ last = $0 }
