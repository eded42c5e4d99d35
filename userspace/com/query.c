// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Objects of several interfaces at once. No state, no lock.
 */
#include <unistd.h>
#include "internal.h"

static acall_com_hresult query_one(int device, struct acall_com_query *query)
{
	int ret = acall_create_on(device, query->interface, query->version,
				  query->flags, &query->call);

	return ret == -ENOENT || ret == -EPROTONOSUPPORT ?
		ACALL_COM_E_NOINTERFACE : com_from_errno(ret);
}

COM_PUBLIC acall_com_hresult
acall_com_query_many(unsigned int nr, struct acall_com_query *queries)
{
	unsigned int i, made = 0;
	int device;

	if (!nr || !queries)
		return ACALL_COM_E_INVALIDARG;
	for (i = 0; i < nr; i++)
		queries[i].call = NULL;
	device = acall_open_device();
	if (device < 0)
		return com_from_errno(device);
	for (i = 0; i < nr; i++) {
		queries[i].hresult = query_one(device, &queries[i]);
		made += queries[i].hresult == ACALL_COM_S_OK;
	}
	close(device);
	if (made == nr)
		return ACALL_COM_S_OK;
	return made ? ACALL_COM_S_FALSE : ACALL_COM_E_NOINTERFACE;
}
