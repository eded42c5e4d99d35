// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes a structure invalid by itself, whatever else is the case (R-ABI):
 * unknown flags, reserved fields that are not zero, fields that contradict each
 * other, names of wrong letters. Pure, owns nothing, takes no lock: the same file
 * is compiled on the host for the fuzzers. When it is asked is the operations'
 * business; BEGIN's busy check, for one, comes first (B2).
 */
#include <linux/errno.h>
#include <linux/mm.h>

#include "device.h"
#include "name.h"

static const u32 known[ACALL_NR_OPS] = {
#define OP(_name, _function, _type, _last, _flags)			\
	[ACALL_OP_##_name] = (_flags)
#include "ops_device.h"
#include "ops_object.h"
#include "ops_queue.h"
#undef OP
};

/* Does @args have flags that the operation @name does not know? */
#define UNKNOWN(args, name)	((args)->flags & ~known[ACALL_OP_##name])

int acall_check_info(const struct acall_info *args)
{
	return UNKNOWN(args, INFO) || args->__reserved ? -EINVAL : 0;
}

int acall_check_interface_info(const struct acall_interface_info *args)
{
	return UNKNOWN(args, INTERFACE_INFO) ? -EINVAL : 0;
}

/*
 * NUL-terminated, NUL-padded, and of the right letters (C1). On a device of an
 * interface's own, no name is its name.
 */
static bool name_valid(const char name[ACALL_NAME_LEN], bool may_be_empty)
{
	size_t len = strnlen(name, ACALL_NAME_LEN);

	if (memchr_inv(name + len, 0, ACALL_NAME_LEN - len))
		return false;
	return acall_name_valid(name) || (!len && may_be_empty);
}

int acall_check_method_info(const struct acall_method_info *args, bool own)
{
	return UNKNOWN(args, METHOD_INFO) ||
	       !name_valid(args->interface, own) ? -EINVAL : 0;
}

int acall_check_create(const struct acall_create *args, bool own)
{
	return UNKNOWN(args, CREATE) || args->__reserved ||
	       !name_valid(args->interface, own) ? -EINVAL : 0;
}

int acall_check_list(const struct acall_list *args)
{
	return UNKNOWN(args, LIST) ||
	       args->record_size < sizeof(args->cursor) ||
	       args->record_size > PAGE_SIZE ? -EINVAL : 0;
}

/* Of CANCEL and of CANCEL_ID. */
int acall_check_cancel(const struct acall_cancel *args)
{
	if (UNKNOWN(args, CANCEL))
		return -EINVAL;
	if (args->flags & ACALL_CANCEL_ABANDON &&
	    (args->grace_ns || args->flags & ACALL_CANCEL_NOWAIT))
		return -EINVAL;
	return 0;
}

/* Of BEGIN and of CALL. */
int acall_check_begin(const struct acall_begin *args)
{
	u32 both = ACALL_BEGIN_DEADLINE | ACALL_BEGIN_NO_CANCEL;

	if (UNKNOWN(args, BEGIN) || args->__reserved || args->flags == both)
		return -EINVAL;
	if (!(args->flags & ACALL_BEGIN_DEADLINE) &&
	    (args->deadline || args->grace_ns))
		return -EINVAL;
	return 0;
}

int acall_check_wait(const struct acall_wait *args)
{
	return UNKNOWN(args, WAIT) ? -EINVAL : 0;
}

int acall_check_wait_id(const struct acall_wait_id *args)
{
	return UNKNOWN(args, WAIT_ID) || !args->call_id ? -EINVAL : 0;
}

int acall_check_finish(const struct acall_finish *args)
{
	return UNKNOWN(args, FINISH) ? -EINVAL : 0;
}

int acall_check_query(const struct acall_query *args)
{
	return UNKNOWN(args, QUERY) ? -EINVAL : 0;
}

int acall_check_create_queue(const struct acall_create_queue *args, bool own)
{
	return UNKNOWN(args, CREATE_QUEUE) ||
	       !name_valid(args->interface, own) ||
	       !args->slots || args->slots > ACALL_MAX_SLOTS ||
	       args->entries > ACALL_MAX_ENTRIES ||
	       args->entries & (args->entries - 1) ? -EINVAL : 0;
}

int acall_check_enter(const struct acall_enter *args)
{
	return UNKNOWN(args, ENTER) ? -EINVAL : 0;
}

/* Of one of ENTER's. */
int acall_check_enter_cancel(const struct acall_enter_cancel *args)
{
	return args->flags & ~ACALL_CANCEL_KNOWN ||
	       (args->flags & ACALL_CANCEL_ABANDON && args->grace_ns) ?
	       -EINVAL : 0;
}

int acall_check_cancel_match(const struct acall_cancel_match *args)
{
	return UNKNOWN(args, CANCEL_MATCH) ||
	       (args->flags & ACALL_CANCEL_ABANDON && args->grace_ns) ?
	       -EINVAL : 0;
}
