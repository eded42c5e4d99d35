// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * hash: the digest of a range of a file or block device.
 *
 * The kernel's crypto computes it, by way of AF_ALG, and so knows the same names as the
 * module; where that is not to be had (it is often blocked), libcrypto, if the process
 * can load it, for the names below. What neither knows is ENOENT.
 *
 * Owns a socket of the call from .prepare to .release; and for the process what was
 * found in libcrypto, which is looked for once, by a worker.
 */
#include <fcntl.h>
#include <linux/if_alg.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "methods.h"

/* library.c's; a static program has none, and does without. */
#pragma weak act_library
#pragma weak act_symbol
#define NO_ATEXIT 0x00080000ul	/* OPENSSL_INIT_NO_ATEXIT */

struct name {
	const char *kernel;
	const char *libcrypto;
};

static const struct name names[] = {
	{ "md5",		"MD5" },
	{ "sha1",		"SHA1" },
	{ "sha224",		"SHA224" },
	{ "sha256",		"SHA256" },
	{ "sha384",		"SHA384" },
	{ "sha512",		"SHA512" },
	{ "sha3-224",		"SHA3-224" },
	{ "sha3-256",		"SHA3-256" },
	{ "sha3-384",		"SHA3-384" },
	{ "sha3-512",		"SHA3-512" },
	{ "blake2b-512",	"BLAKE2b512" },
	{ "blake2s-256",	"BLAKE2s256" },
	{ "rmd160",		"RIPEMD160" },
	{ "sm3",		"SM3" },
};

static struct {
	const void *(*get_digestbyname)(const char *name);
	void *(*ctx_new)(void);
	void (*ctx_free)(void *ctx);
	int (*init)(void *ctx, const void *md, void *engine);
	int (*update)(void *ctx, const void *data, size_t len);
	int (*final)(void *ctx, unsigned char *md, unsigned int *len);
	bool found;
} crypto;

static bool find(void *library, const char *name, void *function)
{
	void *symbol = act_symbol(library, name);

	memcpy(function, &symbol, sizeof(symbol));
	return symbol;
}

/* Or exit(3) would take away what a worker is just using. */
static void no_atexit(void *library)
{
	int (*init)(uint64_t options, const void *settings);

	if (find(library, "OPENSSL_init_crypto", &init))
		init(NO_ATEXIT, NULL);
}

static void find_crypto(void)
{
	void *library = NULL;

	if (act_library && act_symbol)
		library = act_library("libcrypto.so.3");
	crypto.found = library &&
		find(library, "EVP_get_digestbyname",
		     &crypto.get_digestbyname) &&
		find(library, "EVP_MD_CTX_new", &crypto.ctx_new) &&
		find(library, "EVP_MD_CTX_free", &crypto.ctx_free) &&
		find(library, "EVP_DigestInit_ex", &crypto.init) &&
		find(library, "EVP_DigestUpdate", &crypto.update) &&
		find(library, "EVP_DigestFinal_ex", &crypto.final);
	if (crypto.found)
		no_atexit(library);
}

static const char *libcrypto_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(names[i].kernel, name))
			return names[i].libcrypto;
	}
	return NULL;
}

/* A socket that hashes, or -errno; -EAFNOSUPPORT and the like: there are none. */
static int kernel_hash(const char *name)
{
	struct sockaddr_alg addr = {
		.salg_family = AF_ALG,
		.salg_type = "hash",
	};
	int tfm, ret;

	tfm = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (tfm < 0)
		return -errno;
	memcpy(addr.salg_name, name, strlen(name));
	ret = bind(tfm, (struct sockaddr *)&addr, sizeof(addr));
	if (!ret)
		/* accept(3) is a cancellation point. */
		ret = (int)syscall(SYS_accept4, tfm, NULL, NULL, SOCK_CLOEXEC);
	if (ret < 0)
		ret = -errno;
	act_close_fd(tfm);
	return ret;
}

static int check_name(const char name[ACALL_FILE_ALGORITHM_LEN])
{
	size_t len = strnlen(name, ACALL_FILE_ALGORITHM_LEN), i;

	if (!len || len == ACALL_FILE_ALGORITHM_LEN)
		return -EINVAL;
	for (i = len; i < ACALL_FILE_ALGORITHM_LEN; i++) {
		if (name[i])
			return -EINVAL;
	}
	/* Templates are all for keys. */
	return strpbrk(name, "(),") ? -EINVAL : 0;
}

