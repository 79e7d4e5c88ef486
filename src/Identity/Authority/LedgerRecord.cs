using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using X0tta6bl4.Identity.Spiffe;

namespace X0tta6bl4.Identity.Authority;

/// <summary>One line of the ledger: something that was decided, once for all.</summary>
internal abstract record LedgerRecord
{
    private const int Version = 1;

    /// <summary>The first line, unlike any other file's: who has read another one sees that he has to begin again.</summary>
    public sealed record Began(string Generation) : LedgerRecord
    {
        public static Began Random() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)));
    }

    /// <summary>A token was made. Of its secret only the hash is known here.</summary>
    public sealed record TokenMade(string Selector, byte[] SecretHash, SpiffeId Id, DateTimeOffset NotAfter) : LedgerRecord;

    /// <summary>A token was used, and is gone; the ID belongs to this key alone from now on.</summary>
    public sealed record Enrolled(string Selector, SpiffeId Id, byte[] Key, DateTimeOffset At) : LedgerRecord;

    /// <summary>The keys by which a node may come back: the one it proved, the one it was given.</summary>
    public sealed record KeysKept(SpiffeId Id, IReadOnlyList<byte[]> Keys, DateTimeOffset At) : LedgerRecord;

    /// <summary>A node was in touch; written once a day at most.</summary>
    public sealed record Seen(SpiffeId Id, DateTimeOffset At) : LedgerRecord;

    /// <summary>A certificate was issued by file.</summary>
    public sealed record Issued(SpiffeId Id, string SerialNumber, DateTimeOffset NotAfter, DateTimeOffset At) : LedgerRecord;

    /// <summary>Nothing is issued for this ID any more, and what it could come back with is forgotten.</summary>
    public sealed record Denied(SpiffeId Id, DateTimeOffset At) : LedgerRecord;

    /// <summary>The ID may be enrolled again, with a new token.</summary>
    public sealed record Allowed(SpiffeId Id) : LedgerRecord;

    /// <summary>The node may be an island authority, with certificates of so many days; 0 takes it back.</summary>
    public sealed record IslandGranted(SpiffeId Id, int Days) : LedgerRecord;

    /// <summary>The whole of a node, when the ledger is rewritten.</summary>
    public sealed record Node(LedgerNode Is) : LedgerRecord;

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        switch (this)
        {
            case Began began:
                json.WriteString("t", "ledger");
                json.WriteNumber("version", Version);
                json.WriteString("generation", began.Generation);
                break;
            case TokenMade made:
                json.WriteString("t", "token");
                json.WriteString("selector", made.Selector);
                json.WriteString("hash", Base64Url.EncodeToString(made.SecretHash));
                json.WriteString("id", made.Id.ToString());
                json.WriteNumber("not_after", made.NotAfter.ToUnixTimeSeconds());
                break;
            case Enrolled enrolled:
                json.WriteString("t", "enrol");
                json.WriteString("selector", enrolled.Selector);
                json.WriteString("id", enrolled.Id.ToString());
                WriteKeys(json, [enrolled.Key]);
                json.WriteNumber("at", enrolled.At.ToUnixTimeSeconds());
                break;
            case KeysKept kept:
                json.WriteString("t", "keys");
                json.WriteString("id", kept.Id.ToString());
                WriteKeys(json, kept.Keys);
                json.WriteNumber("at", kept.At.ToUnixTimeSeconds());
                break;
            case Seen seen:
                json.WriteString("t", "seen");
                json.WriteString("id", seen.Id.ToString());
                json.WriteNumber("at", seen.At.ToUnixTimeSeconds());
                break;
            case Issued issued:
                json.WriteString("t", "issue");
                json.WriteString("id", issued.Id.ToString());
                json.WriteString("serial", issued.SerialNumber);
                json.WriteNumber("not_after", issued.NotAfter.ToUnixTimeSeconds());
                json.WriteNumber("at", issued.At.ToUnixTimeSeconds());
                break;
            case Denied denied:
                json.WriteString("t", "deny");
                json.WriteString("id", denied.Id.ToString());
                json.WriteNumber("at", denied.At.ToUnixTimeSeconds());
                break;
            case Allowed allowed:
                json.WriteString("t", "allow");
                json.WriteString("id", allowed.Id.ToString());
                break;
            case IslandGranted island:
                json.WriteString("t", "island");
                json.WriteString("id", island.Id.ToString());
                json.WriteNumber("days", island.Days);
                break;
            case Node { Is: var node }:
                json.WriteString("t", "node");
                json.WriteString("id", node.Id.ToString());
                WriteKeys(json, node.Keys);
                json.WriteNumber("at", node.LastContact.ToUnixTimeSeconds());
                json.WriteNumber("since", node.EnrolledAt.ToUnixTimeSeconds());
                json.WriteBoolean("enrolled", node.IsEnrolled);
                json.WriteBoolean("denied", node.IsDenied);
                json.WriteNumber("days", node.IslandDays);
                json.WriteString("serial", node.IssuedSerial);
                json.WriteNumber("not_after", node.IssuedNotAfter.ToUnixTimeSeconds());
                break;
        }

        json.WriteEndObject();
    }

    /// <exception cref="FormatException">It is no record this version knows.</exception>
    public static LedgerRecord Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException
            or ArgumentOutOfRangeException)
        {
            throw new FormatException($"a line is no record of the ledger: {exception.Message}", exception);
        }
    }

    private static LedgerRecord Read(JsonElement json) => Text(json, "t") switch
    {
        "ledger" when json.GetProperty("version").GetInt32() == Version => new Began(Text(json, "generation")),
        "ledger" => throw new FormatException("the ledger was written by another version of this program"),
        "token" => new TokenMade(Text(json, "selector"), Base64Url.DecodeFromChars(Text(json, "hash")), ReadId(json), ReadTime(json, "not_after")),
        "enrol" => new Enrolled(Text(json, "selector"), ReadId(json), ReadKeys(json).Single(), ReadTime(json, "at")),
        "keys" => new KeysKept(ReadId(json), ReadKeys(json), ReadTime(json, "at")),
        "seen" => new Seen(ReadId(json), ReadTime(json, "at")),
        "issue" => new Issued(ReadId(json), Text(json, "serial"), ReadTime(json, "not_after"), ReadTime(json, "at")),
        "deny" => new Denied(ReadId(json), ReadTime(json, "at")),
        "allow" => new Allowed(ReadId(json)),
        "island" => new IslandGranted(ReadId(json), json.GetProperty("days").GetInt32()),
        "node" => new Node(new LedgerNode(ReadId(json))
        {
            Keys = ReadKeys(json),
            LastContact = ReadTime(json, "at"),
            EnrolledAt = ReadTime(json, "since"),
            IsEnrolled = json.GetProperty("enrolled").GetBoolean(),
            IsDenied = json.GetProperty("denied").GetBoolean(),
            IslandDays = json.GetProperty("days").GetInt32(),
            IssuedSerial = Text(json, "serial"),
            IssuedNotAfter = ReadTime(json, "not_after"),
        }),
        var other => throw new FormatException($"a record of the kind \"{other}\" is not known to this version"),
    };

    private static void WriteKeys(Utf8JsonWriter json, IEnumerable<byte[]> keys)
    {
        json.WriteStartArray("keys");
        foreach (var key in keys)
        {
            json.WriteStringValue(Base64Url.EncodeToString(key));
        }

        json.WriteEndArray();
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? "";

    private static SpiffeId ReadId(JsonElement json) => SpiffeId.Parse(Text(json, "id"), out var id) is { } problem
        ? throw new FormatException($"an ID of the ledger is none: {problem}")
        : id;

    private static List<byte[]> ReadKeys(JsonElement json) =>
        [.. json.GetProperty("keys").EnumerateArray().Select(k => Base64Url.DecodeFromChars(k.GetString()))];

    private static DateTimeOffset ReadTime(JsonElement json, string name) =>
        DateTimeOffset.FromUnixTimeSeconds(json.GetProperty(name).GetInt64());

    /// <summary>The record as the bytes of its line, without the checksum.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json);
        }

        return buffer.WrittenMemory;
    }
}
