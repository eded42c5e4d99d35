/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tracepoints: what becomes of each call, in /sys/kernel/tracing/events/acall.
 * What may be relied on is in Documentation/tracing.rst; where they are, trace.h's.
 *
 * They may be called under any lock: they copy numbers and names, keep no pointer
 * and follow none that the caller does not hold.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM acall

#if !defined(_ACALL_TRACE_ACALL_H) || defined(TRACE_HEADER_MULTI_READ)
#define _ACALL_TRACE_ACALL_H

#include <linux/acall.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/tracepoint.h>
#include <linux/uidgid.h>

#include "state.h"
#include "trace/subject.h"

/* So that programs that read the formats know the numbers. */
TRACE_DEFINE_ENUM(ACALL_PHASE_NEW);
TRACE_DEFINE_ENUM(ACALL_PHASE_QUEUED);
TRACE_DEFINE_ENUM(ACALL_PHASE_RUNNING);
TRACE_DEFINE_ENUM(ACALL_PHASE_ASKED);
TRACE_DEFINE_ENUM(ACALL_PHASE_CANCELLING);
TRACE_DEFINE_ENUM(ACALL_PHASE_DEQUEUED);
TRACE_DEFINE_ENUM(ACALL_PHASE_COMPLETED);
TRACE_DEFINE_ENUM(ACALL_PHASE_STOPPED);
TRACE_DEFINE_ENUM(ACALL_PHASE_NEVER_STARTED);
TRACE_DEFINE_ENUM(ACALL_PHASE_ABANDONED);

TRACE_DEFINE_ENUM(ACALL_EVENT_PUBLISH);
TRACE_DEFINE_ENUM(ACALL_EVENT_ENTER);
TRACE_DEFINE_ENUM(ACALL_EVENT_START);
TRACE_DEFINE_ENUM(ACALL_EVENT_CANCEL);
TRACE_DEFINE_ENUM(ACALL_EVENT_ASK);
TRACE_DEFINE_ENUM(ACALL_EVENT_FORCE);
TRACE_DEFINE_ENUM(ACALL_EVENT_ABANDON);
TRACE_DEFINE_ENUM(ACALL_EVENT_ACCEPT);
TRACE_DEFINE_ENUM(ACALL_EVENT_REFUSE);
TRACE_DEFINE_ENUM(ACALL_EVENT_EXPIRE);
TRACE_DEFINE_ENUM(ACALL_EVENT_COMMIT);
TRACE_DEFINE_ENUM(ACALL_EVENT_RETURN);
TRACE_DEFINE_ENUM(ACALL_EVENT_STOP);
TRACE_DEFINE_ENUM(ACALL_EVENT_REPLY);
TRACE_DEFINE_ENUM(ACALL_EVENT_REPLY_STOP);
TRACE_DEFINE_ENUM(ACALL_EVENT_SETTLE);
TRACE_DEFINE_ENUM(ACALL_EVENT_CONSUME);
TRACE_DEFINE_ENUM(ACALL_EVENT_DROP);

TRACE_DEFINE_ENUM(ACALL_REASON_NONE);
TRACE_DEFINE_ENUM(ACALL_REASON_CLIENT);
TRACE_DEFINE_ENUM(ACALL_REASON_DEADLINE);
TRACE_DEFINE_ENUM(ACALL_REASON_CLOSE);
TRACE_DEFINE_ENUM(ACALL_REASON_ADMIN);
TRACE_DEFINE_ENUM(ACALL_REASON_PROVIDER);
TRACE_DEFINE_ENUM(ACALL_REASON_REBOOT);

#define acall_show_phase(_phase)						\
	__print_symbolic(_phase,					\
			 { ACALL_PHASE_NEW, "new" },			\
			 { ACALL_PHASE_QUEUED, "queued" },		\
			 { ACALL_PHASE_RUNNING, "running" },		\
			 { ACALL_PHASE_ASKED, "asked" },		\
			 { ACALL_PHASE_CANCELLING, "cancelling" },	\
			 { ACALL_PHASE_DEQUEUED, "dequeued" },		\
			 { ACALL_PHASE_COMPLETED, "completed" },	\
			 { ACALL_PHASE_STOPPED, "stopped" },		\
			 { ACALL_PHASE_NEVER_STARTED, "never_started" },\
			 { ACALL_PHASE_ABANDONED, "abandoned" })

