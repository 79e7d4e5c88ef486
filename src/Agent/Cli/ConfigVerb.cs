using System.Text.Json;
using X0tta6bl4.Agent.Configuration;
using X0tta6bl4.Toml;

namespace X0tta6bl4.Agent.Cli;

/// <summary><c>config check [FILE]</c> and <c>config sample</c>: need no running agent.</summary>
internal static class ConfigVerb
{
    public static int Run(CommandLine line, TextWriter output, TextWriter error)
    {
        switch (line.Arguments)
        {
            case ["check"]:
                return Check(line.Config, line.Json, output);
            case ["check", var file]:
                return Check(file, line.Json, output);
            case ["sample"]:
                output.Write(Sample());
                return ExitCode.Fine;
            default:
                error.WriteLine("usage: x0tta6bl4 config check [FILE] | config sample");
                return ExitCode.Usage;
        }
    }

    /// <summary>The commented file with every key and its default.</summary>
    public static string Sample()
    {
        using var stream = typeof(ConfigVerb).Assembly.GetManifestResourceStream("agent.sample.toml")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static int Check(string file, bool json, TextWriter output)
    {
        var problems = new TomlProblems();
        var options = AgentConfig.Read(file, problems);
        if (json)
        {
            output.WriteLine(Json(file, problems));
        }
        else
        {
            output.Write(options is null ? problems.ToString() : $"{file}: fine\n");
        }

        return options is null ? ExitCode.Usage : ExitCode.Fine;
    }

    private static string Json(string file, TomlProblems problems) => JsonOutput.Write(json =>
    {
        json.WriteString("file", file);
        json.WriteBoolean("fine", !problems.Any);
        json.WriteStartArray("problems");
        foreach (var problem in problems.Items)
        {
            json.WriteStartObject();
            json.WriteString("file", problem.File);
            json.WriteNumber("line", problem.Line);
            json.WriteNumber("column", problem.Column);
            json.WriteString("message", problem.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}

/// <summary>One JSON document of the command line itself, with the version every document has.</summary>
internal static class JsonOutput
{
    public static string Write(Action<Utf8JsonWriter> writeFields)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("version", 1);
            writeFields(json);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
