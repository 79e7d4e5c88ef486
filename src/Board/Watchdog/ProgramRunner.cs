using System.Diagnostics;

namespace X0tta6bl4.Board.Watchdog;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Its exit code; -1 when it could not be started or was killed at the time limit.</param>
/// <param name="Output">What it said on both outputs, the first part.</param>
public sealed record ProgramResult(int ExitCode, string Output);

/// <summary>Runs a program and waits for it.</summary>
/// <param name="program">Its name, found on the PATH.</param>
/// <param name="arguments">Its arguments; no shell is involved.</param>
public delegate ProgramResult ProgramRunner(string program, IReadOnlyList<string> arguments);

/// <summary>
/// Runs real programs. Only the watchdog hand-over with procd needs one: <c>ubus</c>, a few milliseconds.
/// </summary>
public static class SystemPrograms
{
    /// <summary>Longest a program may take, ms, well under any watchdog's time-out.</summary>
    public const int TimeLimitMs = 3000;

    /// <summary>Most characters of output kept.</summary>
    public const int OutputCharsMax = 500;

    /// <inheritdoc cref="ProgramRunner"/>
    public static ProgramResult Run(string program, IReadOnlyList<string> arguments)
    {
        try
        {
            using var process = new Process
            {
                StartInfo = new ProcessStartInfo(program, arguments)
                {
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                },
            };
#pragma warning disable RS0030 // The banned call's one allowed place: procd gives the watchdog up through ubus only.
            process.Start();
#pragma warning restore RS0030
            // Read on the side: a program that fills its pipe would otherwise never end.
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(TimeLimitMs) || !Task.WaitAll([output, error], TimeLimitMs))
            {
                process.Kill(entireProcessTree: true);
                return new ProgramResult(-1, $"no answer within {TimeLimitMs} ms");
            }

            var text = (output.Result + error.Result).Trim();
            return new ProgramResult(process.ExitCode, text.Length > OutputCharsMax ? text[..OutputCharsMax] : text);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException or AggregateException)
        {
            return new ProgramResult(-1, $"'{program}' cannot be started ({e.GetType().Name}: is it installed?)");
        }
    }
}
