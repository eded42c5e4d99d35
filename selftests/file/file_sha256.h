/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4), written for the tests: the digest that the method hash
 * is compared with must not come from the kernel that computes it.
 */
#ifndef _SELFTESTS_FILE_SHA256_H
#define _SELFTESTS_FILE_SHA256_H

#include <string.h>

#include <linux/types.h>

#define FT_SHA256_LEN	32
#define FT_SHA256_BLOCK	64

struct ft_sha256 {
	__u32 state[8];
	__u64 len;
	unsigned char block[FT_SHA256_BLOCK];
};

static inline __u32 ft_ror(__u32 x, int n)
{
	return x >> n | x << (32 - n);
}

static inline void ft_sha256_init(struct ft_sha256 *sha)
{
	static const __u32 first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(sha->state, first, sizeof(first));
	sha->len = 0;
}

static inline void ft_sha256_block(struct ft_sha256 *sha)
{
	static const __u32 k[64] = {
		0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
		0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
		0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
		0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
		0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152,
		0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
		0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
		0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
		0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
		0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
		0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
		0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
		0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
	};
	const unsigned char *p = sha->block;
	__u32 w[64], v[8];
	int i;

	for (i = 0; i < 16; i++, p += 4)
		w[i] = (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
	for (; i < 64; i++) {
		__u32 a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] +
		       (ft_ror(a, 7) ^ ft_ror(a, 18) ^ a >> 3) +
		       (ft_ror(b, 17) ^ ft_ror(b, 19) ^ b >> 10);
	}
	memcpy(v, sha->state, sizeof(v));
	for (i = 0; i < 64; i++) {
		__u32 e = v[4], a = v[0], one, two;

		one = v[7] + (ft_ror(e, 6) ^ ft_ror(e, 11) ^ ft_ror(e, 25)) +
		      ((e & v[5]) ^ (~e & v[6])) + k[i] + w[i];
		two = (ft_ror(a, 2) ^ ft_ror(a, 13) ^ ft_ror(a, 22)) +
		      ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += one;
		v[0] = one + two;
	}
	for (i = 0; i < 8; i++)
		sha->state[i] += v[i];
}

static inline void ft_sha256_add(struct ft_sha256 *sha, const void *data,
				 size_t len)
{
	while (len) {
		size_t used = sha->len % FT_SHA256_BLOCK;
		size_t n = FT_SHA256_BLOCK - used;

		if (n > len)
			n = len;
		memcpy(sha->block + used, data, n);
		data = (const char *)data + n;
		len -= n;
		sha->len += n;
		if (used + n == FT_SHA256_BLOCK)
			ft_sha256_block(sha);
	}
}

static inline void ft_sha256_end(struct ft_sha256 *sha, unsigned char *digest)
{
	static const unsigned char pad[FT_SHA256_BLOCK] = { 0x80 };
	__u64 bits = sha->len * 8;
	unsigned char length[8];
	int i;

	ft_sha256_add(sha, pad, 1 + (FT_SHA256_BLOCK * 2 - 9 -
				     sha->len % FT_SHA256_BLOCK) %
				    FT_SHA256_BLOCK);
	for (i = 0; i < 8; i++)
		length[i] = bits >> (56 - 8 * i);
	ft_sha256_add(sha, length, sizeof(length));
	for (i = 0; i < FT_SHA256_LEN; i++)
		digest[i] = sha->state[i / 4] >> (24 - 8 * (i % 4));
}

#endif /* _SELFTESTS_FILE_SHA256_H */
