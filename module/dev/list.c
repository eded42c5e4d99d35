// SPDX-License-Identifier: GPL-2.0-only
/*
 * LIST: which calls there are (X13), abandoned and detached ones too. WAIT_ID: for
 * one of them, by who need not have its object.
 *
 * Of LIST: one call after the other, by the table's order, with a reference on one at a
 * time and no lock over user memory; so a listing is no snapshot, but shows once
 * whatever is there all the time, and any number of calls takes no buffer here.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/kdev_t.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "call.h"
#include "device.h"
#include "interface.h"
#include "ledger.h"
#include "queue/queue.h"

/*
 * A cursor that is no id: so many queues, and slots of the next one, have been
 * shown. Queues come after the table, in which their calls of short methods are not.
 */
#define CURSOR_QUEUE	BIT_ULL(63)
#define CURSOR(_serial, _index)						\
	(CURSOR_QUEUE | (_serial) << (ACALL_SLOT_BITS + 1) | (_index))
#define CURSOR_SERIAL(_cursor)						\
	(((_cursor) & ~CURSOR_QUEUE) >> (ACALL_SLOT_BITS + 1))
#define CURSOR_INDEX(_cursor)						\
	((_cursor) & (BIT_ULL(ACALL_SLOT_BITS + 1) - 1))

static bool own(kuid_t owner_uid)
{
	return uid_eq(owner_uid, current_uid());
}

/*
 * May current see what only the process itself can know? A set-uid program's
 * calls are its user's, its addresses and files are not.
 */
static bool inside(kuid_t owner_uid, bool guarded, const struct pid *owner)
{
	return own(owner_uid) && (!guarded || owner == task_tgid(current));
}

/**
 * acall_may_administer - may current see and cancel everybody's calls?
 *
 * A no is no attempt that an audit should hear of.
 */
