namespace X0tta6bl4.Netlink.Linux;

/// <summary>
/// Marks a class whose constants repeat those of a C header under their C names. tests/Netlink/Abi reads the mark,
/// writes a C file of static assertions, and compiles it for x86-64 and AArch64.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Enum)]
internal sealed class UapiConstantsAttribute(string header) : Attribute
{
    public string Header { get; } = header;
}

/// <summary>Marks a struct whose layout repeats one of a C header, field names included; proved likewise.</summary>
[AttributeUsage(AttributeTargets.Struct)]
internal sealed class UapiStructAttribute(string header, string name) : Attribute
{
    public string Header { get; } = header;

    /// <summary>The C type, for example "struct nlmsghdr".</summary>
    public string Name { get; } = name;

    /// <summary>True when offsets must match but the size need not: the C struct goes on.</summary>
    public bool IsPrefix { get; init; }
}
