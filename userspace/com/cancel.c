// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Cancel objects: a call object's descriptor, and the one call that is meant.
 *
 * The descriptor is one of its own, so that it stays a call object whatever happens
 * to the acall_t that it was made from. No lock: all but the count is fixed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>
#include "internal.h"

#define NSEC_PER_SEC	1000000000ULL

struct acall_com_cancel {
	_Atomic unsigned int count;
	acall_t *call;
	uint64_t call_id;
};

COM_PUBLIC acall_com_hresult
acall_com_cancel_object_create(acall_t *call, uint64_t call_id,
			       acall_com_cancel_t **cancel)
{
	acall_com_cancel_t *new;
	int fd, ret;

	if (!cancel)
		return ACALL_COM_E_INVALIDARG;
	*cancel = NULL;
	if (!call)
		return ACALL_COM_E_INVALIDARG;
	if (!call_id)
		call_id = acall_id(call);
	if (!call_id)
		return ACALL_COM_E_UNEXPECTED;
	new = calloc(1, sizeof(*new));
	if (!new)
		return ACALL_COM_E_OUTOFMEMORY;
	fd = fcntl(acall_fd(call), F_DUPFD_CLOEXEC, 0);
	ret = fd < 0 ? -errno : acall_from_fd(fd, acall_interface(call),
					      acall_version(call), &new->call);
	if (ret) {
		if (fd >= 0)
			close(fd);
		free(new);
		return com_from_errno(ret);
	}
	atomic_init(&new->count, 1);
	new->call_id = call_id;
	*cancel = new;
	return ACALL_COM_S_OK;
}

COM_PUBLIC acall_com_cancel_t *
acall_com_cancel_object_ref(acall_com_cancel_t *cancel)
{
	if (cancel)
		atomic_fetch_add(&cancel->count, 1);
	return cancel;
}

COM_PUBLIC void acall_com_cancel_object_release(acall_com_cancel_t *cancel)
{
	if (!cancel || atomic_fetch_sub(&cancel->count, 1) != 1)
		return;
	acall_destroy(cancel->call);
	free(cancel);
}

COM_PUBLIC uint64_t acall_com_cancel_object_id(const acall_com_cancel_t *cancel)
{
	return cancel ? cancel->call_id : 0;
}

static acall_com_hresult from_verdict(const struct acall_cancel *args,
				      int verdict)
{
	switch (verdict) {
	case ACALL_CANCELLED:
		return ACALL_COM_S_OK;
	case ACALL_REQUESTED:
		return ACALL_COM_S_FALSE;
	case ACALL_ALREADY:
		return ACALL_COM_RPC_E_CALL_CANCELED;
	case ACALL_TOO_LATE:
		/* Too late for what another cancel has achieved, perhaps. */
		return args->state == ACALL_STATE_DONE &&
		       args->outcome != ACALL_OUTCOME_COMPLETED ?
			ACALL_COM_RPC_E_CALL_CANCELED :
			ACALL_COM_RPC_E_CALL_COMPLETE;
	case -EPERM:
		return ACALL_COM_CO_E_CANCEL_DISABLED;
	case -EOPNOTSUPP:
		return ACALL_COM_E_NOINTERFACE;
	default:
		return com_from_errno(verdict);
	}
}

COM_PUBLIC acall_com_hresult
acall_com_cancel_object_cancel(acall_com_cancel_t *cancel, uint32_t seconds)
{
	struct acall_cancel args = { .size = sizeof(args) };

	if (!cancel)
		return ACALL_COM_E_INVALIDARG;
	args.call_id = cancel->call_id;
	/* Not ESCALATE: what was cancelled is left as it was cancelled. */
	if (!seconds)
		args.flags = ACALL_CANCEL_ABANDON;
	else if (seconds == ACALL_COM_INFINITE)
		args.grace_ns = ACALL_FOREVER;
	else
		args.grace_ns = seconds * NSEC_PER_SEC;
	return from_verdict(&args, acall_cancel_args(cancel->call, &args));
}

COM_PUBLIC acall_com_hresult
acall_com_cancel_object_test(acall_com_cancel_t *cancel)
{
	struct acall_query query;
	int ret;

	if (!cancel)
		return ACALL_COM_E_INVALIDARG;
	ret = acall_query(cancel->call, cancel->call_id, &query, sizeof(query));
	if (ret == -ESRCH)
		return ACALL_COM_RPC_E_CALL_COMPLETE;
	if (ret)
		return com_from_errno(ret);
	if (query.state == ACALL_STATE_DONE)
		return query.outcome == ACALL_OUTCOME_COMPLETED ?
			ACALL_COM_RPC_E_CALL_COMPLETE :
			ACALL_COM_RPC_E_CALL_CANCELED;
	return query.reason == ACALL_REASON_NONE ?
		ACALL_COM_RPC_S_CALLPENDING : ACALL_COM_RPC_E_CALL_CANCELED;
}

COM_PUBLIC acall_com_hresult
acall_com_get_cancel_object(pid_t thread, acall_com_cancel_t **cancel)
{
	return cancel ? com_thread_find(thread, cancel) :
			ACALL_COM_E_INVALIDARG;
}

COM_PUBLIC acall_com_hresult acall_com_cancel_call(pid_t thread,
						   uint32_t seconds)
{
	acall_com_cancel_t *cancel;
	acall_com_hresult ret = com_thread_find(thread, &cancel);

	if (ACALL_COM_FAILED(ret))
		return ret;
	ret = acall_com_cancel_object_cancel(cancel, seconds);
	acall_com_cancel_object_release(cancel);
	return ret;
}

COM_PUBLIC acall_com_hresult acall_com_test_cancel(void)
{
	acall_com_cancel_t *cancel;
	acall_com_hresult ret = com_thread_find(ACALL_COM_THIS_THREAD, &cancel);

	if (ACALL_COM_FAILED(ret))
		return ret;
	ret = acall_com_cancel_object_test(cancel);
	acall_com_cancel_object_release(cancel);
	return ret;
}
