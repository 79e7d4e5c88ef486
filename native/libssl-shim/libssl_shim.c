/*
 * Two functions the agent needs from .NET's OpenSSL shim, without OpenSSL.
 *
 * Why it exists: on a root without libssl (OpenWrt, an initramfs, an empty chroot) every path into the native part of
 * System.Security.Cryptography loads libssl first and, when that fails, aborts the process ("No usable version of libssl
 * was found"); nothing can catch that. Even BouncyCastle gets there, because it seeds its generator from
 * RandomNumberGenerator. All the agent wants from there is random bytes, and those the kernel gives without a library.
 *
 * How it is used: this object is linked before .NET's own libSystem.Security.Cryptography.Native.OpenSsl.a with
 * -Wl,-z,muldefs, so its two definitions win and the rest of that archive stays as it is. The other functions of the
 * archive still need libssl and crash without it: BannedSymbols.txt keeps them out of shipped code.
 *
 * Signatures: src/native/libs/System.Security.Cryptography.Native/openssl.c of dotnet/runtime, release/10.0. Both functions
 * are defined in that one file, so the linker pulls its object in all the same; muldefs lets ours, seen first, win.
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

int32_t CryptoNative_EnsureOpenSslInitialized(void)
{
    return 0;
}

int32_t CryptoNative_GetRandomBytes(uint8_t *buf, int32_t num)
{
    int32_t done = 0;

    if (num < 0) {
        return 0;
    }

    while (done < num) {
        /*
         * Flags 0: blocks until the pool is seeded once after boot (getrandom(2)), so a key made in the first second of
         * a router's life is not guessable; never blocks again. Above 256 bytes it may return early or with EINTR.
         */
        ssize_t got = getrandom(buf + done, (size_t)(num - done), 0);

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
