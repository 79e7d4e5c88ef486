namespace X0tta6bl4.Toml;

/// <summary>Finds what a misspelt word was probably meant to be.</summary>
public static class NearestName
{
    /// <summary>Words longer than this are not compared: the cost grows with the square of the length.</summary>
    public const int WordCharsMax = 64;

    /// <summary>
    /// The candidate with the fewest edits (insert, delete, replace, swap of neighbours), or null when none is close:
    /// more than two edits and more than a third of the word is no longer a typing error.
    /// </summary>
    public static string? Find(string word, IEnumerable<string> candidates)
    {
        string? best = null;
        var bestEdits = int.MaxValue;
        foreach (var candidate in candidates)
        {
            var edits = Edits(word, candidate);
            if (edits < bestEdits)
            {
                (best, bestEdits) = (candidate, edits);
            }
        }

        return bestEdits <= Math.Max(2, word.Length / 3) ? best : null;
    }

    // Optimal string alignment distance, three rows kept.
    private static int Edits(string a, string b)
    {
        if (a.Length > WordCharsMax || b.Length > WordCharsMax)
        {
            return int.MaxValue;
        }

        Span<int> before = stackalloc int[WordCharsMax + 1];
        Span<int> above = stackalloc int[WordCharsMax + 1];
        Span<int> row = stackalloc int[WordCharsMax + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            above[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = above[j - 1] + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                row[j] = Math.Min(replace, Math.Min(above[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            var spare = before;
            before = above;
            above = row;
            row = spare;
        }

        return above[b.Length];
    }
}
