using X0tta6bl4.Rack.Rig;

namespace X0tta6bl4.Rack.Physical;

/// <summary>
/// Tells resets of a board from its console. Some boot loaders print their banner first and the reason after it, some
/// the other way round; either way one reset is one entry. Without a reason it counts as another reset once user space
/// is up.
/// </summary>
internal sealed class ResetReader(string resetText, string watchdogText, string readyText, Journal<BoardReset> resets)
{
    private bool _bannerSeen;
    private bool _reasonSeen;
    private bool _isPoweringOn;

    /// <summary>The board gets power now: until user space is up, what it prints is no reset.</summary>
    public void PowerOn() => _isPoweringOn = true;

    public void Feed(string line)
    {
        if (_isPoweringOn)
        {
            _isPoweringOn = !Has(line, readyText);
            return;
        }

        if (Has(line, watchdogText))
        {
            resets.Add(new BoardReset(ByWatchdog: true));
            _reasonSeen = !_bannerSeen;
            _bannerSeen = false;
        }
        else if (Has(line, resetText))
        {
            if (_reasonSeen)
            {
                _reasonSeen = false;
                return;
            }

            Settle();
            _bannerSeen = true;
        }
        else if (Has(line, readyText))
        {
            Settle();
            _reasonSeen = false;
        }
    }

    private static bool Has(string line, string text) =>
        text.Length > 0 && line.Contains(text, StringComparison.Ordinal);

    private void Settle()
    {
        if (_bannerSeen)
        {
            _bannerSeen = false;
            resets.Add(new BoardReset(ByWatchdog: false));
        }
    }
}
