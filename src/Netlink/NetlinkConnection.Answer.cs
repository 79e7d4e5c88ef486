using X0tta6bl4.Netlink.Linux;

namespace X0tta6bl4.Netlink;

internal sealed partial class NetlinkConnection
{
    /// <summary>
    /// Reads the messages of one answer, over as many datagrams as it takes, and handles everything that is not a
    /// row: the end, errors, other people's messages, time.
    /// </summary>
    private ref struct AnswerReader(
        NetlinkConnection connection,
        NetlinkOperation operation,
        uint sequence,
        long deadline
    )
    {
        private readonly NetlinkConnection _connection = connection;
        private readonly NetlinkOperation _operation = operation;
        private NetlinkMessageReader _messages;

        /// <summary>Valid after <see cref="TryRead"/> returned false.</summary>
        public KernelAnswer Answer { get; private set; }

        /// <summary>The table changed while it was dumped.</summary>
        public bool IsInterrupted { get; private set; }

        /// <summary>The next row, or false at the end of the answer.</summary>
        public bool TryRead(out NetlinkMessage message)
        {
            while (true)
            {
                while (_messages.TryRead(out message))
                {
                    if (!IsOurs(message.Header))
                    {
                        continue;
                    }

                    IsInterrupted |= message.Header.IsDumpInterrupted;
                    if (message.Header.Type >= NetlinkUapi.NLMSG_MIN_TYPE)
                    {
                        return true;
                    }

                    if (IsEnd(message))
                    {
                        _connection._hasRest = false;
                        return false;
                    }
                }

                if (_messages.IsMalformed)
                {
                    throw Malformed("the kernel's datagram does not parse");
                }

                _messages = new NetlinkMessageReader(NextDatagram());
            }
        }

        private readonly bool IsOurs(scoped in NetlinkHeader header)
        {
            if (header.PortId != _connection._transport.PortId)
            {
                _connection._counters.WrongPort++;
                return false;
            }

            if (header.Sequence != sequence)
            {
                _connection._counters.WrongSequence++;
                return false;
            }

            return true;
        }

        private bool IsEnd(scoped NetlinkMessage message)
        {
            switch (message.Header.Type)
            {
                case NetlinkUapi.NLMSG_DONE:
                    Answer = ReadDone(message);
                    return true;
                case NetlinkUapi.NLMSG_ERROR:
                    if (!TryReadError(message, out var answer))
                    {
                        throw Malformed("the kernel's NLMSG_ERROR is too short");
                    }

                    Answer = answer;
                    return true;
                case NetlinkUapi.NLMSG_OVERRUN:
                    _connection._counters.Overruns++;
                    throw Failed(NetlinkFailure.Truncated, "the kernel says it lost part of the answer");
                default:
                    // NLMSG_NOOP, and what the protocol may add below NLMSG_MIN_TYPE: nothing to do.
                    return false;
            }
        }

        private readonly ReadOnlySpan<byte> NextDatagram()
        {
            var time = _connection._time;
            byte[] buffer = _connection._answer;
            while (true)
            {
                long now = time.GetTimestamp();
                if (now >= deadline)
                {
                    throw TimedOut();
                }

                var left = time.GetElapsedTime(now, deadline);
                var outcome = _connection._transport.Receive(buffer, left, out int length, out uint sender);
                switch (outcome)
                {
                    case ReceiveOutcome.Datagram when sender == 0:
                        return buffer.AsSpan(0, length);
                    case ReceiveOutcome.Datagram:
                        // A process may send to our port; only the kernel's word counts.
                        _connection._counters.ForeignSenders++;
                        break;
                    case ReceiveOutcome.Truncated:
                        _connection._counters.Truncated++;
                        throw Failed(
                            NetlinkFailure.Truncated,
                            $"the answer is longer than {NetlinkLimits.ReceiveBufferBytes} bytes"
                        );
                    case ReceiveOutcome.Overrun:
                        _connection._counters.Overruns++;
                        throw Failed(NetlinkFailure.Truncated, "the socket's queue overflowed and dropped answers");
                    default:
                        throw TimedOut();
                }
            }
        }

        private readonly NetlinkException TimedOut() =>
            Failed(
                NetlinkFailure.TimedOut,
                $"no (complete) answer within {NetlinkLimits.RequestTimeoutMs} ms",
                "The kernel is hung or very busy: look at `dmesg` and the load."
            );

        private readonly NetlinkException Malformed(string detail)
        {
            _connection._counters.Malformed++;
            return Failed(NetlinkFailure.Malformed, detail);
        }

        private readonly NetlinkException Failed(NetlinkFailure failure, string detail, string? hint = null) =>
            new(failure, _operation.Name, _operation.Subject(), detail: detail, hint: hint);
    }
}
