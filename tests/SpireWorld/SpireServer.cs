using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using X0tta6bl4.SpireWorld.Protocol.Types;

namespace X0tta6bl4.SpireWorld;

/// <summary>
/// A SPIRE Server as far as agents see one: it attests nodes, knows its agents by the serial number of their SVID, and issues
/// by registration entries. Its refusals are those of the real one, with the same codes and details.
/// </summary>
public sealed class SpireServer : IAsyncDisposable
{
    private GrpcHost? _host;

    public SpireServer(string trustDomain)
    {
        Authority = new SpireAuthority(trustDomain);
        ServerId = $"spiffe://{trustDomain}/spire/server";
    }

    public SpireAuthority Authority { get; }

    /// <summary>What the server's own certificate says.</summary>
    public string ServerId { get; set; }

    /// <summary>Join tokens that have not been used.</summary>
    public ConcurrentDictionary<string, bool> JoinTokens { get; } = [];

    /// <summary>Thumbprints of certificates that x509pop believes.</summary>
    public ConcurrentDictionary<string, bool> Provisioned { get; } = [];

    /// <summary>Serial number of each agent's SVID; an empty one is a banned agent.</summary>
    public ConcurrentDictionary<string, string> Agents { get; } = [];

    /// <summary>Serial numbers given out by RenewAgent and not used yet.</summary>
    public ConcurrentDictionary<string, string> Renewed { get; } = [];

    /// <summary>Agents that must attest again instead of renewing.</summary>
    public ConcurrentDictionary<string, bool> Reattestable { get; } = [];

    public List<Entry> Entries { get; } = [];

    /// <summary>Bundles of other trust domains.</summary>
    public ConcurrentDictionary<string, byte[]> Federated { get; } = [];

    /// <summary>Names of the methods called so far.</summary>
    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>Called before each answer; may wait, or throw.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>What issues SVIDs for workloads; the server's own authority unless somebody is to be deceived.</summary>
    public SpireAuthority? WorkloadAuthority { get; set; }

    public string TrustDomain => Authority.TrustDomain;

    public async Task StartAsync(int port)
    {
        var certificate = Authority.Issue(ServerId);
        _host = await GrpcHost.StartAsync(
            kestrel => kestrel.ListenLocalhost(port, options =>
            {
                options.Protocols = HttpProtocols.Http2;
                options.UseHttps(https =>
                {
                    https.ServerCertificate = certificate;
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.SslProtocols = System.Security.Authentication.SslProtocols.Tls13;
                    // As the real one: none is fine, one must be believed.
                    https.ClientCertificateValidation = (client, _, _) => Authority.IdOf(client) is not null;
                });
            }),
            services => services.AddSingleton(this),
            app =>
            {
                app.MapGrpcService<SpireAgents>();
                app.MapGrpcService<SpireEntries>();
                app.MapGrpcService<SpireSvids>();
                app.MapGrpcService<SpireBundles>();
            });
    }

    /// <summary>Adds an entry below an agent, or below all of them.</summary>
    public Entry AddEntry(string path, string? agent = null, bool isDownstream = false, string hint = "", params string[] federatesWith)
    {
        var entry = new Entry
        {
            Id = $"entry-{Entries.Count + 1}",
            SpiffeId = IdOf($"spiffe://{TrustDomain}/{path}"),
            Downstream = isDownstream,
            Hint = hint,
        };
        if (agent is not null)
        {
            entry.ParentId = IdOf(agent);
        }

        entry.FederatesWith.AddRange(federatesWith);
        Entries.Add(entry);
        return entry;
    }

    public async Task StopAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
            _host = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Authority.Dispose();
    }

    internal static SPIFFEID IdOf(string id)
    {
        var uri = new Uri(id);
        return new SPIFFEID { TrustDomain = uri.Host, Path = uri.AbsolutePath };
    }

    internal static RpcException Denied(PermissionDeniedDetails.Types.Reason reason, string message)
    {
        var status = new Protocol.Rpc.Status { Code = (int)StatusCode.PermissionDenied, Message = message };
        status.Details.Add(Any.Pack(new PermissionDeniedDetails { Reason = reason }));
        return new RpcException(
            new Grpc.Core.Status(StatusCode.PermissionDenied, message),
            new Metadata { { "grpc-status-details-bin", Google.Protobuf.MessageExtensions.ToByteArray(status) } });
    }

    internal async Task BeginAsync(string method)
    {
        Calls.Enqueue(method);
        await Before(method);
    }

    /// <summary>The agent at the other end of the connection, as the server's authorizer finds it.</summary>
    internal string AgentOf(ServerCallContext context)
    {
        var certificate = context.GetHttpContext().Connection.ClientCertificate
            ?? throw new RpcException(new Grpc.Core.Status(StatusCode.PermissionDenied, "authorization denied for method"));
        var id = Authority.IdOf(certificate)!;
        var serial = certificate.SerialNumber;
        if (!Agents.TryGetValue(id, out var known))
        {
            throw Denied(PermissionDeniedDetails.Types.Reason.AgentNotAttested, $"agent \"{id}\" is not attested");
        }

        if (known.Length == 0)
        {
            throw Denied(PermissionDeniedDetails.Types.Reason.AgentBanned, $"agent \"{id}\" is banned");
        }

        if (Renewed.TryGetValue(id, out var renewed) && renewed == serial)
        {
            Agents[id] = serial;
            Renewed.TryRemove(id, out _);
        }
        else if (known != serial)
        {
            throw Denied(
                PermissionDeniedDetails.Types.Reason.AgentNotActive, $"agent \"{id}\" expected to have serial number \"{known}\"; has \"{serial}\"");
        }

        return id;
    }

    /// <summary>The identity at the other end, agent or not.</summary>
    internal string? CallerOf(ServerCallContext context) =>
        context.GetHttpContext().Connection.ClientCertificate is { } certificate ? Authority.IdOf(certificate) : null;

    internal static string Thumbprint(X509Certificate2 certificate) => Convert.ToHexStringLower(SHA256.HashData(certificate.RawData));
}
