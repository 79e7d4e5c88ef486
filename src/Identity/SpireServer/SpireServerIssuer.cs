using Org.BouncyCastle.Tls;
using X0tta6bl4.Identity.Authority;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.Tls;
using X0tta6bl4.Identity.X509;

namespace X0tta6bl4.Identity.SpireServer;

/// <summary>
/// Our identity from SPIRE Server itself, without a spire-agent, for which a router has no room. This router is the agent and
/// its own workload: it attests as a node, keeps the agent SVID sealed, and has its own identity issued by a registration entry
/// whose parent that agent is. Keys are made here and never leave.
/// </summary>
/// <remarks>
/// Each time: the agent SVID of the store, renewed when half of its life is over; mutual TLS with it; which entries there are;
/// a new key and its SVID; the bundles of our trust domain and of those it federates with. One connection for all of it, which
/// is closed afterwards. One caller at a time gets through; others wait.
/// </remarks>
public sealed partial class SpireServerIssuer(SpireServerSettings settings) : IIdentityIssuer, IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private SpireAgent? _agent;

    /// <inheritdoc/>
    public string Kind => "spire";

    /// <inheritdoc/>
    public IReadOnlyList<string> Problems { get; private set; } = [];

    /// <inheritdoc/>
    public Task<IdentitySnapshot> IssueAsync(IdentitySnapshot? current, CancellationToken cancellationToken) =>
        AsAgentAsync(NewIdentityAsync, cancellationToken);

    /// <summary>A JWT-SVID of our identity for these audiences.</summary>
    /// <exception cref="IdentityRefusedException">The server says no.</exception>
    /// <exception cref="IOException">The server cannot be reached, or answers what it should not.</exception>
    public Task<string> NewJwtSvidAsync(IReadOnlyList<string> audiences, CancellationToken cancellationToken)
    {
        if (audiences.Count == 0)
        {
            throw new ArgumentException("a JWT-SVID is for somebody (J-6)", nameof(audiences));
        }

        return AsAgentAsync(
            async (connection, token) =>
            {
                var entry = await FindEntryAsync(connection, token);
                return OtherSvids.ReadJwt(await connection.CallAsync(
                    "spire.api.server.svid.v1.SVID/NewJWTSVID", OtherSvids.JwtRequest(entry.EntryId, audiences), settings.CallTimeout, token));
            },
            cancellationToken);
    }

    /// <summary>
    /// An authority below the server's, for an island. The server gives it to an identity whose registration entry is marked
    /// <c>downstream</c>, which proves itself with its own SVID.
    /// </summary>
    /// <param name="identity">Our identity, as it was issued.</param>
    /// <param name="lifetime">What we would like; the server decides.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IdentityRefusedException">The server says no: the entry is not marked <c>downstream</c>.</exception>
    /// <exception cref="IOException">The server cannot be reached, or answers what it should not.</exception>
    public async Task<IssuingKey> NewDownstreamAuthorityAsync(
        LocalSvid identity, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var key = SigningKey.Generate(KeyKind.P256);
        var request = OtherSvids.DownstreamRequest(CertificateRequest.Write(key), lifetime);
        try
        {
            await using var connection = await OpenAsync(identity, Trust(), cancellationToken);
            var answer = await connection.CallAsync(
                "spire.api.server.svid.v1.SVID/NewDownstreamX509CA", request, settings.CallTimeout, cancellationToken);
            return IssuingKey.Create(settings.TrustDomain, key, OtherSvids.ReadDownstream(answer));
        }
        catch (GrpcException exception) when (exception is { Code: GrpcCode.PermissionDenied, IsFromServer: true })
        {
            throw new IdentityRefusedException(
                $"{exception.Message}: the registration entry of {identity.Id} must be marked downstream for that", exception);
        }
        catch (Exception exception) when (exception is ProtobufFormatException or CertificateFormatException)
        {
            throw Unusable(exception);
        }
    }

    /// <summary>
    /// True when the server answers and is who it should be; false when it cannot be reached, or not in time. Shows nothing of ours.
    /// </summary>
    /// <exception cref="IOException">Something is there that is not believed to be the server, or we do not know by what to believe it.</exception>
    public async Task<bool> IsThereAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await OpenAsync(identity: null, Trust(), cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is OperationCanceledException or GrpcException
        {
            InnerException: UnreachableException or OperationCanceledException or TlsHandshakeException { Failure: TlsFailure.TimedOut },
        })
        {
            // Not there, or not in time: the same to who asks.
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    /// <summary>The picture: identity and bundles, or nothing of it.</summary>
    private async Task<IdentitySnapshot> NewIdentityAsync(GrpcConnection connection, CancellationToken cancellationToken)
    {
        var entry = await FindEntryAsync(connection, cancellationToken);
        var svid = await NewSvidAsync(connection, entry, cancellationToken);
        var own = SpireBundle.Read(
            await connection.CallAsync("spire.api.server.bundle.v1.Bundle/GetBundle", SpireBundle.Request, settings.CallTimeout, cancellationToken),
            settings.TrustDomain);
        var bundles = new List<TrustBundle> { own };
        var problems = new List<string>();
        foreach (var domain in Federated(entry))
        {
            try
            {
                bundles.Add(SpireBundle.Read(
                    await connection.CallAsync(
                        "spire.api.server.bundle.v1.Bundle/GetFederatedBundle", SpireBundle.FederatedRequest(domain), settings.CallTimeout, cancellationToken),
                    domain));
            }
            catch (GrpcException exception) when (exception is { Code: GrpcCode.NotFound, IsFromServer: true })
            {
                // Federation that is not there yet, or not any more, costs the trust in others and not our own identity.
                problems.Add($"{exception.Message}: nobody of {domain} is trusted");
            }
        }

        var snapshot = new IdentitySnapshot(svid, new TrustBundleSet(bundles));
        // What no other router would believe is said now, and not by each of them.
        if (settings.Verifier.Verify([.. svid.Chain.Select(c => c.Der)], snapshot.Bundles, settings.Now()).Refusal is { } refusal)
        {
            throw new IOException($"{settings.Endpoint} issued an SVID for {svid.Id} that nobody would believe: {refusal}");
        }

        if (_notStored is not null)
        {
            // There may be room again.
            Become(_agent!);
        }

        problems.AddRange(new[] { _notStored, Remember(own) }.OfType<string>().Select(
            problem => $"{problem}: the identity is good, but what this router is to the server does not survive a restart until it can be stored"));
        Problems = problems;
        return snapshot;
    }

    private async Task<SpireEntry> FindEntryAsync(GrpcConnection connection, CancellationToken cancellationToken)
    {
        var entries = SpireEntry.ReadResponse(await connection.CallAsync(
            "spire.api.server.entry.v1.Entry/GetAuthorizedEntries", SpireEntry.Request, settings.CallTimeout, cancellationToken));
        var ours = entries
            .Where(e => (settings.Id is null || e.Id == settings.Id) && (settings.Hint is null || e.Hint == settings.Hint))
            .ToList();
        var wanted = settings.Id is { } id ? $" for {id}" : settings.Hint is { } hint ? $" with the hint \"{hint}\"" : "";
        return ours switch
        {
            [var entry] when entry.Id.TrustDomain == settings.TrustDomain => entry,
            [var entry] => throw new IOException($"{settings.Endpoint}: a registration entry for {entry.Id}, of another trust domain"),
            [] => throw new IdentityRefusedException(
                $"{settings.Endpoint}: of the {entries.Count} registration entries of this agent, none is{wanted}: "
                    + $"create one whose parent is {_agent?.Svid.Id} (spire-server entry create)"),
            _ => throw new IdentityRefusedException(
                $"{settings.Endpoint}: this agent has {ours.Count} registration entries{wanted}, for "
                    + $"{string.Join(", ", ours.Take(4).Select(e => e.Id))}: the configuration must name the one that is ours"),
        };
    }

    private async Task<LocalSvid> NewSvidAsync(GrpcConnection connection, SpireEntry entry, CancellationToken cancellationToken)
    {
        var key = SigningKey.Generate(KeyKind.P256);
        var result = NewX509SvidResult.ReadResponse(await connection.CallAsync(
            "spire.api.server.svid.v1.SVID/BatchNewX509SVID",
            NewX509SvidResult.Request(entry.EntryId, CertificateRequest.Write(key)), settings.CallTimeout, cancellationToken));
        if (result.Code != GrpcCode.Ok)
        {
            var problem = $"{settings.Endpoint} issues no SVID for {entry.Id}: {result.Code}: {result.Message}";
            throw new GrpcException(result.Code, problem)
            {
                IsFromServer = true,
            };
        }

        var svid = LocalSvid.Create(result.Svid?.Chain ?? [], key.Private);
        return svid.Id == entry.Id
            ? svid
            : throw new CertificateFormatException($"the SVID is for {svid.Id}, and was to be for {entry.Id}");
    }

    /// <summary>Trust domains of an entry's <c>federates_with</c>, each once.</summary>
    private static IEnumerable<TrustDomain> Federated(SpireEntry entry)
    {
        if (entry.FederatesWith.Count >= TrustBundleSet.TrustDomainsMax)
        {
            throw new ProtobufFormatException(
                $"the registration entry federates with {entry.FederatesWith.Count} trust domains, fewer than {TrustBundleSet.TrustDomainsMax} are accepted");
        }

        return entry.FederatesWith.Select(text =>
        {
            var name = text.StartsWith(SpiffeId.Scheme, StringComparison.Ordinal) ? text[SpiffeId.Scheme.Length..] : text;
            return TrustDomain.Parse(name, out var domain) is { } problem
                ? throw new ProtobufFormatException($"the registration entry federates with what is no trust domain: {problem}")
                : domain;
        }).Where(domain => domain != entry.Id.TrustDomain).Distinct();
    }

    private async Task<GrpcConnection> OpenAsync(LocalSvid? identity, TrustBundle trust, CancellationToken cancellationToken)
    {
        var tls = new TlsSettings
        {
            Identity = () => identity,
            IsAnonymous = identity is null,
            Bundles = () => new TrustBundleSet(trust),
            Verifier = settings.Verifier,
            Now = settings.Now,
            Allowed = [ServerPattern()],
            Protocols = ["h2"],
            RequiresProtocol = true,
            HandshakeTimeout = settings.ConnectTimeout,
        };
        return await GrpcConnection.OpenAsync(
            settings.Grpc(async (transport, token) => await MutualTlsStream.ConnectAsync(transport, tls, settings.Time, token)),
            cancellationToken);
    }

    private SpiffeIdPattern ServerPattern() =>
        SpiffeIdPattern.Parse($"{SpiffeId.Scheme}{settings.TrustDomain}{SpireServerSettings.ServerPath}", out var pattern) is { } problem
            ? throw new InvalidOperationException(problem.ToString())
            : pattern;

    private IOException Unusable(Exception exception) =>
        new($"{settings.Endpoint} sent an answer that cannot be used: {exception.Message}", exception);

    /// <summary>The server ended the connection because of the certificate we showed: the alert says that (RFC 8446, section 6.2).</summary>
    private static bool IsAlert(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is TlsFatalAlertReceived
                {
                    AlertDescription: (>= AlertDescription.bad_certificate and <= AlertDescription.certificate_unknown)
                        or AlertDescription.unknown_ca or AlertDescription.access_denied or AlertDescription.decrypt_error
                        or AlertDescription.certificate_required,
                })
            {
                return true;
            }
        }

        return false;
    }
}
