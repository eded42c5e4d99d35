// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * acall cancel: calls of other processes, by their number.
 *
 * Several are asked first and waited for then, so that their graces run at the
 * same time: the second request is an escalation by the same grace, which
 * shortens nothing and answers like the first [X7]. The race this is about: the
 * client may finish its call between the two, and then nobody knows any more
 * what became of it, only that it has ended. No state.
 */
#include "cli.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
"Usage: acall cancel [OPTION]... ID...\n"
"       acall cancel [OPTION]... -p PID\n"
"Cancel calls, which acall ps lists: your own, and as root everybody's. Waits\n"
"until the method has stopped, or the grace is over and the call is abandoned:\n"
"its client goes on, and the method may still be working.\n"
"\n"
"  -p, --pid=PID  all calls of a process\n"
"  --grace=TIME   how long to wait (30s, 500ms, inf; default: the method's own)\n"
"  --abandon      do not wait, abandon\n"
"  --escalate     shorten the grace of a cancel that was asked for before\n"
"  --nowait       only ask\n"
"  --json         one JSON object per call\n"
"  -q, --quiet    no output for what was cancelled\n"
"\n"
"Exit: 0 all are cancelled, 1 some are not: they had ended, refuse, or are not\n"
"      there (any more), 4 some may still be running\n";

enum { OPT_ABANDON = OPT_VERB, OPT_ESCALATE, OPT_NOWAIT };

struct victim {
	uint64_t call_id;
	int verdict;		/* or -errno */
	uint32_t outcome;
	bool gone;		/* asked, and ended when we came back */
};

struct victims {
	struct victim *victim;
	size_t nr;
};

static void add_victim(struct victims *v, uint64_t call_id)
{
	v->victim = xrealloc(v->victim, (v->nr + 1) * sizeof(*v->victim));
	v->victim[v->nr++] = (struct victim) { .call_id = call_id };
}

/* What is done, or was abandoned, is beyond cancelling. */
static int add_process(int device, struct victims *v, uint64_t pid)
{
	struct calls calls;
	size_t i;
	int code;

	code = calls_read(device, 0, &calls);
	if (code)
		return code;
	for (i = 0; i < calls.nr; i++) {
		const struct acall_list_record *r = &calls.record[i];

		if (r->owner_tgid > 0 && (uint64_t)r->owner_tgid == pid &&
		    r->state != ACALL_STATE_DONE)
			add_victim(v, r->call_id);
	}
	free(calls.record);
	if (v->nr)
		return EXIT_OK;
	say_error(EXIT_FAILED,
		  "process %" PRIu64 " has no call that could be cancelled, or none that is yours",
		  pid);
	return EXIT_FAILED;
}

static void cancel(int device, struct victim *v, unsigned int flags)
{
	v->verdict = acall_cancel_by_id(device, v->call_id, options.grace_ns,
					flags, &v->outcome);
}

static void cancel_all(int device, struct victims *v, unsigned int flags)
{
	bool twice = v->nr > 1 && !(flags & ACALL_CANCEL_ABANDON) &&
		     !(flags & ACALL_CANCEL_NOWAIT);
	size_t i;

	for (i = 0; i < v->nr; i++)
		cancel(device, &v->victim[i],
		       flags | (twice ? ACALL_CANCEL_NOWAIT : 0));
	for (i = 0; twice && i < v->nr; i++) {
		struct victim *one = &v->victim[i];

		if (one->verdict != ACALL_REQUESTED)
			continue;
		cancel(device, one, flags | ACALL_CANCEL_ESCALATE);
		one->gone = one->verdict == -ESRCH;
	}
}

static bool has_stopped(const struct victim *v)
{
	return v->outcome == ACALL_OUTCOME_STOPPED ||
	       v->outcome == ACALL_OUTCOME_NEVER_STARTED;
}

static int exit_of(const struct victim *v)
{
	if (v->gone || v->verdict == ACALL_REQUESTED)
		return EXIT_OK;
	if (v->verdict == ACALL_CANCELLED || v->verdict == ACALL_ALREADY)
		return has_stopped(v) ? EXIT_OK : EXIT_STILL_RUNNING;
	return EXIT_FAILED;
}

