using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace X0tta6bl4.Api;

/// <summary>
/// Builds a bare Kestrel without WebApplication, routing, configuration or a host. Kestrel's implementation is
/// internal and only <c>UseKestrelCore</c> hands it out, so this class poses as the web host builder that method wants
/// and keeps nothing but its service registrations. Measured (static x64, stripped / xz / resident after 50 requests):
/// this 5.4 MB / 2.0 MB / 6.7 MB; WebApplication.CreateEmptyBuilder 7.3 / 2.7 / 11.0; the public <c>new
/// KestrelServer(…)</c> 8.6 / 3.2 / 7.8, because it roots TLS. It also leaves signals alone: a host would install a
/// console lifetime that competes with the agent's own.
/// </summary>
internal sealed class KestrelServices : IWebHostBuilder
{
    private readonly ServiceCollection _services = new();

    private KestrelServices()
    {
    }

    /// <summary>A provider whose <see cref="IServer"/> is Kestrel. Disposing it disposes the server.</summary>
    internal static ServiceProvider Create(
        Action<KestrelServerOptions> configure, Action<SocketTransportOptions> transport, ILogger logger)
    {
        var builder = new KestrelServices();
        builder._services.AddOptions();
        builder._services.AddSingleton<ILoggerFactory>(new KestrelLog(logger));
        builder._services.AddSingleton<DiagnosticSource>(new DiagnosticListener("Kestrel"));
        builder._services.AddSingleton<IMeterFactory, PlainMeterFactory>();
        builder.UseKestrelCore().ConfigureKestrel(configure).UseSockets(transport);
        return builder._services.BuildServiceProvider();
    }

#pragma warning disable ASPDEPR008 // The interface still has this member; nothing here calls it.
    IWebHost IWebHostBuilder.Build() => throw new NotSupportedException("only the service registrations are used");
#pragma warning restore ASPDEPR008

    IWebHostBuilder IWebHostBuilder.ConfigureAppConfiguration(
        Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) => this;

    IWebHostBuilder IWebHostBuilder.ConfigureServices(Action<IServiceCollection> configureServices)
    {
        configureServices(_services);
        return this;
    }

    IWebHostBuilder IWebHostBuilder.ConfigureServices(
        Action<WebHostBuilderContext, IServiceCollection> configureServices)
    {
        configureServices(new WebHostBuilderContext(), _services);
        return this;
    }

    string? IWebHostBuilder.GetSetting(string key) => null;

    IWebHostBuilder IWebHostBuilder.UseSetting(string key, string? value) => this;

    /// <summary>Kestrel insists on one; its meters have no listener, our metrics count requests themselves.</summary>
    private sealed class PlainMeterFactory : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }

    /// <summary>
    /// Kestrel's warnings under one event id of ours: its own ids collide with other modules', and its debug lines
    /// would say each request twice.
    /// </summary>
    private sealed class KestrelLog(ILogger logger) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) =>
            throw new NotSupportedException("Kestrel adds no providers");

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Warning and < LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                logger.ServerWarning(formatter(state, exception), exception);
            }
        }

        public void Dispose()
        {
        }
    }
}
