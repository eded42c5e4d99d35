/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations of a call object; see ops_device.h. */

#define ACALL_BEGIN_KNOWN	(ACALL_BEGIN_DEADLINE | ACALL_BEGIN_NO_CANCEL)

OP(BEGIN, begin, acall_begin, call_id, ACALL_BEGIN_KNOWN),
OP(WAIT, wait, acall_wait, until, ACALL_WAIT_SETTLED),
OP(FINISH, finish, acall_finish, cpu_ns, ACALL_FINISH_NONBLOCK),
OP(CANCEL, cancel, acall_cancel, outcome, ACALL_CANCEL_KNOWN),
OP(QUERY, query, acall_query, executions, 0),
OP(CALL, call, acall_call_args, cpu_ns, ACALL_BEGIN_KNOWN),
