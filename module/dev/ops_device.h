/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations of a device; ops_object.h has those of a call object, ops_queue.h
 * those of a call queue. They are read with an OP of the reader's, more than once, so
 * they have no guard: the dispatchers in device.c, objectfd.c and queuefd.c are made
 * of them, and so are the sizes
 * that ARGS_GET() accepts and the flags that check.c knows; outside of the kernel
 * the fuzzers' grammar is (selftests/fuzz/guest/grammar.h). So no operation is to be had
 * without being fuzzed.
 *
 *	OP(NAME, name, structure, last, flags)
 *
 * ACALL_IOC_NAME takes struct structure, whose first version ended with @last,
 * and knows @flags; ioctl_name() does it.
 */

#define ACALL_CREATE_KNOWN	(ACALL_CREATE_NONBLOCK | ACALL_CREATE_DETACH)
#define ACALL_CANCEL_KNOWN	(ACALL_CANCEL_ABANDON | ACALL_CANCEL_NOWAIT | \
				 ACALL_CANCEL_ESCALATE)

OP(INFO, info, acall_info, charged_bytes, 0),
OP(INTERFACE_INFO, interface_info, acall_interface_info, max_running_user, 0),
OP(METHOD_INFO, method_info, acall_method_info, files_out, 0),
OP(CREATE, create, acall_create, __reserved, ACALL_CREATE_KNOWN),
OP(LIST, list, acall_list, nr, ACALL_LIST_OWN),
OP(CANCEL_ID, cancel_id, acall_cancel, outcome, ACALL_CANCEL_KNOWN),
OP(CREATE_QUEUE, create_queue, acall_create_queue, map_size, ACALL_CREATE_KNOWN),
OP(WAIT_ID, wait_id, acall_wait_id, end_ns, ACALL_WAIT_SETTLED),
