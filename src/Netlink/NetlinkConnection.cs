using System.Text;
using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink;

/// <summary>The end of an answer: an errno of 0, or an error with its extended-ACK text.</summary>
internal readonly record struct KernelAnswer(int ErrorNumber, string? Text = null, uint? Offset = null)
{
    public bool IsError => ErrorNumber != 0;

    /// <param name="operation">What was refused.</param>
    /// <param name="hint">What to do about it, where it is more than what the errno alone suggests.</param>
    public NetlinkException ToException(in NetlinkOperation operation, string? hint = null) =>
        new(
            NetlinkFailure.Refused,
            operation.Name,
            operation.Subject(),
            ErrorNumber,
            kernelText: Text,
            kernelOffset: Offset,
            hint: hint
        );

    public void ThrowIfError(in NetlinkOperation operation, string? hint = null)
    {
        if (IsError)
        {
            throw ToException(operation, hint);
        }
    }
}

/// <summary>
/// Asks the kernel and reads its answers, over any <see cref="INetlinkTransport"/>.
/// </summary>
/// <remarks>
/// <para>
/// A request gets one of three answers. A command (NLM_F_ACK) is answered by NLMSG_ERROR with errno 0. A query is
/// answered by one message, or by NLMSG_ERROR. A dump is answered by many messages over many datagrams and ends with
/// NLMSG_DONE, whose payload is the errno of the dump: a dump that fails at once (no such mesh) says so there, not
/// in an NLMSG_ERROR, which only refuses the request itself (no permission).
/// </para>
/// <para>
/// When a table changes during its dump the kernel marks a message with NLM_F_DUMP_INTR: rows may be missing or
/// double, so the list is thrown away and the dump repeated, <see cref="NetlinkLimits.DumpAttempts"/> times at most.
/// </para>
/// <para>
/// Answers carry our sequence number and port id. A late answer to a request given up has an old sequence number
/// and is skipped; and the rest of an abandoned dump is drained before the next request, because the kernel runs one
/// dump a socket at a time.
/// </para>
/// <para>The buffers are allocated once. One operation at a time: <see cref="Enter"/> refuses a second thread.</para>
/// </remarks>
internal sealed partial class NetlinkConnection(INetlinkTransport transport, TimeProvider time) : IDisposable
{
    private readonly INetlinkTransport _transport = transport;
    private readonly TimeProvider _time = time;
    private readonly byte[] _request = new byte[NetlinkLimits.RequestBufferBytes];
    private readonly byte[] _answer = new byte[NetlinkLimits.ReceiveBufferBytes];
    private readonly CounterSet _counters = new();
    private uint _sequence;
    private bool _hasRest;
    private int _busy;

    public NetlinkCounters Counters => _counters.Snapshot();

