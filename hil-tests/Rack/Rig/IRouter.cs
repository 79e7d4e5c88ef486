namespace X0tta6bl4.Rack.Rig;

/// <summary>What a bench can do with a router, beyond what every bench can.</summary>
[Flags]
public enum RouterAbilities
{
    None = 0,

    /// <summary>Cards can be unplugged and plugged in while running.</summary>
    ReplugCards = 1,

    /// <summary>LED lines are captured.</summary>
    SeeLeds = 2,

    /// <summary>A button can be pressed.</summary>
    PressButton = 4,

    /// <summary>Watchdog resets are told apart from others.</summary>
    TellWatchdogResets = 8,

    /// <summary>The router is built as the scenario's <see cref="RouterOptions"/> say.</summary>
    BuildToOrder = 16,
}

/// <summary>One reset of the board that nobody asked for through power.</summary>
/// <param name="ByWatchdog">True when the watchdog did it.</param>
public readonly record struct BoardReset(bool ByWatchdog);

/// <summary>
/// A router on a bench. A scenario sees only this: whether it is a QEMU machine or a board on a shelf is the bench's
/// business. Everything observed is in a <see cref="Journal{T}"/> that survives power cuts. Waits end in a <see
/// cref="RackException"/>.
/// </summary>
public interface IRouter : IAsyncDisposable
{
    string Name { get; }

    RouterAbilities Abilities { get; }

    /// <summary>Addresses of its mesh cards, by interface name.</summary>
    IReadOnlyDictionary<string, string> MeshAddresses { get; }

    SerialConsole Console { get; }

    LedCapture Leds { get; }

    Journal<BoardReset> Resets { get; }

    /// <summary>Applies power. Returns at once.</summary>
    Task PowerOnAsync(CancellationToken cancellation);

    /// <summary>Takes power away, as a storm does.</summary>
    Task PowerCutAsync(CancellationToken cancellation);

    /// <summary>Waits until its user space is up and the management shell answers.</summary>
    /// <param name="mark">Console position from before it was started or reset.</param>
    /// <param name="limit">Longest wait.</param>
    /// <param name="cancellation">Ends the wait.</param>
    Task WaitUntilManagedAsync(long mark, TimeSpan limit, CancellationToken cancellation);

    /// <summary>Runs a shell script on the router.</summary>
    Task<ExecResult> ExecAsync(string script, TimeSpan limit, CancellationToken cancellation);

    /// <summary>
    /// HTTP GET from the agent; any status but 200 and 503 is an error (503 is an answer of /readyz).
    /// </summary>
    Task<HttpAnswer> GetAsync(string path, CancellationToken cancellation);

    /// <summary>Presses the button shortly.</summary>
    Task PressButtonAsync(CancellationToken cancellation);

    /// <summary>Pulls a mesh card out of the running router; returns when the router has let go of it.</summary>
    Task UnplugAsync(string meshInterface, CancellationToken cancellation);

    /// <summary>Plugs it in again.</summary>
    Task PlugAsync(string meshInterface, CancellationToken cancellation);
}

/// <summary>What the agent's HTTP server answered.</summary>
public readonly record struct HttpAnswer(int Status, string Body);

/// <summary>Conveniences over any router.</summary>
public static class RouterExtensions
{
    /// <summary>Time for a short script; a command of the emulated router takes about 0.1 s.</summary>
    private static readonly TimeSpan ShortScript = TimeSpan.FromSeconds(20);

    /// <summary>Runs a script that must succeed and returns its output.</summary>
    public static async Task<string> RunAsync(this IRouter router, string script, CancellationToken cancellation) =>
        (await router.ExecAsync(script, ShortScript, cancellation)).Text($"{router.Name}: {script}");

    /// <summary>Writes a file on the router, whole or not at all.</summary>
    public static Task PushAsync(
        this IRouter router, string path, ReadOnlySpan<byte> content, CancellationToken cancellation) =>
        router.RunAsync(
            $"""
            base64 -d > '{path}.new' <<'END' && mv '{path}.new' '{path}'
            {Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks)}
            END
            """,
            cancellation);

    /// <summary>Waits for a reset by the watchdog after a mark.</summary>
    public static async Task<JournalEntry<BoardReset>> WaitForWatchdogResetAsync(
        this IRouter router, long mark, TimeSpan limit, CancellationToken cancellation)
    {
        router.Need(RouterAbilities.TellWatchdogResets);
        return await router.Resets.WaitAsync(mark, r => r.ByWatchdog, limit, cancellation)
            ?? throw new RackException(
                $"the watchdog did not reset {router.Name} within {limit.TotalSeconds:0.#} s\n{router.Console.Tail()}");
    }

    /// <summary>Says clearly that a scenario cannot run here, instead of waiting for what will never come.</summary>
    public static void Need(this IRouter router, RouterAbilities ability)
    {
        if (!router.Abilities.HasFlag(ability))
        {
            throw new RackException($"{router.Name} cannot do this on its bench: {ability}");
        }
    }
}
