/*
 * Random bytes straight from the kernel, in place of three functions of .NET's native parts.
 *
 * Why it exists: on a root without libssl (OpenWrt, an initramfs, an empty chroot) every path into the native part of
 * System.Security.Cryptography loads libssl first and, when that fails, aborts the process ("No usable version of libssl
 * was found"); nothing can catch that. Even BouncyCastle gets there, because it seeds its generator from
 * RandomNumberGenerator. The runtime's own generator (Guid.NewGuid, the seeds of hash codes) opens /dev/urandom, which an
 * empty root does not have and mdev makes for root only; Guid.NewGuid then throws. All that is wanted from both is random
 * bytes, and those the kernel gives without a library and without a file.
 *
 * How it is used: this object is linked before .NET's libraries with -Wl,-z,muldefs, so its definitions win and the rest
 * of those archives stays as it is. The other functions of the OpenSSL archive still need libssl and crash without it:
 * BannedSymbols.txt keeps them out of shipped code.
 *
 * Signatures, of dotnet/runtime release/10.0: src/native/libs/System.Security.Cryptography.Native/openssl.c, and
 * src/native/minipal/random.c.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/types.h>

/* Called once before first use; 0 is success. There is nothing to initialize. */
int32_t CryptoNative_EnsureOpenSslInitialized(void);

/* Fills buf with num random bytes. 1 is success, 0 is failure: then .NET throws a CryptographicException. */
int32_t CryptoNative_GetRandomBytes(uint8_t *buf, int32_t num);

/* Fills buffer. 0 is success, -1 is failure: then .NET throws a CryptographicException. */
int32_t minipal_get_cryptographically_secure_random_bytes(uint8_t *buffer, int32_t bufferLength);

/* GRND_INSECURE of linux/random.h, Linux 5.6: never blocks. The C library's header may be older. */
#define KERNEL_GRND_INSECURE 4u

/* 1 when all of buf was filled, 0 when the kernel refused. */
static int32_t fill(uint8_t *buf, int32_t num, unsigned int flags)
{
    int32_t done = 0;

    if (num < 0) {
        return 0;
    }

    while (done < num) {
        /* Above 256 bytes it may return early or with EINTR (getrandom(2)). */
        ssize_t got = getrandom(buf + done, (size_t)(num - done), flags);

        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }

            return 0;
        }

        done += (int32_t)got;
    }

    return 1;
}

int32_t CryptoNative_EnsureOpenSslInitialized(void)
{
    return 0;
}

/* Keys are made of this. It waits until the pool is seeded once after boot, so that none is guessable. */
int32_t CryptoNative_GetRandomBytes(uint8_t *buf, int32_t num)
{
    return fill(buf, num, 0);
}

/*
 * Seeds of hash codes and names of things are made of this, before the watchdog is armed. It gives what there is, as
 * /dev/urandom did; only a kernel without GRND_INSECURE makes it wait for the pool.
 */
int32_t minipal_get_cryptographically_secure_random_bytes(uint8_t *buffer, int32_t bufferLength)
{
    return fill(buffer, bufferLength, KERNEL_GRND_INSECURE) || fill(buffer, bufferLength, 0) ? 0 : -1;
}
