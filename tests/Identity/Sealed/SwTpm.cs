using System.Diagnostics;
using X0tta6bl4.Identity.Sealed.Tpm;

namespace X0tta6bl4.Identity.Tests.Sealed;

/// <summary>A TPM 2.0 of its own, emulated by swtpm, that speaks on a unix socket.</summary>
internal sealed class SwTpm : IDisposable
{
    private readonly string _state;
    private readonly bool _isStarted;
    private Process? _process;

    /// <param name="folder">Where its state and its socket are.</param>
    /// <param name="name">Of both.</param>
    /// <param name="isStarted">False for a TPM whose firmware has not sent TPM2_Startup.</param>
    public SwTpm(string folder, string name = "tpm", bool isStarted = true)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/swtpm"), "swtpm is not installed: ./build.sh deps test");
        Path = System.IO.Path.Combine(folder, name + ".socket");
        _state = Directory.CreateDirectory(System.IO.Path.Combine(folder, name + ".state")).FullName;
        _isStarted = isStarted;
        PowerOn();
    }

    /// <summary>Its socket.</summary>
    public string Path { get; }

    public void PowerOff()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
        File.Delete(Path);
    }

    public void PowerOn()
    {
        _process = Process.Start(new ProcessStartInfo("swtpm",
        [
            "socket", "--tpm2", "--tpmstate", $"dir={_state}", "--server", $"type=unixio,path={Path}",
            "--ctrl", $"type=unixio,path={Path}.control", "--flags", _isStarted ? "not-need-init,startup-clear" : "not-need-init",
        ])
        { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        for (var since = Stopwatch.GetTimestamp(); !File.Exists(Path); Thread.Sleep(5))
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(20) && !_process.HasExited, "swtpm did not come up");
        }
    }

    /// <summary>As if it were another one: new seeds.</summary>
    public void Replace()
    {
        PowerOff();
        Directory.Delete(_state, recursive: true);
        Directory.CreateDirectory(_state);
        PowerOn();
    }

    /// <summary>Sends a command of sessions with an empty password; it must succeed.</summary>
    public void Command(uint code, uint handle, Action<TpmWriter> parameters)
    {
        var rest = new TpmWriter();
        parameters(rest);
        var authorization = new TpmWriter().U32(0x40000009).Sized([]).U8(0).Sized([]).ToArray();
        var command = new TpmWriter().U16(0x8002).U32((uint)(10 + 4 + 4 + authorization.Length + rest.Written.Length)).U32(code)
            .U32(handle).U32((uint)authorization.Length).Raw(authorization).Raw(rest.Written);
        using var device = TpmDevice.Open(Path);
        var answer = new byte[4096];
        var length = device.Exchange(command.Written, answer);
        Assert.Equal("00000000", Convert.ToHexString(answer.AsSpan(6, Math.Min(4, length))));
    }

    public void Dispose()
    {
        PowerOff();
        File.Delete(Path + ".control");
    }
}