int act_hash_prepare(struct act_call *call)
{
	const struct acall_file_hash *in = act_in(call);
	struct act_hash *h = act_private(call);
	struct act_file file;
	int ret;

	if (in->flags || in->__reserved)
		return -EINVAL;
	ret = act_look_at(act_file(call, 0), ACT_REGULAR | ACT_BLOCK, &file);
	if (!ret)
		ret = act_check_read(&file);
	if (!ret)
		ret = act_range(in->offset, in->length, file.size, &h->len);
	if (!ret)
		ret = check_name(in->algorithm);
	if (!ret)
		ret = act_out_alloc(call, ACALL_FILE_DIGEST_MAX);
	if (ret)
		return ret;
	h->start = (int64_t)in->offset;
	h->kernel = kernel_hash(in->algorithm);
	if (h->kernel >= 0)
		return 0;
	if (h->kernel == -ENOKEY)
		return -EINVAL;
	if (libcrypto_name(in->algorithm))
		return 0;
	return -ENOENT;
}

void act_hash_release(struct act_call *call)
{
	struct act_hash *h = act_private(call);

	if (h->kernel >= 0)
		act_close_fd(h->kernel);
}

/* One of both. */
static int update(const struct act_hash *h, void *ctx, const char *buf, size_t n)
{
	ssize_t sent;

	if (ctx)
		return crypto.update(ctx, buf, n) == 1 ? 0 : -EIO;
	while (n) {
		sent = act_again(send(h->kernel, buf, n, MSG_MORE));
		if (sent < 0)
			return -errno;
		buf += sent;
		n -= (size_t)sent;
	}
	return 0;
}

static int final(struct act_call *call, const struct act_hash *h, void *ctx)
{
	unsigned int len = 0;
	ssize_t got;

	if (ctx) {
		if (crypto.final(ctx, act_out(call), &len) != 1)
			return -EIO;
	} else {
		got = act_again(recv(h->kernel, act_out(call),
				     ACALL_FILE_DIGEST_MAX, 0));
		if (got < 0)
			return -errno;
		len = (unsigned int)got;
	}
	act_out_set_len(call, len);
	return 0;
}

static int digest(struct act_call *call, int fd, void *ctx, char *buf)
{
	const struct act_hash *h = act_private(call);
	int64_t done = 0;
	size_t want;
	ssize_t n;
	int ret;

	act_progress(call, 0, (uint64_t)h->len);
	while (done < h->len) {
		if (act_checkpoint(call))
			return -ECANCELED;
		want = h->len - done < (int64_t)ACT_BUFFER ?
		       (size_t)(h->len - done) : ACT_BUFFER;
		n = act_again(pread(fd, buf, want, h->start + done));
		if (n < 0)
			return -errno;
		if (!n)
			break;
		ret = update(h, ctx, buf, (size_t)n);
		if (ret)
			return ret;
		done += n;
		act_progress(call, (uint64_t)done, (uint64_t)h->len);
	}
	return final(call, h, ctx);
}

static int libcrypto_start(const char *name, void **ctx)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const void *md;

	pthread_once(&once, find_crypto);
	md = crypto.found ? crypto.get_digestbyname(libcrypto_name(name)) :
			    NULL;
	if (!md)
		return -EOPNOTSUPP;
	*ctx = crypto.ctx_new();
	if (!*ctx)
		return -ENOMEM;
	return crypto.init(*ctx, md, NULL) == 1 ? 0 : -EOPNOTSUPP;
}

int act_hash_run(struct act_call *call)
{
	const struct acall_file_hash *in = act_in(call);
	const struct act_hash *h = act_private(call);
	int file = act_file(call, 0);
	char *buf = act_buffer();
	void *ctx = NULL;
	int fd = file;
	int ret = buf ? 0 : -ENOMEM;

	/* Of a file that was opened O_DIRECT ranges would have to be aligned. */
	if (!ret && fcntl(file, F_GETFL) & O_DIRECT) {
		fd = act_reopen(file, O_RDONLY);
		ret = fd < 0 ? -EINVAL : 0;
	}
	if (!ret && h->kernel < 0)
		ret = libcrypto_start(in->algorithm, &ctx);
	if (!ret)
		ret = digest(call, fd, ctx, buf);
	if (ctx)
		crypto.ctx_free(ctx);
	if (fd >= 0 && fd != file)
		act_close_fd(fd);
	act_buffer_free(buf);
	return ret;
}
