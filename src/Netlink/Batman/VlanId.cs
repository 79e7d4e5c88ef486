namespace X0tta6bl4.Netlink.Batman;

/// <summary>
/// The VLAN a table row belongs to, as batman-adv counts them: bit 15 says "tagged" (<c>BATADV_VLAN_HAS_TAG</c> of
/// linux/batadv_packet.h), bits 0–11 are the 802.1Q id. Untagged traffic has neither.
/// </summary>
/// <param name="Raw">The kernel's 16 bits.</param>
public readonly record struct VlanId(ushort Raw)
{
    internal const ushort HasTag = 1 << 15;
    private const ushort IdMask = 0x0fff;

    /// <summary>True when the row belongs to a VLAN.</summary>
    public bool IsTagged => (Raw & HasTag) != 0;

    /// <summary>802.1Q id 0–4095, or -1 for untagged, as batctl prints it.</summary>
    public int Number => IsTagged ? Raw & IdMask : -1;

    /// <summary>The tagged VLAN with this 802.1Q id; only the low 12 bits are kept.</summary>
    public static VlanId Tagged(int id) => new((ushort)((id & IdMask) | HasTag));

    /// <inheritdoc/>
    public override string ToString() => Number.ToString();
}
