// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Lives of calls, out of steps. What the kernel says happened is taken as it comes;
 * nothing is made up: a time that no step has told stays 0.
 *
 * A call that was begun before the trace is known from its first step on, but not
 * if only some processes' calls are wanted, since nobody knows whose it is. A BEGIN
 * that lost a race has begun and is released, and was never more.
 */
#include "trace.h"
#include <stdlib.h>
#include <string.h>

#define BUCKETS		4096

void lives_init(struct lives *all)
{
	memset(all, 0, sizeof(*all));
	all->bucket = xmalloc(BUCKETS * sizeof(*all->bucket));
	memset(all->bucket, 0, BUCKETS * sizeof(*all->bucket));
}

static struct life **find(struct lives *all, uint64_t id)
{
	struct life **at = &all->bucket[id % BUCKETS];

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static struct life *add(struct lives *all, const struct step *step,
			uint64_t id)
{
	struct life **at = find(all, id), *life = *at;

	if (!life) {
		life = xmalloc(sizeof(*life));
		*at = life;
		if (all->keep && all->nr == all->room) {
			all->room = all->room ? 2 * all->room : 256;
			all->life = xrealloc(all->life, all->room *
					     sizeof(*all->life));
		}
		if (all->keep)
			all->life[all->nr] = life;
		all->nr++;
	}
	memset(life, 0, sizeof(*life));
	life->id = id;
	life->begin = step->at;
	return life;
}

/* As if it had never been. */
static void forget(struct lives *all, uint64_t id)
{
	struct life **at = find(all, id), *life = *at;
	size_t i;

	*at = life->next;
	/* It is one of the last, nearly always. */
	for (i = all->nr; all->keep && i; i--) {
		if (all->life[i - 1] != life)
			continue;
		memmove(&all->life[i - 1], &all->life[i],
			(all->nr - i) * sizeof(*all->life));
		break;
	}
	all->nr--;
	free(life);
}

void lives_follow(struct lives *all, uint32_t task)
{
	if (!(all->nr_tasks & (all->nr_tasks - 1)))
		all->task = xrealloc(all->task, 2 * (all->nr_tasks + 1) *
				     sizeof(*all->task));
	all->task[all->nr_tasks++] = task;
}

static bool follows(const struct lives *all, uint64_t task)
{
	size_t i;

	for (i = all->nr_tasks; i; i--) {
		if (all->task[i - 1] == task)
			return true;
	}
	return false;
}

static bool is_wanted(const struct lives *all, const struct step *step)
{
	if (all->tgid && step_number(step, "tgid") != all->tgid)
		return false;
	return !all->nr_tasks || follows(all, step->pid);
}

static struct life *begin(struct lives *all, const struct step *step,
			  uint64_t id)
{
	char interface[ACALL_NAME_LEN], name[ACALL_NAME_LEN];
	struct life *life;

	if (!is_wanted(all, step))
		return NULL;
	life = add(all, step, id);
	all->begun++;
	snprintf(life->method, sizeof(life->method), "%s.%s",
		 step_word(step, "interface", interface, sizeof(interface)),
		 step_word(step, "name", name, sizeof(name)));
	snprintf(life->client, sizeof(life->client), "%s", step->comm);
	life->tgid = (uint32_t)step_number(step, "tgid");
	life->uid = (uint32_t)step_number(step, "uid");
	life->caps = (uint32_t)step_number(step, "caps");
	life->handle = step_number(step, "handle");
	return life;
}

static struct life *begun_before(struct lives *all, const struct step *step,
				 uint64_t id)
{
	struct life *life;

	/* Whose it is nobody knows; and what is gone is of no interest. */
	if (all->tgid || all->nr_tasks || !strcmp(step->event, "release"))
		return NULL;
	life = add(all, step, id);
	life->partial = true;
	strcpy(life->method, "?");
	strcpy(life->client, "?");
	return life;
}

static void work(struct life *life, const struct step *step)
{
	life->worker_pid = step->pid;
	snprintf(life->worker, sizeof(life->worker), "%s", step->comm);
}

static bool is_outcome(const char *state)
{
	static const char * const outcomes[] = {
		"completed", "stopped", "never_started", "abandoned",
	};
	size_t i;

	for (i = 0; i < sizeof(outcomes) / sizeof(*outcomes); i++) {
		if (!strcmp(state, outcomes[i]))
			return true;
	}
	return false;
}

static bool is_request(const char *event)
{
	return !strcmp(event, "cancel") || !strcmp(event, "ask") ||
	       !strcmp(event, "force") || !strcmp(event, "abandon");
}

static void change(struct life *life, const struct step *step)
{
	char event[WORD_LEN], to[WORD_LEN], flags[128];

	step_word(step, "event", event, sizeof(event));
	step_word(step, "now", to, sizeof(to));
	step_word(step, "flags", flags, sizeof(flags));
	if (!strcmp(event, "start") || !strcmp(event, "enter"))
		life->start = step->at;
	life->here |= !strcmp(event, "enter");
	if (is_request(event) && !life->cancel) {
		life->cancel = life->ask ? life->ask : step->at;
		step_word(step, "reason", life->reason, sizeof(life->reason));
	}
	if (!strcmp(event, "refuse")) {
		life->cancel = 0;
		life->seen = 0;
	}
	if (!strcmp(event, "commit"))
		life->commit = step->at;
	if (strstr(flags, "committed"))
		life->committed = true;
	if (is_outcome(to) && !life->done) {
		life->done = step->at;
		snprintf(life->outcome, sizeof(life->outcome), "%s", to);
		if (!strcmp(to, "never_started"))
			life->outcome[5] = ' ';
		life->status = (int)strtoll(step_word(step, "status", to,
						      sizeof(to)), NULL, 10);
		life->progress = step_number(step, "progress");
		life->total = step_number(step, "total");
	}
	if (strstr(flags, "ended") && !life->end)
		life->end = step->at;
	if (strstr(flags, "consumed") && !life->finish) {
		life->finish = step->at;
		life->dropped = !strcmp(event, "drop");
	}
}

static void apply(struct life *life, const struct step *step)
{
	if (!strcmp(step->event, "state")) {
		change(life, step);
	} else if (!strcmp(step->event, "take")) {
		life->take = step->at;
		work(life, step);
	} else if (!strcmp(step->event, "cancel")) {
		life->ask = step->at;
		life->grace_ns = step_number(step, "grace_ns");
		if (!life->cancel)
			life->cancel_tgid = (uint32_t)step_number(step, "tgid");
	} else if (!strcmp(step->event, "signal")) {
		life->signal = step->at;
	} else if (!strcmp(step->event, "seen") && !life->seen) {
		life->seen = step->at;
	}
}

void lives_take(struct lives *all, const struct step *step, tell_fn *tell)
{
	uint64_t id = step_number(step, "id");
	struct life *life;
	bool released;

	if (!strcmp(step->event, "sched_process_fork")) {
		if (all->nr_tasks && follows(all, step_number(step, "pid")))
			lives_follow(all, (uint32_t)step_number(step, "child_pid"));
		return;
	}
	if (!strcmp(step->event, "begin"))
		life = begin(all, step, id);
	else
		life = *find(all, id) ? *find(all, id) :
		       begun_before(all, step, id);
	if (!life)
		return;
	if (!all->first)
		all->first = step->at;
	if (all->last < step->at)
		all->last = step->at;
	apply(life, step);
	if (tell)
		tell(all, life, step);
	released = !strcmp(step->event, "release");
	/* Nobody has ever seen it. */
	if (released && !life->partial && !life->end) {
		all->begun--;
		forget(all, id);
	} else if (!all->keep && life->end && life->finish &&
		   (released || life_is_short(life))) {
		forget(all, id);
	}
}

size_t lives_running(const struct lives *all)
{
	const struct life *life;
	size_t i, n = 0;

	for (i = 0; i < BUCKETS; i++) {
		for (life = all->bucket[i]; life; life = life->next)
			n += !life->partial && !(life->end && life->finish);
	}
	return n;
}

bool life_is_short(const struct life *life)
{
	return life->caps & ACALL_CAP_SHORT && life->handle &&
	       !(life->caps & ACALL_CAP_CUSTOM);
}

bool life_is_left(const struct life *life)
{
	return life->done && (!life->end || life->end > life->done) &&
	       !strcmp(life->outcome, "abandoned");
}
