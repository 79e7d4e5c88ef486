using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using X0tta6bl4.SpireWorld.Protocol.Agents;
using X0tta6bl4.SpireWorld.Protocol.Bundles;
using X0tta6bl4.SpireWorld.Protocol.Entries;
using X0tta6bl4.SpireWorld.Protocol.Svids;
using X0tta6bl4.SpireWorld.Protocol.Types;
using Status = Grpc.Core.Status;

namespace X0tta6bl4.SpireWorld;

internal sealed class SpireAgents(SpireServer server) : Agent.AgentBase
{
    public override async Task AttestAgent(
        IAsyncStreamReader<AttestAgentRequest> requestStream, IServerStreamWriter<AttestAgentResponse> responseStream, ServerCallContext context)
    {
        await server.BeginAsync("AttestAgent");
        await requestStream.MoveNext();
        var parameters = requestStream.Current.Params;
        var (agent, isReattestable) = parameters.Data.Type switch
        {
            "join_token" => (AttestToken(parameters.Data.Payload.ToStringUtf8()), false),
            "x509pop" => (await AttestPossessionAsync(parameters.Data.Payload, requestStream, responseStream), true),
            var type => throw new RpcException(new Status(StatusCode.FailedPrecondition, $"could not find node attestor type \"{type}\"")),
        };
        if (server.Agents.TryGetValue(agent, out var serial) && serial.Length == 0)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "failed to attest: agent is banned"));
        }

        using var svid = server.Authority.Sign(parameters.Params_.Csr.ToByteArray(), agent);
        server.Agents[agent] = svid.SerialNumber;
        server.Reattestable[agent] = isReattestable;
        await responseStream.WriteAsync(new AttestAgentResponse
        {
            Result = new AttestAgentResponse.Types.Result { Svid = SpireSvids.Message(svid, agent), Reattestable = isReattestable },
        });
    }

    public override async Task<RenewAgentResponse> RenewAgent(RenewAgentRequest request, ServerCallContext context)
    {
        await server.BeginAsync("RenewAgent");
        var agent = server.AgentOf(context);
        if (server.Reattestable[agent])
        {
            throw SpireServer.Denied(PermissionDeniedDetails.Types.Reason.AgentMustReattest, "agent must reattest instead of renew");
        }

        using var svid = server.Authority.Sign(request.Params.Csr.ToByteArray(), agent);
        server.Renewed[agent] = svid.SerialNumber;
        return new RenewAgentResponse { Svid = SpireSvids.Message(svid, agent) };
    }

    private string AttestToken(string token) => server.JoinTokens.TryRemove(token, out _)
        ? $"spiffe://{server.TrustDomain}/spire/agent/join_token/{token}"
        : throw new RpcException(new Status(
            StatusCode.InvalidArgument, "failed to attest: join token does not exist or has already been used"));

    private async Task<string> AttestPossessionAsync(
        ByteString payload, IAsyncStreamReader<AttestAgentRequest> requests, IServerStreamWriter<AttestAgentResponse> responses)
    {
        var chain = JsonNode.Parse(payload.ToStringUtf8())!["certificates"]!.AsArray();
        using var certificate = X509CertificateLoader.LoadCertificate(Convert.FromBase64String(chain[0]!.GetValue<string>()));
        if (!server.Provisioned.ContainsKey(SpireServer.Thumbprint(certificate)))
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "x509pop: certificate verification failed"));
        }

        var nonce = RandomNumberGenerator.GetBytes(32);
        await responses.WriteAsync(new AttestAgentResponse
        {
            Challenge = ByteString.CopyFromUtf8($"{{\"rsa_signature\":null,\"ecdsa_signature\":{{\"nonce\":\"{Convert.ToBase64String(nonce)}\"}}}}"),
        });
        await requests.MoveNext();
        var answer = JsonSerializer.Deserialize<JsonNode>(requests.Current.ChallengeResponse.Span)!["ecdsa_signature"]!;
        byte[] combined = [.. nonce, .. Bytes(answer, "nonce")];
        using var key = certificate.GetECDsaPublicKey()!;
        var size = key.KeySize / 8;
        byte[] signature = [.. Padded(Bytes(answer, "r"), size), .. Padded(Bytes(answer, "s"), size)];
        return key.VerifyHash(SHA256.HashData(combined), signature)
            ? $"spiffe://{server.TrustDomain}/spire/agent/x509pop/{SpireServer.Thumbprint(certificate)}"
            : throw new RpcException(new Status(StatusCode.PermissionDenied, "x509pop: challenge response verification failed"));
    }

    private static byte[] Bytes(JsonNode node, string name) => Convert.FromBase64String(node[name]!.GetValue<string>());

    private static byte[] Padded(byte[] number, int size) => [.. new byte[size - number.Length], .. number];
}

