using System.Text;
using System.Text.Json;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Api;
using X0tta6bl4.Api.Client;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Agent.Cli;

/// <summary>Runs the verbs that ask the agent: find the socket, ask, show. Data to stdout, talk to stderr.</summary>
internal static class AskVerb
{
    public static async Task<int> RunAsync(CommandLine line, TextWriter output, TextWriter error)
    {
        var verb = Verbs.Asking.FirstOrDefault(v => v.Name == line.Verb || v.Aliases.Contains(line.Verb));
        if (verb is null)
        {
            var nearest = NearestName.Find(line.Verb, [.. Help.AllVerbs]);
            error.WriteLine($"x0tta6bl4: unknown verb '{line.Verb}'"
                + (nearest is null ? "; see x0tta6bl4 --help" : $"; did you mean '{nearest}'?"));
            return ExitCode.Usage;
        }

        // batctl's tl and tg name their table in the verb.
        var arguments = line.Verb switch { "tl" => ["local"], "tg" => ["global"], _ => line.Arguments };
        if (verb.Route(arguments) is not { } route)
        {
            error.WriteLine($"usage: x0tta6bl4 {verb.Name} {verb.Arguments}".TrimEnd());
            return ExitCode.Usage;
        }

        try
        {
            var reply = await new ControlClient(SocketPath(line)).GetAsync(route, CancellationToken.None);
            return reply.IsSuccess ? Show(verb, line, reply, output) : Refused(reply, error);
        }
        catch (ControlException exception)
        {
            error.WriteLine($"x0tta6bl4: {exception.Message}");
            return ExitCode.Failed;
        }
    }

    /// <summary>The flag, else what the configuration says, else the default. A broken file must not hide the agent.</summary>
    public static string SocketPath(CommandLine line)
    {
        if (line.Socket is { } socket)
        {
            return socket;
        }

        return File.Exists(line.Config) && AgentConfig.Read(line.Config, new TomlProblems()) is { } options
            ? options.Api.Socket
            : ControlSocket.DefaultPath;
    }

    private static int Show(AskingVerb verb, CommandLine line, ControlReply reply, TextWriter output)
    {
        using var answer = JsonDocument.Parse(reply.Body);
        using var text = new StringWriter();
        var exitCode = verb.Show(answer.RootElement, text);
        output.Write(line.Json ? Encoding.UTF8.GetString(reply.Body) + "\n" : text.ToString());
        return exitCode;
    }

    private static int Refused(ControlReply reply, TextWriter error)
    {
        using var answer = JsonDocument.Parse(reply.Body);
        error.WriteLine($"x0tta6bl4: {answer.RootElement.Text("error")}");
        return ExitCode.Failed;
    }
}
