// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Call objects: made, taken over from a descriptor, and ended.
 *
 * Owns the memory of struct acall and its descriptor. No lock: until the
 * pointer is handed out nobody else knows the object, and acall_destroy() is
 * the last function on it, since a descriptor's number may come back at once as
 * another file's.
 */
#include <stdlib.h>
#include <string.h>
#include "internal.h"

static acall_t *new_object(const char *interface, uint32_t version)
{
	int saved = errno;
	acall_t *call = calloc(1, sizeof(*call));

	errno = saved;
	if (!call)
		return NULL;
	memcpy(call->interface, interface, ACALL_NAME_LEN);
	call->version = version;
	call->fd = -1;
	atomic_init(&call->failed_method, ACALL_NO_METHOD);
	atomic_init(&call->failed_fd, ACALL_NO_FD);
	return call;
}

ACALL_PUBLIC int acall_create_on(int device, const char *interface,
				 uint32_t version, unsigned int flags,
				 acall_t **call)
{
	struct acall_create create = {
		.size = sizeof(create),
		.flags = flags & ~ACALL_CREATE_ENGINES,
		.version = version,
	};
	enum acall_engine_kind kind = ACALL_CREATE_KIND(flags);
	const struct acall_engine *engine;
	int own = -1;
	acall_t *new;
	int ret;

	if (!call)
		return -EINVAL;
	ret = acall_set_name(create.interface, interface);
	if (ret)
		return ret;
	if (device == ACALL_DEVICE_DEFAULT) {
		own = acall_engine_open(kind, &engine);
		if (own < 0)
			return own;
		device = own;
	} else {
		engine = acall_engine_at(device);
		/* Which one it is has been said by opening it. */
		if (kind != ACALL_ENGINE_DEFAULT && kind != engine->kind)
			return -EINVAL;
	}

	/* Memory first: a descriptor that was made need not be undone then. */
	new = new_object(create.interface, 0);
	if (!new) {
		ret = -ENOMEM;
		goto out;
	}
	ret = engine->ioctl(device, ACALL_IOC_CREATE, &create);
	if (ret < 0) {
		free(new);
		goto out;
	}
	new->fd = ret;
	new->engine = engine;
	new->version = create.version;
	*call = new;
	ret = 0;
out:
	if (own >= 0)
		acall_sys_close(own);
	return ret;
}

ACALL_PUBLIC int acall_create(const char *interface, uint32_t version,
			      unsigned int flags, acall_t **call)
{
	return acall_create_on(ACALL_DEVICE_DEFAULT, interface, version, flags,
			       call);
}

ACALL_PUBLIC int acall_from_fd(int fd, const char *interface, uint32_t version,
			       acall_t **call)
{
	struct acall_query query = { .size = sizeof(query) };
	const struct acall_engine *engine = acall_engine_at(fd);
	char name[ACALL_NAME_LEN];
	acall_t *new;
	int ret;

	if (!call)
		return -EINVAL;
	ret = acall_set_name(name, interface);
	if (ret)
		return ret;
	/* Only a call object can answer this. */
	ret = engine->ioctl(fd, ACALL_IOC_QUERY, &query);
	if (ret < 0)
		return ret;
	new = new_object(name, version);
	if (!new)
		return -ENOMEM;
	new->fd = fd;
	new->engine = engine;
	atomic_init(&new->call_id, query.call_id);
	*call = new;
	return 0;
}

ACALL_PUBLIC void acall_destroy(acall_t *call)
{
	if (!call)
		return;
	call->engine->close(call->fd);
	free(call);
}

ACALL_PUBLIC int acall_fd(const acall_t *call)
{
	return call ? call->fd : -EINVAL;
}

ACALL_PUBLIC uint64_t acall_id(const acall_t *call)
{
	uint64_t call_id = call ? acall_calling_id(call) : 0;

	if (call_id || !call)
		return call_id;
	return atomic_load(&call->call_id);
}

ACALL_PUBLIC uint32_t acall_version(const acall_t *call)
{
	return call ? call->version : 0;
}

ACALL_PUBLIC const char *acall_interface(const acall_t *call)
{
	return call ? call->interface : "";
}
