using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Generic;

/// <summary>
/// The family "nlctrl", which has a fixed number and knows all others (linux/genetlink.h). Its group "notify"
/// announces families that come and go with their modules.
/// </summary>
internal static class GenericController
{
    public const string Name = "nlctrl";
    public const string NotifyGroup = "notify";

    private const byte Version = 2;

    /// <summary>Looks a family up by name (CTRL_CMD_GETFAMILY); null when the kernel has none of that name.</summary>
    /// <remarks>On kernels with module autoloading the question itself loads the family's module.</remarks>
    public static GenericFamily? Find(NetlinkConnection connection, string familyName)
    {
        var operation = new NetlinkOperation("nlctrl GETFAMILY", "family", Object: familyName);
        var request = connection.Begin(GenetlinkUapi.GENL_ID_CTRL, 0);
        request.PutStruct(new GenlMsgHdr { cmd = GenetlinkUapi.CTRL_CMD_GETFAMILY, version = Version });
        request.PutString(GenetlinkUapi.CTRL_ATTR_FAMILY_NAME, familyName);
        var answer = connection.Query(operation, request, out var message);
        if (answer.ErrorNumber == Errno.ENOENT)
        {
            return null;
        }

        answer.ThrowIfError(operation);
        var problem = GenericFamily.Read(message, out var family);
        return problem.Kind == RowProblemKind.None ? family : throw problem.ToException(operation);
    }
}
