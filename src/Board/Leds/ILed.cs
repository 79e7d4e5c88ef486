namespace X0tta6bl4.Board.Leds;

/// <summary>One LED of either kind.</summary>
internal interface ILed : IDisposable
{
    /// <summary>Name for people.</summary>
    string Name { get; }

    /// <summary>True while it needs <see cref="Tick"/> to blink.</summary>
    bool NeedsTick { get; }

    /// <summary>Shows a pattern from now on.</summary>
    LedResult Show(LedPattern pattern, TimeSpan now);

    /// <summary>Gives a LED without a kernel driver the chance to change.</summary>
    LedResult Tick(TimeSpan now);
}

/// <summary>How an attempt on a LED went.</summary>
/// <param name="IsShown">The pattern, or its replacement, is on the LED.</param>
/// <param name="IsSteadyInstead">The kernel has no timer trigger: a blink is shown as steady light.</param>
/// <param name="Problem">Why not, or null.</param>
internal readonly record struct LedResult(bool IsShown, bool IsSteadyInstead, string? Problem)
{
    public static LedResult Done => new(true, false, null);

    public static LedResult CannotBlink => new(true, true, null);

    public static LedResult From(int errno) => errno == 0 ? Done : Failed(Linux.Errno.Text(errno));

    public static LedResult Failed(string problem) => new(false, false, problem);
}
