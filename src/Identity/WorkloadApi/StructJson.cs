using System.Buffers;
using System.Text.Json;
using X0tta6bl4.Identity.Grpc;

namespace X0tta6bl4.Identity.WorkloadApi;

/// <summary>A <c>google.protobuf.Struct</c> as the JSON it stands for (struct.proto): the claims of a token.</summary>
internal static class StructJson
{
    /// <summary>Most objects and lists inside each other.</summary>
    public const int DepthMax = 8;

    /// <summary>UTF-8 of a JSON object.</summary>
    /// <exception cref="ProtobufFormatException">It is no such message, or goes too deep.</exception>
    public static ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> message)
    {
        var json = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(json);
        WriteObject(writer, message, depth: 1);
        writer.Flush();
        return json.WrittenMemory;
    }

    private static void WriteObject(Utf8JsonWriter writer, ReadOnlyMemory<byte> message, int depth)
    {
        CheckDepth(depth);
        var fields = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                // Of a key that stands there twice the last counts, as in every map.
                var (key, value) = reader.ReadMapEntry();
                fields[key] = value;
            }
            else
            {
                reader.Skip();
            }
        }

        writer.WriteStartObject();
        foreach (var (name, value) in fields)
        {
            writer.WritePropertyName(name);
            WriteValue(writer, value, depth);
        }

        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, ReadOnlyMemory<byte> message, int depth)
    {
        CheckDepth(depth);
        writer.WriteStartArray();
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                WriteValue(writer, reader.ReadBytes(), depth);
            }
            else
            {
                reader.Skip();
            }
        }

        writer.WriteEndArray();
    }

    /// <summary>One of six kinds; of several the last counts, and none is null.</summary>
    private static void WriteValue(Utf8JsonWriter writer, ReadOnlyMemory<byte> message, int depth)
    {
        Action write = writer.WriteNullValue;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    var number = reader.ReadDouble();
                    write = double.IsFinite(number)
                        ? () => writer.WriteNumberValue(number)
                        : throw new ProtobufFormatException("a number of it is none that JSON has");
                    break;
                case 3:
                    var text = reader.ReadString();
                    write = () => writer.WriteStringValue(text);
                    break;
                case 4:
                    var isSo = reader.ReadBool();
                    write = () => writer.WriteBooleanValue(isSo);
                    break;
                case 5:
                    var fields = reader.ReadBytes();
                    write = () => WriteObject(writer, fields, depth + 1);
                    break;
                case 6:
                    var values = reader.ReadBytes();
                    write = () => WriteList(writer, values, depth + 1);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        write();
    }

    private static void CheckDepth(int depth)
    {
        if (depth > DepthMax)
        {
            throw new ProtobufFormatException($"it has over {DepthMax} objects and lists inside each other");
        }
    }
}
