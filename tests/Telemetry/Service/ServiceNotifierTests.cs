using System.Net.Sockets;
using System.Text;
using X0tta6bl4.Telemetry.Service;
using X0tta6bl4.Tests;

namespace X0tta6bl4.Telemetry.Tests.Service;

/// <summary>Against a real datagram socket, as systemd holds one.</summary>
public class ServiceNotifierTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void States_arrive_at_the_manager(bool isAbstract)
    {
        var name = Path.Combine(Path.GetTempPath(), $"x0-notify-{Guid.NewGuid():N}");
        using var manager = Manager(isAbstract ? "\0" + name : name);
        using var notifier = new ServiceNotifier(Environment(("NOTIFY_SOCKET", isAbstract ? "@" + name : name)), 1);

        Assert.True(notifier.IsActive);
        Assert.True(notifier.Ready());
        Assert.Equal("READY=1", Receive(manager));
        Assert.True(notifier.Watchdog());
        Assert.Equal("WATCHDOG=1", Receive(manager));
        Assert.True(notifier.Stopping());
        Assert.Equal("STOPPING=1", Receive(manager));
        Assert.True(notifier.Reloading(new TestTime()));
        Assert.Equal("RELOADING=1\nMONOTONIC_USEC=42500000", Receive(manager));
        Assert.True(notifier.Status("3 neighbours\nREADY=1 " + new string('x', 500)));
        var status = Receive(manager);
        Assert.StartsWith("STATUS=3 neighbours READY=1 xxx", status);
        Assert.Equal("STATUS=".Length + ServiceNotifier.StatusCharsMax, status.Length);
    }

    [Fact]
    public void Without_a_manager_nothing_happens()
    {
        using var notifier = new ServiceNotifier(Environment(), 1);

        Assert.False(notifier.IsActive);
        Assert.False(notifier.Ready());
        Assert.Equal(0, notifier.Failures);
    }

    [Fact]
    public void A_manager_that_is_gone_or_full_is_counted_and_never_waited_for()
    {
        var name = Path.Combine(Path.GetTempPath(), $"x0-notify-{Guid.NewGuid():N}");
        using var notifier = new ServiceNotifier(Environment(("NOTIFY_SOCKET", name)), 1);
        Assert.False(notifier.Ready());
        Assert.Equal(1, notifier.Failures);

        using var manager = Manager(name);
        for (var i = 0; i < 10_000 && notifier.Failures == 1; i++)
        {
            notifier.Watchdog();
        }

        Assert.Equal(2, notifier.Failures);
    }

    [Theory]
    [InlineData("30000000", null, 30.0)]
    [InlineData("30000000", "7", 30.0)]
    [InlineData("30000000", "8", null)]
    [InlineData("0", null, null)]
    [InlineData("-1", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void The_watchdog_interval_is_ours_only_when_it_names_us(string? usec, string? pid, double? seconds)
    {
        using var notifier = new ServiceNotifier(Environment(("WATCHDOG_USEC", usec), ("WATCHDOG_PID", pid)), 7);

        Assert.Equal(seconds, notifier.WatchdogInterval?.TotalSeconds);
    }

    private static Func<string, string?> Environment(params (string Name, string? Value)[] variables) =>
        name => variables.FirstOrDefault(v => v.Name == name).Value;

    private static Socket Manager(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified)
        {
            ReceiveTimeout = 5000,
        };
        socket.Bind(new UnixDomainSocketEndPoint(name));
        return socket;
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