static const char *words(const struct victim *v, char *buf, size_t len)
{
	if (v->gone)
		return "asked to stop, and has ended";
	switch (v->verdict) {
	case ACALL_CANCELLED:
		return v->outcome == ACALL_OUTCOME_ABANDONED ?
			"abandoned, may still be running" :
			acall_outcome_name(v->outcome);
	case ACALL_TOO_LATE:
		return "too late, it has completed";
	case ACALL_ALREADY:
		if (has_stopped(v))
			return "was cancelled before, and has stopped";
		if (v->outcome == ACALL_OUTCOME_ABANDONED)
			return "was abandoned before, may still be running";
		return "asked to stop before, may still be running; --escalate shortens its grace";
	case ACALL_REQUESTED:
		return "asked to stop";
	default:
		return acall_strerror(NULL, ACALL_OP_CANCEL_ID, v->verdict,
				      buf, len);
	}
}

static void print_json(const struct victim *v)
{
	char buf[256];
	struct json j;

	json_open(&j);
	json_number(&j, "call_id", v->call_id);
	json_signed(&j, "exit", exit_of(v));
	json_string(&j, "verdict", v->gone ? "requested" :
				   acall_verdict_name(v->verdict));
	if (v->verdict < 0 && !v->gone)
		json_string(&j, "error", words(v, buf, sizeof(buf)));
	else
		json_string(&j, "outcome", acall_outcome_name(v->outcome));
	json_close(&j);
}

static void print(const struct victim *v)
{
	char buf[256];

	if (options.json)
		print_json(v);
	else if (exit_of(v) == EXIT_FAILED)
		say_error(EXIT_FAILED, "%" PRIu64 ": %s", v->call_id,
			  words(v, buf, sizeof(buf)));
	else if (!options.quiet || exit_of(v) != EXIT_OK)
		printf("%" PRIu64 ": %s\n", v->call_id,
		       words(v, buf, sizeof(buf)));
}

static unsigned int parse(int argc, char **argv, uint64_t *pid)
{
	static const struct option longs[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "abandon", no_argument, NULL, OPT_ABANDON },
		{ "escalate", no_argument, NULL, OPT_ESCALATE },
		{ "nowait", no_argument, NULL, OPT_NOWAIT },
		{ 0 }
	};
	unsigned int flags = 0;
	bool abandon = false;
	int c;

	while ((c = next_option(argc, argv, "p:", longs, help)) != -1) {
		if (c == 'p')
			*pid = id_argument("a process", optarg);
		else if (c == OPT_ABANDON)
			abandon = true;
		else if (c == OPT_ESCALATE)
			flags |= ACALL_CANCEL_ESCALATE;
		else
			flags |= ACALL_CANCEL_NOWAIT;
	}
	if (abandon && options.grace_ns != ACALL_GRACE_DEFAULT)
		usage_error("--abandon and --grace exclude each other");
	/* --grace=0 is the same. */
	if (!abandon && !options.leave)
		return flags;
	/* Whatever grace is running, and there is nothing to wait for. */
	return ACALL_CANCEL_ABANDON | ACALL_CANCEL_ESCALATE;
}

int verb_cancel(int argc, char **argv)
{
	struct victims victims = { 0 };
	int device, code = EXIT_OK, i;
	unsigned int flags;
	uint64_t pid = 0;
	size_t n;

	flags = parse(argc, argv, &pid);
	if (pid ? optind < argc : optind == argc)
		usage_error("cancel takes either the numbers of calls or --pid");
	for (i = optind; i < argc; i++)
		add_victim(&victims, id_argument("the number of a call",
						 argv[i]));
	device = acall_open_device();
	if (device < 0)
		return device_error(ACALL_OP_DEVICE, NULL, device);
	if (pid)
		code = add_process(device, &victims, pid);
	cancel_all(device, &victims, flags);
	close(device);
	for (n = 0; n < victims.nr; n++) {
		print(&victims.victim[n]);
		code = exit_worse(code, exit_of(&victims.victim[n]));
	}
	free(victims.victim);
	return exit_worse(code, flush_output());
}
