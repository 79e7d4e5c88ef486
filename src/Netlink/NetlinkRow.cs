namespace X0tta6bl4.Netlink;

/// <summary>Why a row could not be read.</summary>
internal enum RowProblemKind
{
    None = 0,

    /// <summary>Not a row of this table (another address family, another hardware type): leave it out.</summary>
    Skip = 1,

    /// <summary>The bytes are no attribute list.</summary>
    Malformed = 2,

    /// <summary>A mandatory attribute is absent.</summary>
    Missing = 3,

    /// <summary>An attribute is not of the length its type demands.</summary>
    WrongLength = 4,
}

/// <summary>The outcome of reading a row, by value: the text is made only when there is something to say.</summary>
internal readonly record struct RowProblem(RowProblemKind Kind, string? Attribute = null)
{
    public static RowProblem None => default;

    public static RowProblem Skip => new(RowProblemKind.Skip);

    public static RowProblem Malformed => new(RowProblemKind.Malformed);

    public string Describe() =>
        Kind switch
        {
            RowProblemKind.Missing => $"the kernel's message lacks {Attribute}",
            RowProblemKind.WrongLength => $"{Attribute} has an unexpected length",
            _ => "the kernel's message does not parse",
        };

    public NetlinkException ToException(in NetlinkOperation operation) =>
        new(
            Kind == RowProblemKind.Missing ? NetlinkFailure.MissingAttribute : NetlinkFailure.Malformed,
            operation.Name,
            operation.Subject(),
            detail: Describe(),
            hint: "This kernel speaks another dialect than the UAPI headers say: report it with `uname -r`."
        );
}

/// <summary>A value that one message of an answer describes.</summary>
internal interface INetlinkRow<TSelf>
    where TSelf : struct, INetlinkRow<TSelf>
{
    /// <summary>Reads the row from what follows the nlmsghdr; never throws.</summary>
    static abstract RowProblem Read(in NetlinkMessage message, NameCache names, out TSelf row);
}

/// <summary>What is being done to what, for error messages; the text is put together only when one is needed.</summary>
internal readonly record struct NetlinkOperation(
    string Name,
    string? ObjectKind = null,
    uint Index = 0,
    string? Object = null
)
{
    public string? Subject()
    {
        if (ObjectKind is null)
        {
            return Object;
        }

        string index = Index == 0 ? "" : $" {Index}";
        string name = Object is null ? "" : $" {Object}";
        return ObjectKind + index + name;
    }
}
