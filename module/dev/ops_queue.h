/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations of a call queue; see ops_device.h. Those that a call object has too
 * take the same structures, and flags.
 */

#define ACALL_MATCH_KNOWN	(ACALL_MATCH_TAG | ACALL_MATCH_METHOD |	\
				 ACALL_CANCEL_ABANDON | ACALL_CANCEL_ESCALATE)

OP(QUEUE_WAIT, wait, acall_wait, until, ACALL_WAIT_SETTLED),
OP(QUEUE_FINISH, finish, acall_finish, cpu_ns, ACALL_FINISH_NONBLOCK),
OP(QUEUE_CANCEL, cancel, acall_cancel, outcome, ACALL_CANCEL_KNOWN),
OP(QUEUE_QUERY, query, acall_query, executions, 0),
OP(ENTER, enter, acall_enter, error, ACALL_ENTER_WORKER),
OP(CANCEL_MATCH, cancel_match, acall_cancel_match, cancelled, ACALL_MATCH_KNOWN),
