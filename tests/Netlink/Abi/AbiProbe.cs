using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace X0tta6bl4.Tests.Abi;

/// <summary>
/// Writes facts about C# structs and constants in the words of native/abi-probe/probe.c and has a C compiler check
/// them against its headers. Linked into any test project that has such types; it knows none by itself.
/// </summary>
internal sealed class AbiProbe
{
    private const int CompilerTimeoutMs = 60_000;

    private readonly SortedSet<string> _headers = new(StringComparer.Ordinal);
    private readonly StringBuilder _facts = new();

    /// <summary>How many facts there are.</summary>
    public int Count { get; private set; }

    /// <summary>A header some other one needs before it.</summary>
    public void Include(string header) => _headers.Add(header);

    /// <summary>The layout of a struct whose fields have their C names.</summary>
    /// <param name="type">A sequential, blittable struct.</param>
    /// <param name="header">For example linux/netlink.h.</param>
    /// <param name="name">For example struct nlmsghdr.</param>
    /// <param name="isPrefix">The C struct may go on after the last field.</param>
    public void AddStruct(Type type, string header, string name, bool isPrefix)
    {
        _headers.Add(header);
        if (!isPrefix)
        {
            AddFact($"SIZE_IS({name}, {SizeOf(type)})");
        }

        var fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public);
        Assert.NotEmpty(fields);
        foreach (var field in fields)
        {
            int offset = OffsetOf(type, field);
            bool isTail = isPrefix && field == fields[^1];
            AddFact(
                isTail
                    ? $"TAIL_IS({name}, {field.Name}, {offset})"
                    : $"FIELD_IS({name}, {field.Name}, {offset}, {SizeOf(field.FieldType)})"
            );
        }
    }

    /// <summary>Every constant of a class, or every member of an enum, under its own name.</summary>
    public void AddConstants(Type type, string header)
    {
        _headers.Add(header);
        var constants = type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(field => field.IsLiteral)
            .ToList();
        Assert.NotEmpty(constants);
        foreach (var constant in constants)
        {
            AddConstant(constant.Name, constant.GetRawConstantValue()!);
        }
    }

    /// <summary>One constant, whose C# name may differ.</summary>
    public void AddConstant(string name, object value)
    {
        if (value is string text)
        {
            AddFact($"TEXT_IS({name}, \"{text}\")");
            return;
        }

        if (value is Enum)
        {
            value = Convert.ChangeType(
                value,
                Enum.GetUnderlyingType(value.GetType()),
                CultureInfo.InvariantCulture
            );
        }

        AddFact($"CONSTANT_IS({name}, {Convert.ToString(value, CultureInfo.InvariantCulture)}LL)");
    }

    /// <summary>
    /// Compiles the facts; returns what the compiler said against them, empty when all hold, or null when this
    /// machine does not have that compiler.
    /// </summary>
    public string? Check(string compiler)
    {
        var directory = Directory.CreateTempSubdirectory("abi-probe-");
        try
        {
            string includes = string.Concat(_headers.Select(header => $"#include <{header}>\n"));
            File.WriteAllText(Path.Combine(directory.FullName, "facts.inc"), includes + _facts);
            return Compile(compiler, directory.FullName);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string? Compile(string compiler, string directory)
    {
        var start = new ProcessStartInfo(compiler) { UseShellExecute = false, RedirectStandardError = true };
        string[] arguments =
        [
            "-fsyntax-only",
            "-std=gnu11",
            "-Wall",
            "-Werror",
            "-DABI_ASSERTIONS=\"facts.inc\"",
            $"-I{directory}",
            Path.Combine(AppContext.BaseDirectory, "abi-probe", "probe.c"),
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        Process? process;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        using (process)
        {
            string said = process!.StandardError.ReadToEnd();
            Assert.True(process.WaitForExit(CompilerTimeoutMs), $"{compiler} did not end");
            return process.ExitCode == 0 ? "" : $"{compiler} ended with {process.ExitCode}:\n{said}";
        }
    }

    private void AddFact(string fact)
    {
        _facts.Append(fact).Append(";\n");
        Count++;
    }

    private static int SizeOf(Type type) => (int)Call(nameof(SizeOfCore), type, []);

    private static int OffsetOf(Type type, FieldInfo field) =>
        type.IsLayoutSequential
            ? (int)Call(nameof(OffsetOfCore), type, [field])
            : throw new ArgumentException($"{type} is not sequential.", nameof(type));

    private static object Call(string method, Type type, object[] arguments) =>
        typeof(AbiProbe)
            .GetMethod(method, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(type)
            .Invoke(null, arguments)!;

    private static int SizeOfCore<T>() => Unsafe.SizeOf<T>();

    /// <summary>
    /// Finds a field by writing all ones to it alone and looking where they went: this holds for every type,
    /// inline arrays included, and asks the running program instead of a marshaller's opinion.
    /// </summary>
    private static int OffsetOfCore<T>(FieldInfo field)
        where T : unmanaged
    {
        var ones = new byte[SizeOf(field.FieldType)];
        ones.AsSpan().Fill(0xff);
        object boxed = default(T);
        field.SetValue(boxed, Call(nameof(ReadCore), field.FieldType, [ones]));
        T value = (T)boxed;
        return MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).IndexOf((byte)0xff);
    }

    private static T ReadCore<T>(byte[] bytes)
        where T : unmanaged => MemoryMarshal.Read<T>(bytes);
}
