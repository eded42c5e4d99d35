/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the methods of the test provider share: how they begin and end, what
 * they count, and what the table in methods.c takes from the other files.
 */
#ifndef _ACALL_TEST_METHODS_H
#define _ACALL_TEST_METHODS_H

#include <linux/sched/signal.h>

#include <acall/provider.h>

#include "meeting.h"

/* How many have done it, over all ids and since the module was loaded. */
struct totals {
	atomic64_t running;
	atomic64_t entered;
	atomic64_t dirty;
	atomic64_t released;
	atomic64_t prepared;
	atomic64_t blind;
	atomic64_t hooks_most;
	atomic64_t hook_early;
	atomic64_t hook_again;
	atomic64_t release_early;
	atomic64_t close_early;
	atomic64_t files;
	atomic64_t opens;
	atomic64_t closes;
};

extern struct totals totals;

struct session;

/* The beginning of every method's private memory. */
struct private {
	struct meeting *meeting;
};

static inline struct meeting *meeting_of(struct acall_call *call)
{
	struct private *p = acall_private(call);

	return p->meeting;
}

/* An inline method's signals are its caller's own. */
static inline void enter(struct acall_call *call, struct meeting *m)
{
	atomic64_inc(&totals.entered);
	atomic64_inc(&totals.running);
	if (current->flags & PF_WQ_WORKER && signal_pending(current))
		atomic64_inc(&totals.dirty);
	if (m)
		meeting_count(m, &m->starts);
}

static inline int leave(struct acall_call *call, struct meeting *m, int ret)
{
	atomic64_dec(&totals.running);
	if (m)
		meeting_count(m, &m->ends);
	return ret;
}

static inline void seen(struct meeting *m)
{
	if (m)
		meeting_count(m, &m->seen);
}

static inline void wait_gate(struct meeting *m)
{
	wait_event_idle(m->wait, READ_ONCE(m->open));
}

static inline int accept(struct acall_call *call)
{
	atomic64_inc(&totals.prepared);
	return 0;
}

/* Meets at @id, if it is not 0. */
static inline int accept_at(struct acall_call *call, u64 id)
{
	struct private *p = acall_private(call);
	struct meeting *m;

	if (id) {
		m = meeting_get(id);
		if (IS_ERR(m))
			return PTR_ERR(m);
		p->meeting = m;
	}
	return accept(call);
}

static inline void release(struct acall_call *call)
{
	atomic64_inc(&totals.released);
}

static inline void release_at(struct acall_call *call)
{
	struct meeting *m = meeting_of(call);

	if (m)
		meeting_put(m);
	release(call);
}

static inline bool is_result(s64 value)
{
	return value <= 0 && value >= -MAX_ERRNO;
}

/* The private memory of methods with a struct acall_test_custom. */
struct custom {
	struct private base;
	struct session *session;
	atomic_t hooks;		/* inside */
	atomic_t asks;
	bool entered;
	bool inside;		/* .start or .run */
	bool accepted;
	bool nudged;
};

/* custom.c */
int custom_prepare(struct acall_call *call);
void custom_start(struct acall_call *call);
int custom_cancel(struct acall_call *call);
int custom_cancel_sleepable(struct acall_call *call);
int nudge_run(struct acall_call *call);
int nudge_cancel(struct acall_call *call);
int nudge_cancel_sleepable(struct acall_call *call);
int files_run(struct acall_call *call);
int files_run_late(struct acall_call *call);
void custom_release(struct acall_call *call);

/* complete.c */
int complete_in(struct acall_call *call, int ret, u32 context, bool twice);

/* files.c */
int files_add(struct acall_call *call, u64 id, u32 first, u32 nr);

/* waits.c */
bool spin_until(const struct meeting *m, u64 passes);
int prepare_gate(struct acall_call *call);
int run_checkpoint(struct acall_call *call);
int run_timeout(struct acall_call *call);
int run_inline_gate(struct acall_call *call);
int run_short_gate(struct acall_call *call);
int prepare_commit(struct acall_call *call);
int run_commit(struct acall_call *call);
int commit_at(struct meeting *m, struct acall_call *call);

/* instance.c */
struct session *session_get(struct session *s);
void session_put(struct session *s);
bool session_closed(const struct session *s);
int instance_open(void *data, void **priv);
void instance_close(void *data, void *priv);
int prepare_session(struct acall_call *call);
int run_session(struct acall_call *call);
int instance_register(u64 nr);
int instance_unregister(u64 nr);
int instance_refuse(u64 nr, int errno);
void instances_unregister(void);

/* methods.c */
extern const struct acall_interface_desc desc_test;
extern const struct acall_interface_desc desc_hot;
extern const struct acall_interface_desc desc_privileged;
extern const struct acall_interface_desc desc_narrow;
extern const struct acall_interface_desc desc_private;
extern const struct acall_interface_desc desc_instance;

#endif /* _ACALL_TEST_METHODS_H */
