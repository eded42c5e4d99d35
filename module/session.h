/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ACALL_SESSION_H
#define _ACALL_SESSION_H

struct acall_interface;
struct acall_session;

int acall_session_open(struct acall_interface *iface,
		       struct acall_session **session);
void acall_session_get(struct acall_interface *iface,
		       struct acall_session *session);
void acall_session_put(struct acall_interface *iface,
		       struct acall_session *session);
void *acall_session_private(const struct acall_session *session);

void acall_sessions_close(struct acall_interface *iface);
bool acall_sessions_sweep(struct acall_interface *iface);

#endif /* _ACALL_SESSION_H */
