using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink.Generic;

/// <summary>
/// A generic netlink family as the kernel numbers it now: the number changes when its module is loaded again.
/// </summary>
internal sealed record GenericFamily
{
    /// <summary>CTRL_ATTR_FAMILY_NAME.</summary>
    public required string Name { get; init; }

    /// <summary>CTRL_ATTR_FAMILY_ID: the nlmsg_type of its messages.</summary>
    public required ushort Id { get; init; }

    /// <summary>CTRL_ATTR_VERSION.</summary>
    public uint Version { get; init; }

    /// <summary>CTRL_ATTR_MAXATTR: the highest attribute this kernel knows.</summary>
    public uint MaxAttribute { get; init; }

    /// <summary>CTRL_ATTR_MCAST_GROUPS, by name.</summary>
    public required IReadOnlyDictionary<string, uint> Groups { get; init; }

    /// <summary>Reads a CTRL_CMD_NEWFAMILY or CTRL_CMD_DELFAMILY message.</summary>
    public static RowProblem Read(scoped in NetlinkMessage message, out GenericFamily? family)
    {
        family = null;
        if (message.Payload.Length < GenetlinkUapi.GENL_HDRLEN)
        {
            return RowProblem.Malformed;
        }

        string? name = null;
        ushort? id = null;
        uint version = 0;
        uint maxAttribute = 0;
        var groups = new Dictionary<string, uint>(StringComparer.Ordinal);
        bool areGroupsGood = true;
        string? wrongLength = null;
        var attributes = new NetlinkAttributeReader(message.Payload[GenetlinkUapi.GENL_HDRLEN..]);
        while (attributes.TryRead(out var attribute))
        {
            switch (attribute.Type)
            {
                case GenetlinkUapi.CTRL_ATTR_FAMILY_NAME:
                    name = attribute.GetString();
                    break;
                case GenetlinkUapi.CTRL_ATTR_FAMILY_ID:
                    wrongLength = attribute.TryGetUInt16(out ushort number) ? wrongLength : "CTRL_ATTR_FAMILY_ID";
                    id = number;
                    break;
                case GenetlinkUapi.CTRL_ATTR_VERSION:
                    wrongLength = attribute.TryGetUInt32(out version) ? wrongLength : "CTRL_ATTR_VERSION";
                    break;
                case GenetlinkUapi.CTRL_ATTR_MAXATTR:
                    wrongLength = attribute.TryGetUInt32(out maxAttribute) ? wrongLength : "CTRL_ATTR_MAXATTR";
                    break;
                case GenetlinkUapi.CTRL_ATTR_MCAST_GROUPS:
                    areGroupsGood = ReadGroups(attribute.Nested(), groups);
                    break;
                default:
                    break;
            }
        }

        if (attributes.IsMalformed || !areGroupsGood)
        {
            return RowProblem.Malformed;
        }

        if (wrongLength is not null)
        {
            return new RowProblem(RowProblemKind.WrongLength, wrongLength);
        }

        if (name is null)
        {
            return new RowProblem(RowProblemKind.Missing, "CTRL_ATTR_FAMILY_NAME");
        }

        if (id is null)
        {
            return new RowProblem(RowProblemKind.Missing, "CTRL_ATTR_FAMILY_ID");
        }

        family = new GenericFamily
        {
            Name = name,
            Id = id.Value,
            Version = version,
            MaxAttribute = maxAttribute,
            Groups = groups,
        };
        return RowProblem.None;
    }

    /// <summary>The list is numbered from 1: each entry's type is its place, its content a list again.</summary>
    private static bool ReadGroups(NetlinkAttributeReader list, Dictionary<string, uint> groups)
    {
        while (list.TryRead(out var entry))
        {
            string? name = null;
            uint? id = null;
            var fields = entry.Nested();
            while (fields.TryRead(out var field))
            {
                if (field.Type == GenetlinkUapi.CTRL_ATTR_MCAST_GRP_NAME)
                {
                    name = field.GetString();
                }
                else if (field.Type == GenetlinkUapi.CTRL_ATTR_MCAST_GRP_ID && field.TryGetUInt32(out uint value))
                {
                    id = value;
                }
            }

            if (fields.IsMalformed || groups.Count >= NetlinkLimits.GenericGroups)
            {
                return false;
            }

            if (name is not null && id is not null)
            {
                groups[name] = id.Value;
            }
        }

        return !list.IsMalformed;
    }
}
