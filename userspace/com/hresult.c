// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Codes: what an errno and what a call's end is as one of COM's. No state.
 *
 * Only what COM itself has a code for is one of COM's, and what a provider says
 * never is: it might say ECANCELED itself, and has then not been cancelled.
 */
#include "internal.h"

acall_com_hresult com_from_errno(int error)
{
	switch (error) {
	case 0:
		return ACALL_COM_S_OK;
	case -EINVAL:
		return ACALL_COM_E_INVALIDARG;
	case -ENOMEM:
		return ACALL_COM_E_OUTOFMEMORY;
	default:
		return ACALL_COM_ERRNO(-error);
	}
}

COM_PUBLIC acall_com_hresult acall_com_status(const struct acall_result *result)
{
	if (!result)
		return ACALL_COM_E_INVALIDARG;
	if (!result->status)
		return ACALL_COM_S_OK;
	if (result->outcome == ACALL_OUTCOME_COMPLETED)
		return ACALL_COM_ERRNO(-result->status);
	switch (result->status) {
	case -ECANCELED:
		return ACALL_COM_RPC_E_CALL_CANCELED;
	case -ETIME:
		return ACALL_COM_RPC_E_TIMEOUT;
	case -ENODEV:
		return ACALL_COM_RPC_E_DISCONNECTED;
	default:
		return ACALL_COM_ERRNO(-result->status);
	}
}

COM_PUBLIC const char *acall_com_name(acall_com_hresult hresult)
{
	static const struct {
		acall_com_hresult hresult;
		const char *name;
	} names[] = {
		{ ACALL_COM_S_OK, "S_OK" },
		{ ACALL_COM_S_FALSE, "S_FALSE" },
		{ ACALL_COM_E_NOINTERFACE, "E_NOINTERFACE" },
		{ ACALL_COM_E_UNEXPECTED, "E_UNEXPECTED" },
		{ ACALL_COM_E_OUTOFMEMORY, "E_OUTOFMEMORY" },
		{ ACALL_COM_E_INVALIDARG, "E_INVALIDARG" },
		{ ACALL_COM_RPC_E_CALL_CANCELED, "RPC_E_CALL_CANCELED" },
		{ ACALL_COM_RPC_E_DISCONNECTED, "RPC_E_DISCONNECTED" },
		{ ACALL_COM_RPC_S_CALLPENDING, "RPC_S_CALLPENDING" },
		{ ACALL_COM_RPC_E_CALL_COMPLETE, "RPC_E_CALL_COMPLETE" },
		{ ACALL_COM_RPC_E_TIMEOUT, "RPC_E_TIMEOUT" },
		{ ACALL_COM_RPC_E_NO_SYNC, "RPC_E_NO_SYNC" },
		{ ACALL_COM_CO_E_CANCEL_DISABLED, "CO_E_CANCEL_DISABLED" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].hresult == hresult)
			return names[i].name;
	}
	return ACALL_COM_IS_ERRNO(hresult) ? "errno" : "unknown";
}
