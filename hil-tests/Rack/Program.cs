using System.Runtime.InteropServices;
using X0tta6bl4.Rack.Cli;
using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack;

internal static class Program
{
    private const string Usage = $"""
        usage: rack <command>

          {RunCommand.Usage}
              boots three routers in a line and shows them live
          {HilCommand.Usage}
              proves the promises, one JSON line each
          {BenchCommand.Usage}
              measures, beside peers or budgets
        """;

    public static async Task<int> Main(string[] arguments)
    {
        // Ctrl-C, kill and a closed terminal all unwind the same way: routers off, files removed.
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        try
        {
            var line = new CommandLine(arguments.Skip(1));
            return arguments.FirstOrDefault() switch
            {
                "run" => await RunCommand.RunAsync(line, stop.Token),
                "hil" => await HilCommand.RunAsync(line, stop.Token),
                "bench" => await BenchCommand.RunAsync(line, stop.Token),
                _ => throw new UsageException(Usage),
            };
        }
        catch (UsageException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return ExitCodes.Usage;
        }
        catch (RackException exception)
        {
            await Console.Error.WriteLineAsync($"rack: {exception.Message}");
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
    }
}
