using System.Net.Sockets;
using System.Text;
using MQTTnet;

namespace X0tta6bl4.Peering.Mqtt;

/// <summary>Turns what libraries and brokers say into one line for people.</summary>
public sealed partial class MqttReporter
{
    /// <summary>Most characters of a text that came from the broker.</summary>
    private const int BrokerTextCharsMax = 120;

    /// <summary>NotAuthorized → "not authorized", with the broker's own words where it gave some.</summary>
    internal static string Words<T>(T code, string? brokerText)
        where T : struct, Enum
    {
        var words = new StringBuilder();
        foreach (var unit in code.ToString())
        {
            if (char.IsAsciiLetterUpper(unit) && words.Length > 0)
            {
                words.Append(' ');
            }

            words.Append(char.ToLowerInvariant(unit));
        }

        if (!string.IsNullOrEmpty(brokerText))
        {
            words
                .Append(" (")
                .Append(brokerText.AsSpan(0, Math.Min(brokerText.Length, BrokerTextCharsMax)))
                .Append(')');
        }

        return words.ToString();
    }

    private string Describe(MqttClientDisconnectedEventArgs args) => args switch
    {
        { ConnectResult: { ResultCode: not MqttClientConnectResultCode.Success } refused } =>
            $"the broker refused the connection: {Words(refused.ResultCode, refused.ReasonString)}",
        { Reason: MqttClientDisconnectReason.SessionTakenOver } =>
            $"another client connected as {_options.ClientId}; give each router of a site its own node.name",
        { Exception: { } error } => Describe(error),
        { Reason: not MqttClientDisconnectReason.NormalDisconnection } =>
            $"the broker ended the connection: {Words(args.Reason, args.ReasonString)}",
        _ => "the broker closed the connection",
    };

    /// <summary>What is for people, or the innermost cause: MQTTnet wraps a socket error two or three times.</summary>
    private static string Describe(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is BrokerException told)
            {
                return told.Message;
            }

            if (cause is SocketException socket)
            {
                return socket.SocketErrorCode switch
                {
                    SocketError.ConnectionRefused => "nothing listens there (connection refused)",
                    SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
                        "its name cannot be resolved",
                    SocketError.NetworkUnreachable or SocketError.HostUnreachable => "there is no route to it",
                    SocketError.ConnectionReset or SocketError.Shutdown => "the broker closed the connection",
                    _ => $"{socket.Message} (errno {socket.NativeErrorCode})",
                };
            }
        }

        return error.GetBaseException().Message;
    }
}