#define acall_show_event(_event)						\
	__print_symbolic(_event,					\
			 { ACALL_EVENT_PUBLISH, "publish" },		\
			 { ACALL_EVENT_ENTER, "enter" },		\
			 { ACALL_EVENT_START, "start" },		\
			 { ACALL_EVENT_CANCEL, "cancel" },		\
			 { ACALL_EVENT_ASK, "ask" },			\
			 { ACALL_EVENT_FORCE, "force" },		\
			 { ACALL_EVENT_ABANDON, "abandon" },		\
			 { ACALL_EVENT_ACCEPT, "accept" },		\
			 { ACALL_EVENT_REFUSE, "refuse" },		\
			 { ACALL_EVENT_EXPIRE, "expire" },		\
			 { ACALL_EVENT_COMMIT, "commit" },		\
			 { ACALL_EVENT_RETURN, "return" },		\
			 { ACALL_EVENT_STOP, "stop" },			\
			 { ACALL_EVENT_REPLY, "reply" },		\
			 { ACALL_EVENT_REPLY_STOP, "reply_stop" },	\
			 { ACALL_EVENT_SETTLE, "settle" },		\
			 { ACALL_EVENT_CONSUME, "consume" },		\
			 { ACALL_EVENT_DROP, "drop" })

#define acall_show_reason(_reason)						\
	__print_symbolic(_reason,					\
			 { ACALL_REASON_NONE, "none" },			\
			 { ACALL_REASON_CLIENT, "client" },		\
			 { ACALL_REASON_DEADLINE, "deadline" },		\
			 { ACALL_REASON_CLOSE, "close" },		\
			 { ACALL_REASON_ADMIN, "admin" },		\
			 { ACALL_REASON_PROVIDER, "provider" },		\
			 { ACALL_REASON_REBOOT, "reboot" })

#define acall_show_flags(_flags)						\
	__print_flags(_flags, "|",					\
		      { ACALL_WORD_ENDED, "ended" },			\
		      { ACALL_WORD_CONSUMED, "consumed" },		\
		      { ACALL_WORD_REPLIED, "replied" },		\
		      { ACALL_WORD_COMMITTED, "committed" },		\
		      { ACALL_WORD_FIXED, "fixed" },			\
		      { ACALL_WORD_NO_CANCEL, "no_cancel" })

#define acall_show_how(_flags)						\
	__print_flags(_flags, "|",					\
		      { ACALL_CANCEL_ABANDON, "abandon" },		\
		      { ACALL_CANCEL_NOWAIT, "nowait" },		\
		      { ACALL_CANCEL_ESCALATE, "escalate" })

/* BEGIN has all that it needs: from here on there is such a call. */
TRACE_EVENT(acall_begin,
	    TP_PROTO(const struct acall_subject *subject),
	    TP_ARGS(subject),
	    TP_STRUCT__entry(__field(u64, id)
			     __field(u64, handle)
			     __field(u64, deadline)
			     __field(u32, tgid)
			     __field(u32, uid)
			     __field(u32, method)
			     __field(u32, caps)
			     __array(char, interface, ACALL_NAME_LEN)
			     __array(char, name, ACALL_NAME_LEN)),
	    TP_fast_assign(__entry->id = subject->id;
			   __entry->handle = subject->handle;
			   __entry->deadline = subject->deadline;
			   __entry->tgid = task_tgid_nr(current);
			   __entry->uid = from_kuid_munged(&init_user_ns,
							   current_uid());
			   __entry->method = subject->method;
			   __entry->caps = subject->caps;
			   strscpy_pad(__entry->interface, subject->interface,
				       ACALL_NAME_LEN);
			   strscpy_pad(__entry->name, subject->name,
				       ACALL_NAME_LEN);),
	    TP_printk("id=%llu tgid=%u uid=%u interface=%s method=%u name=%s caps=0x%x handle=0x%llx deadline=%llu",
		      __entry->id, __entry->tgid, __entry->uid,
		      __entry->interface, __entry->method, __entry->name,
		      __entry->caps, __entry->handle, __entry->deadline)
);

