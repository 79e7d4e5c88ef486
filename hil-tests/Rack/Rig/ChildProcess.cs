using System.Collections.Concurrent;
using System.Diagnostics;

namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// A program the rack starts, which must never outlive it: not after an exception, not after SIGKILL of the rack.
/// <para>
/// It is started through <c>setpriv --pdeathsig KILL</c>: the kernel kills it when its parent dies. "Parent" means the
/// thread that forked it, and threads of a pool come and go; so one thread, which lives as long as the process, starts
/// all.
/// </para>
/// </summary>
public sealed class ChildProcess : IAsyncDisposable
{
    private static readonly Lazy<BlockingCollection<Action>> Launcher = new(StartLauncher);

    private readonly Process _process;
    private readonly string _name;

    private ChildProcess(Process process, string name)
    {
        _process = process;
        _name = name;
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Exit code, or minus the signal's number as .NET reports it; valid after the exit.</summary>
    public int ExitCode => _process.ExitCode;

    /// <param name="program">Found through PATH when it has no slash.</param>
    /// <param name="arguments">Passed as they are, no shell.</param>
    /// <param name="onOutput">Gets each line of standard output.</param>
    /// <param name="onError">Gets each line of standard error.</param>
    /// <param name="environment">Variables set besides ours.</param>
    /// <param name="input">All of its standard input.</param>
    public static async Task<ChildProcess> StartAsync(
        string program, IEnumerable<string> arguments, Action<string> onOutput, Action<string> onError,
        IReadOnlyDictionary<string, string>? environment = null, string input = "")
    {
        var info = new ProcessStartInfo("setpriv")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["--pdeathsig", "KILL", "--", program, .. arguments])
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[key] = value;
        }

        var process = new Process { StartInfo = info };
        process.OutputDataReceived += (_, e) => Feed(e.Data, onOutput);
        process.ErrorDataReceived += (_, e) => Feed(e.Data, onError);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Launcher.Value.Add(() =>
        {
            try
            {
                process.Start();
                started.SetResult();
            }
            catch (Exception exception)
            {
                started.SetException(new RackException($"cannot start {program}: {exception.Message}", exception));
            }
        });
        await started.Task;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await WriteInputAsync(process, input);
        return new ChildProcess(process, Path.GetFileName(program));
    }

    /// <summary>Completes when it has ended and its output was read to the end.</summary>
    public Task WaitForExitAsync(CancellationToken cancellation) => _process.WaitForExitAsync(cancellation);

    /// <summary>Sends a signal by its name without SIG.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Kills it without a chance to tidy up, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException exception)
        {
            throw new RackException($"{_name} (pid {_process.Id}) did not end within 10 s of SIGKILL", exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private static async Task WriteInputAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of its input; its exit code tells whether that was right.
        }
    }

    private static void Feed(string? line, Action<string> sink)
    {
        if (line is not null)
        {
            sink(line);
        }
    }

    private static BlockingCollection<Action> StartLauncher()
    {
        var work = new BlockingCollection<Action>();
        new Thread(() =>
        {
            foreach (var action in work.GetConsumingEnumerable())
            {
                action();
            }
        })
        { IsBackground = true, Name = "launcher" }.Start();
        return work;
    }
}