    /// <summary>Starts an operation; dispose the result to end it.</summary>
    /// <exception cref="InvalidOperationException">Another thread is inside: each needs its own client.</exception>
    public Turn Enter()
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("A netlink client serves one thread at a time; open one for each.");
        }

        return new Turn(this);
    }

    /// <summary>Starts a request in the connection's own buffer.</summary>
    public NetlinkWriter Begin(ushort type, ushort flags) =>
        new(_request, type, (ushort)(flags | NetlinkUapi.NLM_F_REQUEST));

    /// <summary>Sends a command and waits for its acknowledgement.</summary>
    public KernelAnswer Command(in NetlinkOperation operation, in NetlinkWriter request)
    {
        var reader = Send(operation, request.Length, request.IsOverflowed, Deadline());
        while (reader.TryRead(out _))
        {
            // Some commands also echo the object; the acknowledgement is what counts.
        }

        return reader.Answer;
    }

    /// <summary>
    /// Sends a query and returns the one message that answers it; it lives until the next request. The message is
    /// empty when the answer is an error.
    /// </summary>
    public KernelAnswer Query(in NetlinkOperation operation, in NetlinkWriter request, out NetlinkMessage message)
    {
        var reader = Send(operation, request.Length, request.IsOverflowed, Deadline());
        if (reader.TryRead(out message))
        {
            _hasRest = false;
            return default;
        }

        return reader.Answer.IsError
            ? reader.Answer
            : throw new NetlinkException(
                NetlinkFailure.Malformed,
                operation.Name,
                operation.Subject(),
                detail: "the kernel acknowledged the query without answering it"
            );
    }

    /// <summary>Sends a query and reads its answer as a row.</summary>
    public KernelAnswer Query<TRow>(
        in NetlinkOperation operation,
        in NetlinkWriter request,
        NameCache names,
        out TRow row
    )
        where TRow : struct, INetlinkRow<TRow>
    {
        row = default;
        var answer = Query(operation, request, out var message);
        if (answer.IsError)
        {
            return answer;
        }

        var problem = TRow.Read(message, names, out row);
        if (problem.Kind != RowProblemKind.None)
        {
            _counters.Malformed++;
            throw problem.ToException(operation);
        }

        return answer;
    }

    /// <summary>
    /// Sends a dump and fills the caller's list, which is cleared first; after an error or an exception it is empty,
    /// never half full. Allocates nothing once the list has its capacity.
    /// </summary>
    public KernelAnswer Dump<TRow>(
        in NetlinkOperation operation,
        in NetlinkWriter request,
        NameCache names,
        List<TRow> into
    )
        where TRow : struct, INetlinkRow<TRow>
    {
        bool isWhole = false;
        try
        {
            long deadline = Deadline();
            for (int attempt = 1; attempt <= NetlinkLimits.DumpAttempts; attempt++)
            {
                into.Clear();
                var reader = Send(operation, request.Length, request.IsOverflowed, deadline);
                while (reader.TryRead(out var message))
                {
                    AddRow(operation, message, names, into);
                }

                if (reader.Answer.IsError)
                {
                    return reader.Answer;
                }

                if (!reader.IsInterrupted)
                {
                    isWhole = true;
                    return default;
                }

                _counters.DumpRetries++;
            }

            throw new NetlinkException(
                NetlinkFailure.DumpInterrupted,
                operation.Name,
                operation.Subject(),
                detail: $"the table changed during each of {NetlinkLimits.DumpAttempts} dumps",
                hint: "Ask again in a moment."
            );
        }
        finally
        {
            if (!isWhole)
            {
                into.Clear();
            }
        }
    }

    public void Dispose() => _transport.Dispose();

    private void AddRow<TRow>(
        in NetlinkOperation operation,
        in NetlinkMessage message,
        NameCache names,
        List<TRow> into
    )
        where TRow : struct, INetlinkRow<TRow>
    {
        var problem = TRow.Read(message, names, out var row);
        switch (problem.Kind)
        {
            case RowProblemKind.None when into.Count < NetlinkLimits.DumpRows:
                into.Add(row);
                break;
            case RowProblemKind.None:
                throw new NetlinkException(
                    NetlinkFailure.OverLimit,
                    operation.Name,
                    operation.Subject(),
                    detail: $"the table has more than {NetlinkLimits.DumpRows} rows"
                );
            case RowProblemKind.Skip:
                break;
            default:
                _counters.Malformed++;
                throw problem.ToException(operation);
        }
    }

    private AnswerReader Send(in NetlinkOperation operation, int length, bool isOverflowed, long deadline)
    {
        if (isOverflowed)
        {
            throw new NetlinkException(
                NetlinkFailure.OverLimit,
                operation.Name,
                operation.Subject(),
                detail: $"the request is longer than {NetlinkLimits.RequestBufferBytes} bytes"
            );
        }

        if (_hasRest)
        {
            Drain();
        }

        _sequence++;
        var message = _request.AsSpan(0, length);
        NetlinkWriter.Stamp(message, _sequence, _transport.PortId);
        _transport.Send(message);
        _hasRest = true;
        return new AnswerReader(this, operation, _sequence, deadline);
    }

    /// <summary>Throws away what is left of an answer nobody waits for any more.</summary>
    private void Drain()
    {
        for (int i = 0; i < NetlinkLimits.DrainDatagrams; i++)
        {
            var outcome = _transport.Receive(_answer, TimeSpan.Zero, out _, out _);
            if (outcome == ReceiveOutcome.TimedOut)
            {
                break;
            }
        }

        _hasRest = false;
    }

    private long Deadline() =>
        _time.GetTimestamp() + (NetlinkLimits.RequestTimeoutMs * _time.TimestampFrequency / 1000);

    /// <summary>Reads NLMSG_ERROR: an errno, our request's header, then text and offset if there are any.</summary>
    private static bool TryReadError(scoped in NetlinkMessage message, out KernelAnswer answer)
    {
        answer = default;
        const int errorLength = sizeof(int) + NetlinkHeader.Size;
        if (message.Payload.Length < errorLength)
        {
            return false;
        }

        int errno = BitConverter.ToInt32(message.Payload);
        int skip = errorLength;

        // Without NLM_F_CAPPED the whole request is repeated before the attributes.
        if (
            (message.Header.Flags & NetlinkUapi.NLM_F_CAPPED) == 0
            && NetlinkHeader.TryRead(message.Payload[sizeof(int)..], out var request)
            && request.Length > NetlinkHeader.Size
        )
        {
            uint repeated = Math.Min(request.Length, NetlinkLimits.RequestBufferBytes);
            skip = sizeof(int) + NetlinkUapi.Align((int)repeated);
        }

        answer = WithText(errno, message, skip);
        return true;
    }

    /// <summary>Reads NLMSG_DONE: an errno (very old kernels send none), then text if there is any.</summary>
    private static KernelAnswer ReadDone(scoped in NetlinkMessage message)
    {
        if (message.Payload.Length < sizeof(int))
        {
            return default;
        }

        // A dump may also end with a positive byte count; only a negative value is an error.
        int errno = BitConverter.ToInt32(message.Payload);
        return errno >= 0 ? default : WithText(errno, message, sizeof(int));
    }

    private static KernelAnswer WithText(int errno, scoped in NetlinkMessage message, int skip)
    {
        // int.MinValue has no positive counterpart; it is no errno either.
        int positive = errno == int.MinValue ? Errno.EINVAL : Math.Abs(errno);
        if (
            positive == 0
            || (message.Header.Flags & NetlinkUapi.NLM_F_ACK_TLVS) == 0
            || skip >= message.Payload.Length
        )
        {
            return new KernelAnswer(positive);
        }

        string? text = null;
        uint? offset = null;
        var attributes = new NetlinkAttributeReader(message.Payload[skip..]);
        while (attributes.TryRead(out var attribute))
        {
            if (attribute.Type == NetlinkUapi.NLMSGERR_ATTR_MSG)
            {
                text = Encoding.UTF8.GetString(attribute.Text);
            }
            else if (attribute.Type == NetlinkUapi.NLMSGERR_ATTR_OFFS && attribute.TryGetUInt32(out uint value))
            {
                offset = value;
            }
        }

        return new KernelAnswer(positive, text, offset);
    }

    /// <summary>One operation's hold on the connection.</summary>
    public readonly ref struct Turn(NetlinkConnection connection)
    {
        public void Dispose() => Volatile.Write(ref connection._busy, 0);
    }
}