/* A transition of state.c's table; nobody has seen the new state yet. */
TRACE_EVENT(acall_state,
	    TP_PROTO(u64 id, u32 event, u32 was, u32 now, int status,
		     u64 progress, u64 total),
	    TP_ARGS(id, event, was, now, status, progress, total),
	    TP_STRUCT__entry(__field(u64, id)
			     __field(u64, progress)
			     __field(u64, total)
			     __field(u32, event)
			     __field(u32, was)
			     __field(u32, now)
			     __field(u32, reason)
			     __field(u32, flags)
			     __field(int, status)),
	    TP_fast_assign(__entry->id = id;
			   __entry->progress = progress;
			   __entry->total = total;
			   __entry->event = event;
			   __entry->was = acall_word_phase(was);
			   __entry->now = acall_word_phase(now);
			   __entry->reason = acall_word_reason(now);
			   __entry->flags = now & ~(ACALL_WORD_PHASE |
						    ACALL_WORD_REASON);
			   __entry->status = status;),
	    TP_printk("id=%llu event=%s was=%s now=%s reason=%s status=%d progress=%llu total=%llu flags=%s",
		      __entry->id, acall_show_event(__entry->event),
		      acall_show_phase(__entry->was), acall_show_phase(__entry->now),
		      acall_show_reason(__entry->reason), __entry->status,
		      __entry->progress, __entry->total,
		      acall_show_flags(__entry->flags))
);

/* Somebody wants it to end. If that changes anything acall_state says so next. */
TRACE_EVENT(acall_cancel,
	    TP_PROTO(u64 id, u32 reason, u32 flags, u64 grace_ns),
	    TP_ARGS(id, reason, flags, grace_ns),
	    TP_STRUCT__entry(__field(u64, id)
			     __field(u64, grace_ns)
			     __field(u32, reason)
			     __field(u32, flags)
			     __field(u32, tgid)),
	    TP_fast_assign(__entry->id = id;
			   __entry->grace_ns = grace_ns;
			   __entry->reason = reason;
			   __entry->flags = flags;
			   /* The timer's current is whoever was interrupted. */
			   __entry->tgid = reason == ACALL_REASON_DEADLINE ?
					   0 : task_tgid_nr(current);),
	    TP_printk("id=%llu reason=%s tgid=%u grace_ns=%llu flags=%s",
		      __entry->id, acall_show_reason(__entry->reason), __entry->tgid,
		      __entry->grace_ns, acall_show_how(__entry->flags))
);

/* The worker that is inside the kernel for it is told to come out. */
TRACE_EVENT(acall_signal,
	    TP_PROTO(u64 id, u32 pid),
	    TP_ARGS(id, pid),
	    TP_STRUCT__entry(__field(u64, id)
			     __field(u32, pid)),
	    TP_fast_assign(__entry->id = id;
			   __entry->pid = pid;),
	    TP_printk("id=%llu pid=%u", __entry->id, __entry->pid)
);

DECLARE_EVENT_CLASS(acall_call,
		    TP_PROTO(u64 id),
		    TP_ARGS(id),
		    TP_STRUCT__entry(__field(u64, id)),
		    TP_fast_assign(__entry->id = id;),
		    TP_printk("id=%llu", __entry->id)
);

/* Current, a worker, has taken it off its lane. */
DEFINE_EVENT(acall_call, acall_take, TP_PROTO(u64 id), TP_ARGS(id));

/* The method, or who looks for it, finds that a cancel was asked for. */
DEFINE_EVENT(acall_call, acall_seen, TP_PROTO(u64 id), TP_ARGS(id));

/* Nobody holds it any more: the last that is heard of it. */
DEFINE_EVENT(acall_call, acall_release, TP_PROTO(u64 id), TP_ARGS(id));

#endif /* _ACALL_TRACE_ACALL_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH trace
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE acall
#include <trace/define_trace.h>
