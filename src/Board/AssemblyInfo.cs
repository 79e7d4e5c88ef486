using System.Runtime.CompilerServices;

// Every struct handed to the kernel is blittable; with this the compiler proves it, and no marshalling code is linked.
[assembly: DisableRuntimeMarshalling]
