using System.Security.Cryptography;

namespace X0tta6bl4.Identity;

/// <summary>Reads small files whole, and never more of one than was said: a file may grow, or have no length at all (a pipe).</summary>
public static class BoundedFile
{
    /// <summary>All of a file. Clear it after use where it is secret.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytesMax">Most bytes.</param>
    /// <exception cref="FileTooLongException">It is longer; the message names it.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] Read(string path, int bytesMax)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var bytes = new byte[Room(file, bytesMax)];
        var count = 0;
        try
        {
            while (true)
            {
                var read = file.Read(bytes, count, bytes.Length - count);
                count += read;
                if (read == 0)
                {
                    return bytes[..count];
                }

                if (count > bytesMax)
                {
                    throw new FileTooLongException($"{path}: it is longer, at most {bytesMax} bytes are read");
                }

                if (count == bytes.Length)
                {
                    var grown = new byte[Math.Min(2 * bytes.Length, bytesMax + 1)];
                    bytes.CopyTo(grown, 0);
                    CryptographicOperations.ZeroMemory(bytes);
                    bytes = grown;
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>One byte more than it says it has, to see its end; a file of /proc says it has none.</summary>
    private static int Room(FileStream file, int bytesMax) => file.CanSeek ? (int)Math.Min(Math.Max(file.Length, 255), bytesMax) + 1 : 4096;
}

/// <summary>A file has more bytes than are read.</summary>
public sealed class FileTooLongException(string message) : IOException(message);
