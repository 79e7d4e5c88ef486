namespace X0tta6bl4.Netlink.Ethtool;

/// <summary>One counter a driver keeps; its name is the driver's, for example batman-adv's "mgmt_tx_bytes".</summary>
public readonly record struct EthtoolStatistic(string Name, ulong Value);
