# SPDX-License-Identifier: GPL-2.0-only
#
# structures.awk: what acall(4) says of the headers of the ABI, made from them in
# their order: a section for each structure that has a comment of kernel-doc's form,
# and the rest, which is constants, as it stands.
#
#	awk -f text.awk -f structures.awk HEADER.h

function constants()
{
	sub(/\n\n$/, "\n", plain)
	if (plain != "")
		printf ".PP\n.EX\n%s.EE\n", plain
	plain = ""
}

function paragraph()
{
	if (para != "")
		body = body ".PP\n" para
	para = ""
}

# Before and behind what is of interest.
/^#(ifndef|endif|include)/ || /^#define _UAPI/ || /^\/\* SPDX/ {
	blank = 1
	next
}

$0 == "/*" && !begun {
	top = 1
}

top {
	if ($0 == " */")
		top = 0
	begun = 1
	next
}

$0 == "/**" {
	constants()
	state = "name"
	next
}

state == "name" {
	sub(/^ \* /, "")
	name = $0
	sub(/ - .*/, "", name)
	sub(/^[a-z_ ]* - /, "")
	printf ".SS %s\n%s.\n", name, sentence(text($0))
	members = body = para = code = ""
	state = "comment"
	next
}

state == "comment" && $0 == " */" {
	paragraph()
	state = "code"
	next
}

state == "comment" && /^ \* @[a-z_]+: / {
	name = $0
	sub(/^ \* @/, "", name)
	sub(/:.*/, "", name)
	sub(/^ \* @[^:]*: /, "")
	# What is reserved has nothing to be said of it.
	member = name !~ /^__reserved/
	if (member)
		members = members ".TP\n" italic(name) "\n" text($0) "\n"
	next
}

state == "comment" && /^ \*\t/ {
	if (member)
		members = members text(substr($0, 4)) "\n"
	next
}

state == "comment" && $0 == " *" {
	member = 0
	paragraph()
	next
}

state == "comment" {
	if (/^ \* Returns? /)
		paragraph()
	para = para text(substr($0, 4)) "\n"
	next
}

state == "code" {
	code = code verbatim(expand($0)) "\n"
	if ($0 == "};") {
		printf ".PP\n.EX\n%s.EE\n%s%s", code, members, body
		state = ""
	}
	next
}

{
	if ($0 == "" && (plain == "" || blank))
		next
	blank = $0 == ""
	plain = plain verbatim(expand($0)) "\n"
}

END {
	constants()
}