bool acall_may_administer(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

/**
 * acall_call_visible - may current know of a call, and cancel it by id?
 * @call: the call
 */
bool acall_call_visible(const struct acall_call *call)
{
	return own(call->owner_uid) || acall_may_administer();
}

static void fill(struct acall_list_record *record, struct acall_call *call)
{
	bool open = inside(call->owner_uid, call->guarded, call->owner);
	struct acall_snapshot snap;
	u32 i;

	acall_call_snapshot(call, &snap);
	memset(record, 0, sizeof(*record));
	record->call_id = call->id;
	strscpy(record->interface, call->iface->name,
		sizeof(record->interface));
	record->method = call->method_nr;
	record->state = acall_word_state(snap.word);
	record->outcome = acall_word_outcome(snap.word);
	record->status = snap.status;
	record->reason = acall_word_reason(snap.word);
	record->result = acall_word_result(snap.word);
	record->caps = call->caps;
	if (snap.word & ACALL_WORD_ENDED)
		record->flags |= ACALL_LIST_ENDED;
	if (snap.word & ACALL_WORD_CONSUMED)
		record->flags |= ACALL_LIST_CONSUMED;
	if (snap.word & ACALL_WORD_NO_CANCEL)
		record->flags |= ACALL_LIST_NO_CANCEL;
	record->owner_uid = from_kuid_munged(current_user_ns(),
					     call->owner_uid);
	record->owner_tgid = pid_vnr(call->owner);
	record->cancel_tgid = snap.cancel_tgid;
	record->nr_files = call->nr_files;
	/* A pointer of the owner's, perhaps. */
	record->user_data = open ? call->user_data : 0;
	record->progress = snap.progress;
	record->total = snap.total;
	record->deadline = acall_time_to_user(call->deadline);
	record->begin_ns = acall_time_to_user(snap.begin_ns);
	record->start_ns = acall_time_to_user(snap.start_ns);
	record->cancel_ns = acall_time_to_user(snap.cancel_ns);
	record->look_ns = acall_time_to_user(snap.look_ns);
	record->end_ns = acall_time_to_user(snap.end_ns);
	record->worker_pid = snap.worker_pid;
	if (!open && !acall_may_administer())
		return;
	record->place.major = MAJOR(call->place_dev);
	record->place.minor = MINOR(call->place_dev);
	record->place.ino = call->place_ino;
	for (i = 0; i < call->nr_files; i++) {
		record->files[i].major = MAJOR(call->files[i].dev);
		record->files[i].minor = MINOR(call->files[i].dev);
		record->files[i].ino = call->files[i].ino;
	}
}

static int put_record(void __user *to, u32 size,
		      const struct acall_list_record *record)
{
	size_t known = min_t(size_t, size, sizeof(*record));

	if (copy_to_user(to, record, known) ||
	    clear_user(to + known, size - known))
		return -EFAULT;
	return 0;
}

static bool wanted(const struct acall_list *args, kuid_t owner_uid)
{
	return own(owner_uid) || (!(args->flags & ACALL_LIST_OWN) &&
				  acall_may_administer());
}

static void fill_slot(struct acall_list_record *record,
		      const struct acall_queue *queue,
		      const struct acall_slot_snapshot *snap)
{
	memset(record, 0, sizeof(*record));
	record->call_id = snap->id;
	strscpy(record->interface, queue->iface->name,
		sizeof(record->interface));
	record->method = snap->method_nr;
	record->state = snap->state;
	record->outcome = snap->outcome;
	record->status = snap->status;
	record->reason = snap->reason;
	record->result = snap->result;
	record->caps = snap->caps;
	if (snap->state == ACALL_STATE_DONE)
		record->flags |= ACALL_LIST_ENDED;
	if (snap->closed)
		record->flags |= ACALL_LIST_CONSUMED;
	if (snap->no_cancel)
		record->flags |= ACALL_LIST_NO_CANCEL;
	record->owner_uid = from_kuid_munged(current_user_ns(),
					     snap->owner_uid);
	record->owner_tgid = pid_vnr(snap->owner);
	if (inside(snap->owner_uid, snap->guarded, snap->owner))
		record->user_data = snap->user_data;
	record->progress = snap->progress;
	record->total = snap->total;
	record->deadline = U64_MAX;
	record->begin_ns = acall_time_to_user(snap->begin_ns);
	record->start_ns = acall_time_to_user(snap->start_ns);
	record->cancel_ns = acall_time_to_user(snap->cancel_ns);
	record->cancel_tgid = snap->cancel_tgid;
	record->end_ns = acall_time_to_user(snap->end_ns);
}

/* Slots of one queue, from the cursor on. Return: how many, or why not. */
static int list_slots(struct acall_queue *queue, struct acall_list *args,
		      void __user *to, u32 max)
{
	struct acall_slot_snapshot snap;
	struct acall_list_record record;
	struct acall_slot *slot;
	struct acall_call *call;
	u32 nr = 0;
	int ret;
	u32 i;

	for (i = CURSOR_INDEX(args->cursor); i < queue->nr_slots && nr < max;
	     i++) {
		args->cursor = CURSOR(queue->serial - 1, i + 1ULL);
		if (!(i % 256)) {
			if (fatal_signal_pending(current))
				return -EINTR;
			cond_resched();
		}
		slot = &queue->slots[array_index_nospec(i, queue->nr_slots)];
		if (acall_slot_look(queue, slot, 0, &snap, &call))
			continue;
		if (call) {
			acall_call_put(call);
			continue;
		}
		if (wanted(args, snap.owner_uid)) {
			fill_slot(&record, queue, &snap);
			ret = put_record(to, args->record_size, &record);
			if (ret) {
				acall_slot_look_end(&snap);
				return ret;
			}
			to += args->record_size;
			nr++;
		}
		acall_slot_look_end(&snap);
	}
	return nr;
}

static int list_queues(struct acall_list *args, void __user *to, u32 nr)
{
	struct acall_queue *queue;
	int ret = 0;

	if (!(args->cursor & CURSOR_QUEUE))
		args->cursor = CURSOR(0ULL, 0ULL);
	queue = acall_queues_after(CURSOR_SERIAL(args->cursor));
	while (queue) {
		/* Another one than where it stopped: from its beginning. */
		if (queue->serial != CURSOR_SERIAL(args->cursor) + 1)
			args->cursor = CURSOR(queue->serial - 1, 0ULL);
		ret = list_slots(queue, args, to, args->nr - nr);
		if (ret >= 0) {
			to += (size_t)ret * args->record_size;
			nr += ret;
		}
		if (ret < 0 || nr == args->nr) {
			acall_queue_put(queue);
			break;
		}
		args->cursor = CURSOR(queue->serial, 0ULL);
		queue = acall_queues_next(queue);
	}
	args->nr = nr;
	return min(ret, 0);
}

static int list_calls(struct acall_list *args)
{
	void __user *to = u64_to_user_ptr(args->records);
	struct acall_list_record record;
	struct acall_call *call;
	bool shown;
	u32 nr = 0;
	int ret;

	while (nr < args->nr) {
		if (fatal_signal_pending(current))
			return -EINTR;
		call = args->cursor & CURSOR_QUEUE ? NULL :
		       acall_table_next(args->cursor);
		if (!call)
			return list_queues(args, to, nr);
		args->cursor = call->id;
		shown = wanted(args, call->owner_uid);
		if (shown) {
			fill(&record, call);
			/* Over, and on its way out. */
			shown = !(record.flags & ACALL_LIST_ENDED) ||
				!(record.flags & ACALL_LIST_CONSUMED);
		}
		acall_call_put(call);
		if (shown) {
			ret = put_record(to, args->record_size, &record);
			if (ret)
				return ret;
			to += args->record_size;
			nr++;
		}
		cond_resched();
	}
	args->nr = nr;
	return 0;
}

/**
 * acall_ioctl_list - LIST
 * @user: struct acall_list
 */
int acall_ioctl_list(void __user *user)
{
	struct acall_list args;
	u32 size;
	int ret;

	ret = ARGS_GET(&args, LIST, user);
	if (ret)
		return ret;
	ret = acall_check_list(&args);
	if (ret)
		return ret;
	size = args.size;
	ret = list_calls(&args);
	return ret ?: acall_args_put(user, &args, sizeof(args), size);
}

static void tell(struct acall_wait_id *args, struct acall_call *call)
{
	struct acall_snapshot snap;

	acall_call_snapshot(call, &snap);
	args->state = acall_word_state(snap.word);
	args->outcome = acall_word_outcome(snap.word);
	args->status = snap.status;
	args->result = acall_word_result(snap.word);
	args->reason = acall_word_reason(snap.word);
	args->cancel_tgid = snap.cancel_tgid;
	args->progress = snap.progress;
	args->total = snap.total;
	args->begin_ns = acall_time_to_user(snap.begin_ns);
	args->start_ns = acall_time_to_user(snap.start_ns);
	args->cancel_ns = acall_time_to_user(snap.cancel_ns);
	args->end_ns = acall_time_to_user(snap.end_ns);
}

/**
 * acall_ioctl_wait_id - WAIT_ID
 * @user: struct acall_wait_id
 *
 * The sleeper has a reference, so he is told what became of his call whatever its
 * client does meanwhile (W5). Started again he names the same call and time, but
 * if it is over by then there is no such call.
 */
int acall_ioctl_wait_id(void __user *user)
{
	struct acall_wait_id args;
	struct acall_call *call;
	bool told = false;
	int ret, err;
	u64 until;
	u32 size;

	ret = ARGS_GET(&args, WAIT_ID, user);
	if (ret)
		return ret;
	ret = acall_check_wait_id(&args);
	if (ret)
		return ret;
	call = acall_table_find(args.call_id);
	if (!call)
		return -ESRCH;
	/* As if there were none. */
	ret = -ESRCH;
	if (acall_call_over(call) || !acall_call_visible(call))
		goto put;
	size = args.size;
	until = acall_time_from_user(args.until);
	ret = args.flags & ACALL_WAIT_SETTLED ?
	      acall_ledger_wait(call->ledger, call, until) :
	      acall_call_wait(call, until);
	told = !ret || ret == -ETIMEDOUT;
	if (told)
		tell(&args, call);
put:
	/* Not held over user memory, which may let us wait. */
	acall_call_put(call);
	err = told ? acall_args_put(user, &args, sizeof(args), size) : 0;
	return err ?: ret;
}
