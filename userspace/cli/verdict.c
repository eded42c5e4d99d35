// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What became of a call: in words, as members of an object, as an exit code.
 *
 * Follows the contract to the letter: with outcome COMPLETED the status is the
 * provider's own word, else it is acall's, and what is said is what the method
 * did: stopped (progress exact), never started, or was left behind (progress a
 * lower bound, may still be working). Who asked is known here only if it was
 * this command. No state.
 */
#include "cli.h"
#include <inttypes.h>
#include <errno.h>
#include <string.h>

int result_exit(const struct job *job, const struct acall_result *r)
{
	if (r->outcome == ACALL_OUTCOME_ABANDONED)
		return EXIT_STILL_RUNNING;
	if (r->outcome == ACALL_OUTCOME_COMPLETED)
		return r->status ? EXIT_FAILED : EXIT_OK;
	if (job->interrupted && r->status == -ECANCELED)
		return EXIT_INTERRUPTED;
	return r->status == -ETIME ? EXIT_DEADLINE : EXIT_FAILED;
}

static const char *reason(const struct job *job, const struct acall_result *r)
{
	if (job->state == JOB_LEFT ||
	    (job->abandoned && r->outcome == ACALL_OUTCOME_ABANDONED))
		return "abandoned";
	if (r->status == -ENODEV)
		return "the provider went away";
	if (r->status == -ETIME)
		return "timed out";
	return job->interrupted ? "cancelled" : "cancelled by somebody else";
}

/* "1.2 GiB of 4.0 GiB copied" or "nothing copied"; empty if nobody counts. */
static void amount(char *text, size_t len, const struct verdict *v,
		   const struct acall_result *r)
{
	bool bound = r->outcome == ACALL_OUTCOME_ABANDONED;
	char done[TEXT_LEN], total[TEXT_LEN];

	text[0] = '\0';
	if (v->unit == ACALL_UNIT_NONE)
		return;
	format_amount(done, r->progress, v->unit);
	format_amount(total, r->total, v->unit);
	if (!r->progress && !bound)
		snprintf(text, len, "nothing %s", v->done);
	else if (r->total)
		snprintf(text, len, "%s%s of %s %s", bound ? "at least " : "",
			 done, total, v->done);
	else
		snprintf(text, len, "%s%s %s", bound ? "at least " : "", done,
			 v->done);
}

/* A continuation makes sense when what is done is exact, and something is. */
static const char *go_on(const struct verdict *v, const struct acall_result *r)
{
	if (!v->go_on || !r->progress ||
	    r->outcome == ACALL_OUTCOME_ABANDONED)
		return NULL;
	return v->go_on;
}

static void say_success(const struct verdict *v, const struct job *job,
			const struct acall_result *r)
{
	char done[TEXT_LEN], took[TEXT_LEN], rate[TEXT_LEN];
	uint64_t ns = r->end_ns - r->begin_ns;

	/* By Ctrl-C, the deadline, or somebody else: it was not in time. */
	if (r->cancel_ns || (job->interrupted && !job->refused))
		say("too late to cancel: %s has completed", v->what);
	if (!job->shown || v->unit == ACALL_UNIT_NONE)
		return;
	format_amount(rate, (uint64_t)((double)r->progress *
				       (double)NSEC_PER_SEC /
				       (double)(ns ? ns : 1)), v->unit);
	say("%s: %s %s in %s, %s/s", v->what,
	    format_amount(done, r->progress, v->unit), v->done,
	    format_duration(took, ns), rate);
}

static void say_failure(const struct verdict *v, const struct job *job,
			const struct acall_result *r)
{
	const char *command = go_on(v, r);
	char buf[256], done[96];

	amount(done, sizeof(done), v, r);
	acall_strerror(job->call, ACALL_OP_RESULT, r->status, buf,
		       sizeof(buf));
	say_error(EXIT_FAILED, "%s: %s%s%s%s%s", v->what, v->why ? v->why : buf,
		  r->progress && *done ? "; " : "", r->progress ? done : "",
		  command ? "; continue with: " : "", command ? command : "");
}

static void say_cancelled(const struct verdict *v, const struct job *job,
			  const struct acall_result *r)
{
	const char *command = go_on(v, r);
	char done[96], took[TEXT_LEN];

	amount(done, sizeof(done), v, r);
	progress_end();
	fprintf(stderr, "%s%s:%s ", colour(YELLOW), reason(job, r),
		colour(PLAIN));
	if (v->which)
		fprintf(stderr, "%s: ", v->which);
	if (r->outcome == ACALL_OUTCOME_NEVER_STARTED) {
		fprintf(stderr, "method never started");
	} else {
		if (*done)
			fprintf(stderr, "%s, ", done);
		if (r->outcome == ACALL_OUTCOME_ABANDONED)
			fprintf(stderr,
				"%scall %" PRIu64 " may still be running%s",
				colour(BOLD), r->call_id, colour(PLAIN));
		else
			fprintf(stderr, "method stopped after %s",
				format_duration(took,
						r->end_ns - r->cancel_ns));
	}
	if (r->flags & ACALL_RESULT_COMMITTED)
		fputs(", past its point of no return: assume that it took effect",
		      stderr);
	if (command)
		fprintf(stderr, "; continue with: %s", command);
	fputc('\n', stderr);
}

void verdict_say(const struct verdict *v, const struct job *job,
		 const struct acall_result *r)
{
	if (options.json)
		return;
	if (r->outcome != ACALL_OUTCOME_COMPLETED)
		say_cancelled(v, job, r);
	else if (r->status)
		say_failure(v, job, r);
	else
		say_success(v, job, r);
}

void verdict_json(struct json *j, const struct job *job, uint32_t unit,
		  const struct acall_result *r)
{
	char buf[256];

	json_signed(j, "exit", result_exit(job, r));
	json_signed(j, "status", r->status);
	if (r->status)
		json_string(j, "error",
			    acall_strerror(job->call, ACALL_OP_RESULT,
					   r->status, buf, sizeof(buf)));
	json_string(j, "outcome", acall_outcome_name(r->outcome));
	if (r->outcome != ACALL_OUTCOME_COMPLETED)
		json_string(j, "reason", reason(job, r));
	json_number(j, "call_id", r->call_id);
	json_bool(j, "committed", r->flags & ACALL_RESULT_COMMITTED);
	if (unit != ACALL_UNIT_NONE) {
		json_string(j, "unit", acall_unit_name(unit));
		json_number(j, "progress", r->progress);
		json_number(j, "total", r->total);
	}
	json_number(j, "elapsed_ns", r->end_ns - r->begin_ns);
	if (r->start_ns)
		json_number(j, "queued_ns", r->start_ns - r->begin_ns);
	if (r->cancel_ns)
		json_number(j, "stop_ns", r->end_ns - r->cancel_ns);
	json_number(j, "cpu_ns", r->cpu_ns);
}

int call_error(const char *what, const acall_t *call, enum acall_op op,
	       int error)
{
	char buf[256];

	acall_strerror(call, op, error, buf, sizeof(buf));
	say_error(EXIT_FAILED, "%s: %s", what, buf);
	return EXIT_FAILED;
}
