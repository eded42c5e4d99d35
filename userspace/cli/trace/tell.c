// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Steps in words, one a line, as they come: for people, or as JSON objects. What says
 * nothing that another step has not said is left out for people: that a call which has
 * begun is queued, that a worker has taken what it starts, that memory was freed.
 */
#include "trace.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_LEN	160

static bool is(const struct step *step, const char *event)
{
	char word[WORD_LEN];

	return !strcmp(step_word(step, "event", word, sizeof(word)), event);
}

/* ", 2.1 ms after it was asked for" */
static int append_since(char *buf, size_t size, uint64_t then, uint64_t now,
			const char *what)
{
	char text[TEXT_LEN];

	if (!then || now < then)
		return 0;
	return snprintf(buf, size, ", %s %s", format_duration(text, now - then),
			what);
}

static void say_done(char *buf, size_t size, const struct life *life)
{
	int n = snprintf(buf, size, "%s", life->outcome);

	if (life->status < 0 && !strcmp(life->outcome, "completed"))
		n += snprintf(buf + n, size - (size_t)n, ", %s",
			      strerror((int)-life->status));
	if (life->progress)
		n += snprintf(buf + n, size - (size_t)n, " at %" PRIu64,
			      life->progress);
	if (life->progress && life->total)
		n += snprintf(buf + n, size - (size_t)n, " of %" PRIu64,
			      life->total);
	if (life->committed)
		n += snprintf(buf + n, size - (size_t)n, ", committed");
	if (life->cancel)
		append_since(buf + n, size - (size_t)n, life->cancel,
			     life->done, "after the cancel");
	else
		append_since(buf + n, size - (size_t)n, life->begin,
			     life->done, "after its begin");
}

static void say_cancel(char *buf, size_t size, const struct life *life,
		       const struct step *step)
{
	char flags[64], grace[TEXT_LEN], reason[WORD_LEN];
	uint64_t tgid = step_number(step, "tgid");
	int n;

	n = snprintf(buf, size, "cancel asked by %s",
		     step_word(step, "reason", reason, sizeof(reason)));
	if (tgid)
		n += snprintf(buf + n, size - (size_t)n, " (pid %" PRIu64 ")",
			      tgid);
	step_word(step, "flags", flags, sizeof(flags));
	if (strstr(flags, "abandon"))
		snprintf(buf + n, size - (size_t)n, ", who leaves at once");
	else if (life->grace_ns == UINT64_MAX)
		snprintf(buf + n, size - (size_t)n, ", who waits");
	else if (life->grace_ns)
		snprintf(buf + n, size - (size_t)n, ", grace %s",
			 format_duration(grace, life->grace_ns));
}

static void say_state(char *buf, size_t size, const struct life *life,
		      const struct step *step)
{
	if (is(step, "publish"))
		snprintf(buf, size, "begun");
	else if (is(step, "enter"))
		snprintf(buf, size, "begun, and run by its beginner");
	else if (is(step, "start") && life->caps & ACALL_CAP_CUSTOM)
		snprintf(buf, size, "started; parked, it holds no thread");
	else if (is(step, "start"))
		append_since(buf + snprintf(buf, size, "running"), size - 7,
			     life->begin, step->at, "after its begin");
	else if (is(step, "refuse"))
		snprintf(buf, size, "the provider refuses the cancel");
	else if (is(step, "accept"))
		snprintf(buf, size, "the provider has taken the cancel");
	else if (is(step, "commit"))
		snprintf(buf, size, "committed: past its point of no return");
	else if (is(step, "consume"))
		snprintf(buf, size, "finished");
	else if (is(step, "drop"))
		snprintf(buf, size, "its object is closed");
	else if (life->done == step->at && *life->outcome)
		say_done(buf, size, life);
	else if (life->end == step->at && life_is_left(life))
		append_since(buf + snprintf(buf, size, "ended at last"),
			     size - 13, life->done, step->at,
			     "after it was abandoned");
}

/* "" = nothing that people want to know. */
static void say_step(char *buf, size_t size, const struct life *life,
		     const struct step *step)
{
	*buf = '\0';
	if (!strcmp(step->event, "state"))
		say_state(buf, size, life, step);
	else if (!strcmp(step->event, "cancel"))
		say_cancel(buf, size, life, step);
	else if (!strcmp(step->event, "signal"))
		snprintf(buf, size, "its worker is signalled");
	else if (!strcmp(step->event, "seen") && life->seen == step->at)
		append_since(buf + snprintf(buf, size, "cancel seen"),
			     size - 11, life->cancel, step->at,
			     "after it was asked for");
}

void tell_head(void)
{
	printf("%12s %10s %-18s %-22s %s\n", "SECONDS", "CALL", "METHOD",
	       "IN", "WHAT");
}

void tell_line(const struct lives *all, const struct life *life,
	       const struct step *step)
{
	char words[WORDS_LEN], who[COMM_LEN + TEXT_LEN];
	uint64_t at = step->at - all->first;

	say_step(words, sizeof(words), life, step);
	if (!*words)
		return;
	snprintf(who, sizeof(who), "%s[%" PRIu32 "]", step->comm, step->pid);
	printf("%5" PRIu64 ".%06" PRIu64 " %10" PRIu64 " %-18s %-22s %s\n",
	       at / NSEC_PER_SEC, at % NSEC_PER_SEC / 1000, life->id,
	       life->method, who, words);
}

void tell_json(const struct lives *all, const struct life *life,
	       const struct step *step)
{
	bool state = !strcmp(step->event, "state");
	char word[WORD_LEN];
	struct json j;

	(void)all;
	json_open(&j);
	json_number(&j, "time_ns", step->at);
	json_number(&j, "call_id", life->id);
	json_string(&j, "method", life->method);
	json_number(&j, "client_pid", life->tgid);
	json_string(&j, "task", step->comm);
	json_number(&j, "task_pid", step->pid);
	json_string(&j, "step", state ? step_word(step, "event", word,
						  sizeof(word)) : step->event);
	if (state) {
		json_string(&j, "state", step_word(step, "now", word,
						   sizeof(word)));
		json_signed(&j, "status", strtoll(step_word(step, "status",
							    word,
							    sizeof(word)),
						  NULL, 10));
		json_number(&j, "progress", step_number(step, "progress"));
		json_number(&j, "total", step_number(step, "total"));
	}
	if (state || !strcmp(step->event, "cancel"))
		json_string(&j, "reason", step_word(step, "reason", word,
						    sizeof(word)));
	json_close(&j);
}
