/*
 * Proof that the kernel's structs and constants, as src/ repeats them in C#, are those of this machine's headers.
 *
 * Why this is not C#: only a C compiler knows what the UAPI headers say, and it knows it for the target as well: the
 * file is compiled (never linked, never run, never shipped) by the host's gcc and by aarch64-linux-gnu-gcc, so the
 * layouts are proved for both machines on either.
 *
 * ABI_ASSERTIONS names a file that tests/Netlink/Abi/AbiProbe.cs generates from the C# types: the includes, then one
 * line a fact, in the words defined here.
 */
#include <stddef.h>

#define SIZE_IS(type, bytes) \
	_Static_assert(sizeof(type) == (bytes), "sizeof(" #type ") is not " #bytes)

#define FIELD_IS(type, field, offset, bytes) \
	_Static_assert(offsetof(type, field) == (offset), #type "." #field " is not at " #offset); \
	_Static_assert(sizeof(((type *)0)->field) == (bytes), #type "." #field " has not " #bytes " bytes")

/* The last field of a struct that goes on: a flexible array has an offset but no size. */
#define TAIL_IS(type, field, offset) \
	_Static_assert(offsetof(type, field) == (offset), #type "." #field " is not at " #offset)

#define CONSTANT_IS(name, value) \
	_Static_assert((long long)(name) == (value), #name " is not " #value)

#define TEXT_IS(name, value) \
	_Static_assert(__builtin_strcmp(name, value) == 0, #name " is not " #value)

#include ABI_ASSERTIONS
