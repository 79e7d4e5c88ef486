using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace X0tta6bl4.SpireWorld;

/// <summary>Kestrel with gRPC services, until disposed of. Its HTTP/2 and its gRPC are not ours.</summary>
public sealed class GrpcHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcHost(WebApplication app) => _app = app;

    /// <summary>Starts it.</summary>
    /// <param name="listen">Where.</param>
    /// <param name="services">The services, one object each.</param>
    /// <param name="map">Maps them.</param>
    public static async Task<GrpcHost> StartAsync(
        Action<KestrelServerOptions> listen, Action<IServiceCollection> services, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(listen);
        builder.Services.AddGrpc();
        services(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return new GrpcHost(app);
    }

    /// <summary>A Workload API on a unix socket.</summary>
    public static Task<GrpcHost> StartAsync(WorkloadApi api, string socket) => StartAsync(
        kestrel => kestrel.ListenUnixSocket(socket, options => options.Protocols = HttpProtocols.Http2),
        services => services.AddSingleton(api),
        app => app.MapGrpcService<WorkloadApi>());

    /// <summary>The same on 127.0.0.1.</summary>
    public static Task<GrpcHost> StartAsync(WorkloadApi api, int port) => StartAsync(
        kestrel => kestrel.ListenLocalhost(port, options => options.Protocols = HttpProtocols.Http2),
        services => services.AddSingleton(api),
        app => app.MapGrpcService<WorkloadApi>());

    /// <summary>Ends it at once, as a crash would.</summary>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        try
        {
            await _app.StopAsync(now.Token);
        }
        catch (OperationCanceledException)
        {
            // Streams were open; they are cut.
        }

        await _app.DisposeAsync();
    }
}
