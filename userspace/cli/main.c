// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The acall command: the table of verbs, and the help about all of them.
 *
 * Owns nothing that runs. A verb gets the arguments from its own name on, parses
 * its options through options.c, and returns an exit code. The only state is
 * the name of the verb, which messages and JSON objects begin with.
 */
#include "cli.h"
#include <locale.h>
#include <string.h>

const char *verb_name = "";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} verbs[] = {
	{ "methods", verb_methods,
	  "list interfaces, methods, and what can be cancelled" },
	{ "copy", verb_copy, "copy files" },
	{ "hash", verb_hash, "print digests as sha256sum does" },
	{ "sync", verb_sync, "write files or file systems back" },
	{ "statfs", verb_statfs, "show free space; a df that cannot hang" },
	{ "allocate", verb_allocate, "allocate, zero or punch a range" },
	{ "trim", verb_trim, "tell the device what is free; an fstrim that stops" },
	{ "discard", verb_discard, "discard, erase or zero a block device" },
	{ "dedupe", verb_dedupe, "let two files share what is the same" },
	{ "advise", verb_advise, "drop a file from the page cache, or read it" },
	{ "call", verb_call, "call any method of any interface" },
	{ "ps", verb_ps, "list the calls that there are, yours or everybody's" },
	{ "top", verb_top, "watch them" },
	{ "wait", verb_wait, "wait for calls by their number" },
	{ "cancel", verb_cancel, "cancel calls by their number" },
	{ "trace", verb_trace, "tell or draw what becomes of calls" },
	{ "doctor", verb_doctor, "say what is wrong, or what holds a mount that hangs" },
	{ "with", verb_with, "run a program whose long file system calls stop" },
};

#define NR_VERBS (sizeof(verbs) / sizeof(*verbs))

static int overview(void)
{
	size_t i;

	puts("Usage: acall VERB [OPTION]... [ARGUMENT]... | VERB --help | --version\n"
	     "Work done inside the kernel that can be watched and cancelled.");
	for (i = 0; i < NR_VERBS; i++)
		printf("  %-9s %s\n", verbs[i].name, verbs[i].summary);
	puts("Ctrl-C cancels, waits until the method has stopped and says what was done; a\n"
	     "second Ctrl-C leaves it behind. SIGUSR1 prints the progress once.\n"
	     "Exit: 0 ok, 1 failed, 2 usage, 3 module missing, 4 may still be running,\n"
	     "      124 --timeout, 130 Ctrl-C (124 and 130: it has stopped for certain)");
	return flush_output();
}

static int version(void)
{
	printf("acall %s (ABI %u)\n", CLI_VERSION,
	       (unsigned int)ACALL_ABI);
	return flush_output();
}

/* Before any option is parsed, so that every error can be an object. */
static bool wants_json(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--json"))
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	char help_option[] = "--help";
	const char *name = argc > 1 ? argv[1] : NULL;
	size_t i;
	int code;

	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	options.json = wants_json(argc, argv);
	if (!name)
		usage_error("a verb is missing");
	if (!strcmp(name, "--help"))
		return overview();
	if (!strcmp(name, "--version"))
		return version();
	if (!strcmp(name, "help")) {
		if (argc == 2)
			return overview();
		/* acall help VERB = acall VERB --help */
		name = argv[2];
		argv[2] = help_option;
	}
	for (i = 0; i < NR_VERBS; i++) {
		if (!strcmp(name, verbs[i].name)) {
			verb_name = verbs[i].name;
			signals_init();
			code = verbs[i].run(argc - 1, argv + 1);
			close_files(code);
			return code;
		}
	}
	if (*name == '-')
		usage_error("options such as %s come behind the verb",
			    shell_word(name));
	usage_error("there is no verb %s", shell_word(name));
}
