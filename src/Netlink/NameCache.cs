using System.Text;

namespace X0tta6bl4.Netlink;

/// <summary>
/// Strings for the few names a kernel repeats in every row, so that a dump in steady state allocates none. The
/// bytes of each row are compared with the cached name: a renamed interface is noticed with its first row. One
/// thread at a time.
/// </summary>
internal sealed class NameCache
{
    private readonly Dictionary<uint, string> _byIndex = [];
    private readonly List<string> _texts = [];

    /// <summary>The last name seen for an interface index.</summary>
    public string? Find(uint index) => _byIndex.GetValueOrDefault(index);

    /// <summary>The name as a string, the same object as long as it does not change.</summary>
    public string Learn(uint index, ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
        {
            return "";
        }

        if (_byIndex.TryGetValue(index, out string? known) && Ascii.Equals(name, known))
        {
            return known;
        }

        if (_byIndex.Count >= NetlinkLimits.CachedNames)
        {
            _byIndex.Clear();
        }

        string fresh = Encoding.UTF8.GetString(name);
        _byIndex[index] = fresh;
        return fresh;
    }

    /// <summary>A text that is one of few (link kinds, algorithm names): always the same object.</summary>
    public string Intern(ReadOnlySpan<byte> text)
    {
        foreach (string known in _texts)
        {
            if (Ascii.Equals(text, known))
            {
                return known;
            }
        }

        string fresh = Encoding.UTF8.GetString(text);
        if (_texts.Count < NetlinkLimits.InternedTexts)
        {
            _texts.Add(fresh);
        }

        return fresh;
    }

    /// <summary>Forgets an interface that is gone.</summary>
    public void Forget(uint index) => _byIndex.Remove(index);
}
