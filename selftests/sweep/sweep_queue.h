/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths of call queues: a queue in the state that an act finds, and what must be so
 * of it afterwards, whatever the act came to.
 *
 * A queue is open as long as it is mapped, so every path with one ends with
 * end_queue().
 */
#ifndef _SELFTESTS_SWEEP_QUEUE_H
#define _SELFTESTS_SWEEP_QUEUE_H

#include "sweep_call.h"

#include "queue/queue_util.h"

#define MANY		20
#define SWEEP_SLOTS	64

/* An entry that is begun, and what becomes of it. */
struct entry {
	struct acall_submission s;
	__s32 status;
	__u32 outcome;
	__u32 out_len;
	__u32 files;
	bool may_lack;		/* its provider may lack memory in our task */
	__s32 error;
	__u64 handle;
};

/* One run, besides its struct sweep. */
static struct {
	struct queue q;
	struct queue holder;	/* of who holds up short ones, if mapped */
	struct entry entries[MANY];
	__u32 nr;
	struct acall_enter e;
	__u32 taken;		/* of them, by the last ENTER */
	__u32 others;		/* calls that are none of them */
	__u64 handle;		/* the one that the act is about */
	__u32 cancelled;	/* of the entries, before the last act */
} run;

/* What the caller is charged with: all that there is, for he is new. */
static inline int charged(int dev, __u32 *calls, __u64 *bytes)
{
	struct acall_info info = { .size = sizeof(info) };
	int ret = sys_ioctl(dev, ACALL_IOC_INFO, &info);

	*calls = info.charged_calls;
	*bytes = info.charged_bytes;
	return ret;
}

static inline int setup_queue_of(struct sweep *s, const struct path *path,
				 const char *interface, __u32 flags)
{
	memset(&run, 0, sizeof(run));
	/* No page of them is for a copy to allocate. */
	memset(sweep_bytes, 1, sizeof(sweep_bytes));
	CHECK(!queue_open_flags(&run.q, s->dev, interface, flags, SWEEP_SLOTS,
				0));
	s->obj = run.q.fd;
	method_input(s, path);
	/* So that to open its gate takes no memory. */
	return wait_starts(s->ctl, s->id, 0);
}

static inline int setup_queue(struct sweep *s, const struct path *path)
{
	return setup_queue_of(s, path, path->interface ?: ACALL_TEST_INTERFACE,
			      0);
}

/* The entry that the path speaks of. */
static inline struct entry entry_of(const struct sweep *s,
				    const struct path *path)
{
	struct entry e = { .outcome = ACALL_OUTCOME_COMPLETED };

	e.s = sub_flags(s->begin.method, path->terms,
			(void *)(uintptr_t)s->begin.in, s->begin.in_len);
	e.out_len = path->len;
	e.files = path->files;
	e.may_lack = s->begin.in_len == sizeof(s->in.custom) &&
		     path->value & ACALL_TEST_START_COMPLETES;
	return e;
}

static inline void add_entry(const struct entry *entry)
{
	struct entry *e = &run.entries[run.nr];

	*e = *entry;
	e->s.user_data = run.nr++;
}

/*
 * Fills the ring with all entries and ENTERs. Those that were not taken are
 * withdrawn, so that it can be done again.
 */
static inline int enter_entries(int fd, __u32 flags, bool waits)
{
	__u32 first = run.q.tail, mask = run.q.made.entries - 1, i;
	int ret;

	for (i = 0; i < run.nr; i++)
		if (!queue_put(&run.q, &run.entries[i].s))
			return -EPROTO;
	run.e = (struct acall_enter) {
		.flags = flags, .begin = run.nr, .wait = waits ? run.nr : 0,
		.until = waits ? FOREVER : 0,
		.taken = 99, .begun = 99, .error = 99,
	};
	ret = sys_enter_struct(fd, &run.e);
	run.taken = queue_taken(&run.q) - first;
	for (i = 0; i < run.taken; i++) {
		const struct acall_submission *s;

		s = &run.q.submissions[(first + i) & mask];
		run.entries[i].error = s->error;
		run.entries[i].handle = s->handle;
	}
	run.q.tail = first + run.taken;
	queue_set_tail(&run.q, run.q.tail);
	return ret;
}

/* A number that fdinfo has of the queue, or -1. */
static inline int fdinfo_of(int fd, const char *name)
{
	char file[64], text[2048], *at;
	int info, n;

	snprintf(file, sizeof(file), "/proc/self/fdinfo/%d", fd);
	info = open(file, O_RDONLY | O_CLOEXEC);
	n = read(info, text, sizeof(text) - 1);
	close(info);
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, name);
	return at ? atoi(at + strlen(name)) : -1;
}

