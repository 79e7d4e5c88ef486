namespace X0tta6bl4.Rack.Rig;

/// <summary>
/// Something on the rack did not happen or could not be done. The message says what, on which object, and shows the
/// evidence (the tail of the console, an exit code), so that a failed scenario can be understood from its one line.
/// </summary>
public sealed class RackException : Exception
{
    public RackException(string message)
        : base(message)
    {
    }

    public RackException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public RackException()
    {
    }
}
