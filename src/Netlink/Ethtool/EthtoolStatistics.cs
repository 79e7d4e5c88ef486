namespace X0tta6bl4.Netlink.Ethtool;

/// <summary>One statistic of an interface.</summary>
public readonly record struct EthtoolStatistic(string Name, ulong Value);

public sealed class EthtoolClient : IDisposable
{
    public static EthtoolClient Open() => throw new NotSupportedException();

    public void ReadStatistics(string interfaceName, List<EthtoolStatistic> into) => throw new NotSupportedException();

    public void Dispose() => throw new NotSupportedException();
}
