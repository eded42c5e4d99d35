/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the rooms of libacall-com share and nobody else sees.
 */
#ifndef LIBACALL_COM_INTERNAL_H
#define LIBACALL_COM_INTERNAL_H

#include <errno.h>
#include <stdbool.h>
#include <libacall_com.h>

#define COM_PUBLIC __attribute__((visibility("default")))

bool com_thread_enabled(void);
void com_call_enter(acall_t *call, uint64_t call_id);
void com_call_leave(void);
acall_com_hresult com_thread_find(pid_t tid, acall_com_cancel_t **cancel);
acall_com_hresult com_from_errno(int error);

#endif /* LIBACALL_COM_INTERNAL_H */
