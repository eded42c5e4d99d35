// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * LIST: the calls of this process, of which it sees all. Records are copied out
 * without the lock, one by one; the cursor is the id of the last one.
 */
#include <string.h>
#include <unistd.h>
#include "threads.h"

static void fill(struct acall_list_record *record, const struct act_call *call)
{
	uint32_t word = call->word;

	memset(record, 0, sizeof(*record));
	record->call_id = call->id;
	strncpy(record->interface, call->iface->name,
		sizeof(record->interface) - 1);
	record->method = call->number;
	record->state = act_word_state(word);
	record->outcome = act_word_outcome(word);
	record->status = act_word_status(word, call->ret);
	record->reason = act_reason(word);
	record->caps = act_method_caps(call->method);
	record->flags = (word & ACT_ENDED ? ACALL_LIST_ENDED : 0) |
			(word & ACT_CONSUMED ? ACALL_LIST_CONSUMED : 0) |
			(word & ACT_NO_CANCEL ? ACALL_LIST_NO_CANCEL : 0);
	record->owner_uid = getuid();
	record->owner_tgid = getpid();
	record->cancel_tgid = call->cancel_tgid;
	record->nr_files = call->nr_files;
	record->user_data = call->user_data;
	record->progress = act_call_progress(call, (uint64_t *)&record->total);
	record->deadline = call->deadline;
	record->begin_ns = call->begin_ns;
	record->start_ns = call->start_ns;
	record->cancel_ns = call->cancel_ns;
	record->look_ns = atomic_load(&call->look_ns);
	record->end_ns = call->end_ns;
	memcpy(record->files, call->named, sizeof(record->files));
}

static int put_record(uint64_t to, uint32_t size,
		      const struct acall_list_record *record)
{
	static const char zeros[sizeof(*record)];
	size_t known = size < sizeof(*record) ? size : sizeof(*record);
	int ret = act_copy_out(to, record, known);
	size_t n;

	for (; !ret && known < size; known += n) {
		n = size - known;
		if (n > sizeof(zeros))
			n = sizeof(zeros);
		ret = act_copy_out(to + known, zeros, n);
	}
	return ret;
}

static bool next_record(uint64_t cursor, struct acall_list_record *record)
{
	struct act_call *call;
	sigset_t mask;

	act_lock(&mask);
	call = act_call_after(cursor);
	if (call)
		fill(record, call);
	act_unlock(&mask);
	return call;
}

int act_ioctl_list(void *arg)
{
	struct acall_list_record record;
	struct acall_list args;
	uint32_t nr;
	int ret;

	ret = act_args_get(&args, sizeof(args), arg);
	if (!ret && (args.flags & ~ACALL_LIST_OWN ||
		     args.record_size < sizeof(args.cursor) ||
		     args.record_size > 4096))
		ret = -EINVAL;
	if (ret)
		return ret;
	for (nr = 0; nr < args.nr && next_record(args.cursor, &record); nr++) {
		ret = put_record(args.records + (uint64_t)nr * args.record_size,
				 args.record_size, &record);
		if (ret)
			return ret;
		args.cursor = record.call_id;
	}
	args.nr = nr;
	act_args_put(arg, &args, sizeof(args), args.size);
	return 0;
}
