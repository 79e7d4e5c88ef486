using System.Security.Cryptography;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.SpireServer;

/// <content>
/// Being an agent: attested once, renewed at half life, attested again when the server has forgotten us and there is something
/// to prove with.
/// </content>
public sealed partial class SpireServerIssuer
{
    /// <summary>Most challenges of one attestation; x509pop has one.</summary>
    private const int ChallengesMax = 4;

    private const string Service = "spire.api.server.agent.v1.Agent";

    /// <summary>Why the agent is in memory alone; null when it was stored.</summary>
    private string? _notStored;

    /// <summary>Does something on a connection on which the server knows this agent.</summary>
    private async Task<T> AsAgentAsync<T>(Func<GrpcConnection, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var (agent, isNew) = await CurrentAgentAsync(cancellationToken);
            try
            {
                return await UseAsync(agent, use, cancellationToken);
            }
            catch (GrpcException exception) when (!isNew && IsForgotten(agent, exception))
            {
                agent = await AttestAsync(Explain(exception).Message, cancellationToken);
                return await UseAsync(agent, use, cancellationToken);
            }
        }
        catch (GrpcException exception) when (exception.IsFromServer && Refuses(exception.Code) || IsAlert(exception))
        {
            throw Explain(exception);
        }
        catch (Exception exception) when (exception is ProtobufFormatException or CertificateFormatException)
        {
            throw Unusable(exception);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<T> UseAsync<T>(
        SpireAgent agent, Func<GrpcConnection, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(agent.Svid, Trust(), cancellationToken);
        return await use(connection, cancellationToken);
    }

    /// <summary>An agent whose SVID is in the first half of its life, and whether it was attested just now.</summary>
    private async Task<(SpireAgent Agent, bool IsNew)> CurrentAgentAsync(CancellationToken cancellationToken)
    {
        _agent ??= SpireAgent.Load(settings);
        if (_agent is not { } agent)
        {
            return (await AttestAsync("this router has no agent SVID yet", cancellationToken), true);
        }

        if (settings.Now() >= agent.Svid.NotAfter)
        {
            return (await AttestAsync($"the agent SVID ended at {agent.Svid.NotAfter:u}", cancellationToken), true);
        }

        if (settings.Now() < agent.RenewalDue)
        {
            return (agent, false);
        }

        if (agent.IsReattestable && settings.Attestor is not null)
        {
            return (await AttestAsync("the agent SVID is renewed by attesting again", cancellationToken), true);
        }

        try
        {
            return (await RenewAsync(agent, cancellationToken), false);
        }
        catch (GrpcException exception) when (IsForgotten(agent, exception))
        {
            return (await AttestAsync(Explain(exception).Message, cancellationToken), true);
        }
    }

    private async Task<SpireAgent> RenewAsync(SpireAgent agent, CancellationToken cancellationToken)
    {
        var key = SigningKey.Generate(KeyKind.P256);
        var parameters = new ProtobufWriter().Bytes(1, CertificateRequest.Write(key));
        var request = new ProtobufWriter().Nested(1, parameters).Message;
        var answer = await UseAsync(
            agent, (connection, token) => connection.CallAsync($"{Service}/RenewAgent", request, settings.CallTimeout, token), cancellationToken);
        return Become(SpireAgent.Create(ReadSvid(answer).Chain, key, agent.IsReattestable, settings));
    }

    /// <summary>Attests as a node. The server does not know us: no certificate is shown (SPIRE asks for none).</summary>
    private async Task<SpireAgent> AttestAsync(string why, CancellationToken cancellationToken)
    {
        var attestor = settings.Attestor ?? throw new IdentityRefusedException(
            $"{settings.Endpoint}: {why}, and the configuration names no way to attest (join_token, x509pop)");
        byte[] payload;
        try
        {
            payload = attestor.Payload();
        }
        catch (IdentityRefusedException exception)
        {
            throw new IdentityRefusedException($"{settings.Endpoint}: {why}; {exception.Message}", exception);
        }

        var key = SigningKey.Generate(KeyKind.P256);
        var trust = Trust();
        try
        {
            await using var connection = await OpenAsync(identity: null, trust, cancellationToken);
            using var call = connection.Start($"{Service}/AttestAgent", settings.CallTimeout, cancellationToken);
            var request = AttestAgentStep.Request(attestor.Type, payload, CertificateRequest.Write(key));
            await SendAsync(call, request);
            var step = await ResultAsync(call, attestor);
            var agent = Become(SpireAgent.Create(step.Svid!.Chain, key, step.IsReattestable, settings));
            _notStored ??= Stored(attestor.Attested);
            // Until the server gives a newer one, what it was believed by.
            _bundle = trust;
            return agent;
        }
        catch (GrpcException exception) when (IsAlert(exception))
        {
            // Before anything was said about this node.
            throw new IOException($"{exception.Message}: the server does not talk to a node that shows no certificate yet", exception);
        }
        catch (GrpcException exception) when (exception.IsFromServer && Refuses(exception.Code))
        {
            throw new IdentityRefusedException(
                $"{exception.Message}: the server does not attest this node by {attestor.Type} (a join token works once, and not for long)", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(payload);
        }
    }

    /// <summary>Answers challenges until there is a result.</summary>
    private static async Task<AttestAgentStep> ResultAsync(GrpcCall call, INodeAttestor attestor)
    {
        for (var challenges = 0; ; challenges++)
        {
            var step = AttestAgentStep.Read(await call.ReadAsync() ?? throw call.Broken("ended without a result"));
            if (step.Svid is not null)
            {
                return step;
            }

            if (step.Challenge is not { } challenge || challenges == ChallengesMax)
            {
                throw call.Broken($"gave neither a result nor a challenge, or over {ChallengesMax} of these");
            }

            await SendAsync(call, AttestAgentStep.Response(attestor.Answer(challenge)).ToArray());
        }
    }

    private static async Task SendAsync(GrpcCall call, byte[] message)
    {
        try
        {
            await call.SendAsync(message, isLast: false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(message);
        }
    }

    /// <summary>
    /// From here on this is the agent: stored before it is used, because with its first use the server drops the one before.
    /// </summary>
    private SpireAgent Become(SpireAgent agent)
    {
        _agent = agent;
        _notStored = Stored(() => agent.Save(settings.Store));
        return agent;
    }

    /// <summary>
    /// Writes to flash; gives what went wrong, or null. What could not be written is in memory, and as good until a restart.
    /// </summary>
    private static string? Stored(Action write)
    {
        try
        {
            write();
            return null;
        }
        catch (IOException exception)
        {
            return exception.Message;
        }
    }

    private static SpireX509Svid ReadSvid(ReadOnlyMemory<byte> message)
    {
        var svid = new SpireX509Svid([]);
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                svid = SpireX509Svid.Read(reader.ReadBytes());
            }
            else
            {
                reader.Skip();
            }
        }

        return svid;
    }

    /// <summary>The server has no such agent any more, and this one can prove itself anew.</summary>
    private static bool IsForgotten(SpireAgent agent, GrpcException exception) => AgentRefusals.Of(exception) switch
    {
        AgentRefusal.Expired or AgentRefusal.NotAttested or AgentRefusal.NotActive or AgentRefusal.MustReattest => true,
        // Which of the two it does not believe, the certificate or its clock, an alert does not say.
        null => agent.IsReattestable && IsAlert(exception),
        _ => false,
    };

    private static bool Refuses(GrpcCode code) =>
        code is GrpcCode.PermissionDenied or GrpcCode.Unauthenticated or GrpcCode.InvalidArgument or GrpcCode.NotFound
            or GrpcCode.FailedPrecondition or GrpcCode.Unimplemented;

    private static IdentityRefusedException Explain(GrpcException exception)
    {
        var why = AgentRefusals.Of(exception) switch
        {
            AgentRefusal.Banned => "this agent is banned (spire-server agent show; deleting it lifts the ban)",
            AgentRefusal.Expired => "the agent SVID has expired",
            AgentRefusal.NotAttested => "the server has no such agent any more",
            AgentRefusal.NotActive => "the agent SVID is not the one the server knows: somebody else attested as this node, or its memory is older",
            AgentRefusal.MustReattest => "the agent SVID is renewed by attesting again",
            _ when IsAlert(exception) => "the server does not believe the agent SVID; is the clock right, here and there?",
            _ => "asking again changes nothing",
        };
        return new IdentityRefusedException($"{exception.Message}: {why}", exception);
    }
}