internal sealed class SpireEntries(SpireServer server) : Protocol.Entries.Entry.EntryBase
{
    public override async Task<GetAuthorizedEntriesResponse> GetAuthorizedEntries(
        GetAuthorizedEntriesRequest request, ServerCallContext context)
    {
        await server.BeginAsync("GetAuthorizedEntries");
        var agent = SpireServer.IdOf(server.AgentOf(context));
        var response = new GetAuthorizedEntriesResponse();
        response.Entries.AddRange(server.Entries.Where(e => e.ParentId is null || e.ParentId.Equals(agent)).Select(e => Masked(e, request.OutputMask)));
        return response;
    }

    /// <summary>A field that was not asked for is not there.</summary>
    private static Protocol.Types.Entry Masked(Protocol.Types.Entry entry, EntryMask mask)
    {
        var masked = new Protocol.Types.Entry { Id = entry.Id };
        if (mask.SpiffeId)
        {
            masked.SpiffeId = entry.SpiffeId;
        }

        if (mask.FederatesWith)
        {
            masked.FederatesWith.AddRange(entry.FederatesWith);
        }

        if (mask.Hint)
        {
            masked.Hint = entry.Hint;
        }

        return masked;
    }
}

internal sealed class SpireSvids(SpireServer server) : SVID.SVIDBase
{
    public static X509SVID Message(X509Certificate2 certificate, string id)
    {
        var message = new X509SVID
        {
            Id = SpireServer.IdOf(id),
            ExpiresAt = new DateTimeOffset(certificate.NotAfter.ToUniversalTime()).ToUnixTimeSeconds(),
        };
        message.CertChain.Add(ByteString.CopyFrom(certificate.RawData));
        return message;
    }

    public override async Task<BatchNewX509SVIDResponse> BatchNewX509SVID(BatchNewX509SVIDRequest request, ServerCallContext context)
    {
        await server.BeginAsync("BatchNewX509SVID");
        server.AgentOf(context);
        var response = new BatchNewX509SVIDResponse();
        foreach (var parameters in request.Params)
        {
            var result = new BatchNewX509SVIDResponse.Types.Result { Status = new Protocol.Types.Status() };
            if (server.Entries.Find(e => e.Id == parameters.EntryId) is { } entry)
            {
                var id = $"spiffe://{entry.SpiffeId.TrustDomain}{entry.SpiffeId.Path}";
                using var svid = (server.WorkloadAuthority ?? server.Authority).Sign(parameters.Csr.ToByteArray(), id);
                result.Svid = Message(svid, id);
            }
            else
            {
                result.Status.Code = (int)StatusCode.NotFound;
                result.Status.Message = "entry not found or not authorized";
            }

            response.Results.Add(result);
        }

        return response;
    }

    public override async Task<NewJWTSVIDResponse> NewJWTSVID(NewJWTSVIDRequest request, ServerCallContext context)
    {
        await server.BeginAsync("NewJWTSVID");
        server.AgentOf(context);
        return new NewJWTSVIDResponse
        {
            Svid = new JWTSVID { Token = $"token of {request.EntryId} for {string.Join('+', request.Audience)}" },
        };
    }

    public override async Task<NewDownstreamX509CAResponse> NewDownstreamX509CA(NewDownstreamX509CARequest request, ServerCallContext context)
    {
        await server.BeginAsync("NewDownstreamX509CA");
        var caller = server.CallerOf(context);
        if (!server.Entries.Exists(e => e.Downstream && $"spiffe://{e.SpiffeId.TrustDomain}{e.SpiffeId.Path}" == caller))
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "authorization denied for method"));
        }

        using var authority = server.Authority.SignAuthority(request.Csr.ToByteArray());
        var response = new NewDownstreamX509CAResponse();
        response.CaCertChain.Add(ByteString.CopyFrom(authority.RawData));
        response.X509Authorities.Add(ByteString.CopyFrom(server.Authority.RootDer));
        return response;
    }
}

internal sealed class SpireBundles(SpireServer server) : Protocol.Bundles.Bundle.BundleBase
{
    public override async Task<Protocol.Types.Bundle> GetBundle(GetBundleRequest request, ServerCallContext context)
    {
        await server.BeginAsync("GetBundle");
        return Message(server.TrustDomain, server.Authority.RootDer);
    }

    public override async Task<Protocol.Types.Bundle> GetFederatedBundle(GetFederatedBundleRequest request, ServerCallContext context)
    {
        await server.BeginAsync("GetFederatedBundle");
        server.AgentOf(context);
        return server.Federated.TryGetValue(request.TrustDomain, out var der)
            ? Message(request.TrustDomain, der)
            : throw new RpcException(new Status(StatusCode.NotFound, "bundle not found"));
    }

    private static Protocol.Types.Bundle Message(string domain, byte[] der)
    {
        var bundle = new Protocol.Types.Bundle { TrustDomain = domain, RefreshHint = 300, SequenceNumber = 7 };
        bundle.X509Authorities.Add(new Protocol.Types.X509Certificate { Asn1 = ByteString.CopyFrom(der) });
        return bundle;
    }
}
