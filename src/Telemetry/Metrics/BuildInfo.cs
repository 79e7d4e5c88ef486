namespace X0tta6bl4.Telemetry.Metrics;

/// <summary>What was built, for <c>x0tta6bl4_build_info</c> and the first log line.</summary>
/// <param name="Version">Version of the agent, for example <c>0.1.0</c>.</param>
/// <param name="Arch">Processor architecture in the field's spelling, for example <c>arm64</c>.</param>
public sealed record BuildInfo(string Version, string Arch);
