// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_file: digests without acall, by the kernel's own code through AF_ALG, and by
 * Nettle's.
 */
#include <errno.h>
#include <linux/if_alg.h>
#include <nettle/sha2.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"

static void must(const struct work *work, bool good)
{
	if (!good)
		die("%s: AF_ALG: %s", work->c->name, strerror(errno));
}

static int open_digest(const struct work *work)
{
	const struct sockaddr_alg sha256 = {
		.salg_family = AF_ALG, .salg_type = "hash",
		.salg_name = "sha256",
	};
	int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), op;

	must(work, fd >= 0);
	must(work, !bind(fd, (const struct sockaddr *)&sha256, sizeof(sha256)));
	op = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	must(work, op >= 0);
	close(fd);
	return op;
}

/* A socket for each: one that was left in the middle stays there. */
void plain_hash(struct work *work)
{
	int op = open_digest(work);
	off_t at = 0;

	while (at < (off_t)work->c->bytes)
		must(work, sendfile(op, work->src, &at,
				    work->c->bytes - at) > 0);
	must(work, read(op, work->digest, DIGEST_LEN) == DIGEST_LEN);
	close(op);
	work->told = true;
}

void nettle_hash(struct work *work)
{
	static unsigned char buf[64 * KIB];
	struct sha256_ctx ctx;
	off_t at;
	ssize_t n;

	sha256_init(&ctx);
	for (at = 0; (n = pread(work->src, buf, sizeof(buf), at)) > 0; at += n)
		sha256_update(&ctx, n, buf);
	if (n < 0)
		die("%s: read: %s", work->c->name, strerror(errno));
	sha256_digest(&ctx, DIGEST_LEN, work->digest);
	work->told = true;
}
