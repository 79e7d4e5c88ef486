namespace X0tta6bl4.Telemetry.Logging;

/// <summary>
/// The last lines of the log in a fixed circle of bytes: what <c>doctor</c> shows and what a crash report takes along
/// when standard output went nowhere. Not thread-safe; the log's lock guards it.
/// </summary>
internal sealed class RecentLines(int bytesMax)
{
    private readonly byte[] _circle = new byte[bytesMax];
    private int _next;
    private bool _wrapped;

    /// <summary>Adds one line that ends in a newline; the oldest bytes make room.</summary>
    internal void Add(ReadOnlySpan<byte> line)
    {
        line = line.Length > _circle.Length ? line[^_circle.Length..] : line;
        var first = Math.Min(line.Length, _circle.Length - _next);
        line[..first].CopyTo(_circle.AsSpan(_next));
        line[first..].CopyTo(_circle);
        _wrapped |= _next + line.Length >= _circle.Length;
        _next = (_next + line.Length) % _circle.Length;
    }

    /// <summary>The whole lines still held, oldest first.</summary>
    internal byte[] Copy()
    {
        if (!_wrapped)
        {
            return _circle[.._next];
        }

        byte[] all = [.. _circle.AsSpan(_next), .. _circle.AsSpan(0, _next)];

        // The oldest line has usually lost its beginning.
        var cut = all.AsSpan().IndexOf((byte)'\n') + 1;
        return all[cut..];
    }
}