/* Only the calls that were there before are there, and use a slot. */
static inline int check_no_more(struct sweep *s)
{
	struct acall_query q;
	__u64 bytes;
	__u32 calls;

	CHECK(!queue_unread(&run.q));
	CHECK(!wait_counter("executions", run.others));
	CHECK(!wait_counter("calls", run.others));
	CHECK(list_count(s->dev, 0) == (int)run.others);
	CHECK(!charged(s->dev, &calls, &bytes));
	CHECK(calls <= run.others);
	CHECK(!sys_query(run.q.fd, 0, &q));
	CHECK(!q.orphans && q.executions <= run.others);
	CHECK(fdinfo_of(run.q.fd, "acall-free:") ==
	      SWEEP_SLOTS - (int)run.others);
	CHECK(fdinfo_of(run.q.fd, "acall-pending:") == (int)run.others);
	return 0;
}

/* @c is what is to become of an entry, and FINISH gives what there is. */
static inline int take_entry(struct sweep *s, const struct acall_completion *c)
{
	static char out[ACALL_MAX_BYTES];
	struct acall_finish f = {
		.call_id = c->handle, .out = PTR(out), .out_len = sizeof(out),
		.files = PTR(s->got), .nr_files = ACALL_MAX_FILES,
	};
	struct entry *e;
	__u32 i;

	CHECK(c->user_data < run.taken);
	e = &run.entries[c->user_data];
	CHECK(c->handle && c->handle == e->handle && c->call_id);
	/* Told of once. */
	e->handle = 0;
	CHECK(c->outcome == e->outcome);
	if (e->may_lack && c->status == -ENOMEM) {
		CHECK(!c->out_len && !c->nr_files && !(c->result & MORE));
		return 0;
	}
	CHECK(c->status == e->status);
	CHECK(c->out_len == e->out_len && c->nr_files == e->files);
	CHECK(!(c->result & MORE) == !(e->out_len || e->files));
	if (!(c->result & MORE))
		return 0;
	CHECK(!sys_finish_struct(run.q.fd, &f));
	CHECK(f.out_len == e->out_len && f.nr_files == e->files);
	for (i = 0; i < f.nr_files; i++)
		close(s->got[i]);
	return 0;
}

/* Ends and takes whatever was begun of the entries: each is there, and once. */
static inline int end_entries(struct sweep *s, __u32 begun)
{
	struct acall_completion c;
	__u32 i;

	CHECK(!open_gate(s->ctl, s->id));
	CHECK(!begun || !queue_wait(&run.q, begun));
	CHECK(queue_unread(&run.q) == begun);
	for (i = 0; i < begun; i++) {
		CHECK(!queue_read(&run.q, &c));
		CHECK(!take_entry(s, &c));
	}
	CHECK(!queue_tell(&run.q));
	if (!run.others)
		CHECK(queue_wait(&run.q, 1) == -ESRCH);
	return check_no_more(s);
}

/* A short call and another one, from the entry to what FINISH gives. */
static inline int check_works(struct sweep *s)
{
	static const __u32 methods[] = { ACALL_TEST_SHORT, ACALL_TEST_NOP };
	struct entry e = { .outcome = ACALL_OUTCOME_COMPLETED };
	unsigned int i;

	run.nr = 0;
	for (i = 0; i < ARRAY_SIZE(methods); i++) {
		e.s = sub(methods[i], NULL, 0);
		add_entry(&e);
	}
	CHECK(!enter_entries(run.q.fd, 0, false));
	CHECK(run.e.begun == run.nr && !run.e.error);
	return end_entries(s, run.nr);
}

/* Takes all that is left, and what it has. */
static inline int drain(struct sweep *s)
{
	struct acall_completion c;
	struct acall_finish f;
	int ret;
	__u32 i;

	while (!(ret = queue_wait(&run.q, 1))) {
		CHECK(!queue_read(&run.q, &c));
		if (!(c.result & MORE))
			continue;
		f = (struct acall_finish) {
			.call_id = c.handle,
			.out = PTR(sweep_bytes), .out_len = sizeof(sweep_bytes),
			.files = PTR(s->got), .nr_files = ACALL_MAX_FILES,
		};
		CHECK(!sys_finish_struct(run.q.fd, &f));
		for (i = 0; i < f.nr_files; i++)
			close(s->got[i]);
	}
	CHECK(ret == -ESRCH);
	return queue_tell(&run.q);
}

/*
 * How all paths end, with no failures any more, and all gates open: what is pending
 * comes, and the next calls work. Only the mapping keeps the queue then.
 */
static inline int end_queue(struct sweep *s, const struct path *path)
{
	(void)path;
	if (run.holder.map)
		CHECK(!queue_close(&run.holder));
	if (s->obj >= 0 && run.q.map) {
		CHECK(!drain(s));
		while (s->nr_fds)
			close(s->fds[--s->nr_fds]);
		run.others = 0;
		CHECK(!check_works(s));
	}
	return run.q.map ? queue_unmap(&run.q) : 0;
}

#endif /* _SELFTESTS_SWEEP_QUEUE_H */
