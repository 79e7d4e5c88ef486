using X0tta6bl4.Identity.WorkloadApi;

namespace X0tta6bl4.Identity.Tests.WorkloadApi;

/// <summary>The endpoint's text, to the letter of the standard.</summary>
public sealed class WorkloadEndpointTests
{
    [Theory]
    [InlineData("unix:///run/spire/agent.sock")]
    [InlineData("unix:/run/spire/agent.sock")]
    [InlineData("unix:///run/with%20space.sock")]
    [InlineData("tcp://127.0.0.1:8000")]
    [InlineData("tcp://127.9.9.9:65535")]
    [InlineData("tcp://[::1]:1")]
    public void An_endpoint_of_the_standard_is_taken(string text)
    {
        Assert.Null(WorkloadEndpoint.Parse(text, out var endpoint));
        Assert.Equal(text, endpoint!.ToString());
    }

    [Theory]
    [InlineData("E-8", "")]
    [InlineData("E-8", "/run/spire/agent.sock")]
    [InlineData("E-8", "run/spire/agent.sock")]
    [InlineData("E-8", "http://127.0.0.1:80")]
    [InlineData("E-8", "UNIX:///run/a.sock")]
    [InlineData("E-8", "npipe:agent")]
    [InlineData("E-8", " unix:///run/a.sock")]
    [InlineData("E-9", "unix:")]
    [InlineData("E-9", "unix://")]
    [InlineData("E-9", "unix:///")]
    [InlineData("E-9", "unix:a.sock")]
    [InlineData("E-9", "unix://host/a.sock")]
    [InlineData("E-9", "unix://user@host/a.sock")]
    [InlineData("E-9", "unix://:80/a.sock")]
    [InlineData("E-9", "unix://a.sock")]
    [InlineData("E-9", "unix:///a.sock?b")]
    [InlineData("E-9", "unix:///a.sock?")]
    [InlineData("E-9", "unix:///a.sock#b")]
    [InlineData("E-9", "unix:///a%00b.sock")]
    [InlineData("E-10", "tcp:")]
    [InlineData("E-10", "tcp://")]
    [InlineData("E-10", "tcp:127.0.0.1:80")]
    [InlineData("E-10", "tcp://127.0.0.1")]
    [InlineData("E-10", "tcp://127.0.0.1:")]
    [InlineData("E-10", "tcp://127.0.0.1:0")]
    [InlineData("E-10", "tcp://127.0.0.1:65536")]
    [InlineData("E-10", "tcp://127.0.0.1:+80")]
    [InlineData("E-10", "tcp://127.0.0.1:80/")]
    [InlineData("E-10", "tcp://127.0.0.1:80/foo")]
    [InlineData("E-10", "tcp://127.0.0.1:80?a")]
    [InlineData("E-10", "tcp://127.0.0.1:80#a")]
    [InlineData("E-10", "tcp://user@127.0.0.1:80")]
    [InlineData("E-10", "tcp://localhost:80")]
    [InlineData("E-10", "tcp://127.1:80")]
    [InlineData("E-10", "tcp://0x7f000001:80")]
    [InlineData("E-10", "tcp://2130706433:80")]
    [InlineData("E-10", "tcp://127.0.0.01:80")]
    [InlineData("E-10", "tcp://::1:80")]
    [InlineData("E-10", "tcp://[::1]")]
    [InlineData("E-10", "tcp://[::1%25lo]:80")]
    [InlineData("E-10", "tcp://:80")]
    [InlineData("E-3", "tcp://192.0.2.1:80")]
    [InlineData("E-3", "tcp://0.0.0.0:80")]
    [InlineData("E-3", "tcp://[2001:db8::1]:80")]
    [InlineData("E-3", "tcp://[::]:80")]
    public void Everything_else_is_refused_by_its_requirement(string requirement, string text)
    {
        var problem = WorkloadEndpoint.Parse(text, out var endpoint);

        Assert.Null(endpoint);
        Assert.Equal(requirement, problem!.Requirement);
    }

    [Theory]
    [InlineData("unix:///configured", "unix:///environment", "unix:///configured", null)]
    [InlineData(null, "unix:///environment", "unix:///environment", null)]
    [InlineData(null, null, null, "E-7")]
    [InlineData(null, "", null, "E-7")]
    [InlineData("", "unix:///environment", null, "E-7")]
    [InlineData(null, "environment", null, "E-8")]
    public void Without_a_configured_one_the_environment_says_where(string? configured, string? environment, string? found, string? requirement)
    {
        var problem = WorkloadEndpoint.Locate(
            configured, name => name == "SPIFFE_ENDPOINT_SOCKET" ? environment : null, out var endpoint);

        Assert.Equal((found, requirement), (endpoint?.ToString(), problem?.Requirement));
    }

    [Fact]
    public void A_path_that_no_socket_can_have_is_refused()
    {
        Assert.Null(WorkloadEndpoint.Parse($"unix:///{new string('a', WorkloadEndpoint.PathBytesMax - 1)}", out _));
        Assert.NotNull(WorkloadEndpoint.Parse($"unix:///{new string('a', WorkloadEndpoint.PathBytesMax)}", out _));
        Assert.NotNull(WorkloadEndpoint.Parse($"unix:///{new string('é', 60)}", out _));
    }

    [Fact]
    public void No_text_makes_it_throw() => Gen.String[Gen.Char["unixtcp:/@[]?#%.0159a\u00e9\0"], 0, 40].Sample(text =>
    {
        var problem = WorkloadEndpoint.Parse(text, out var endpoint);
        return problem is null == endpoint is not null;
    });
}
