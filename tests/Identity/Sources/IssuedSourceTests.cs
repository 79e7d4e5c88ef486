using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Identity.Clock;
using X0tta6bl4.Identity.Sources;
using X0tta6bl4.Identity.Tests.Minting;
using X0tta6bl4.Identity.Tests.X509;

namespace X0tta6bl4.Identity.Tests.Sources;

/// <summary>A clock moved by hand, and an authority that does as it is told.</summary>
public sealed class IssuedSourceTests : IClassFixture<MintFixture>, IAsyncDisposable
{
    private readonly MintFixture _fixture;
    private readonly FakeTimeProvider _time = new(Mint.Now);
    private readonly CancellationTokenSource _stop = new();
    private readonly Said _said = new();
    private readonly Authority _authority;
    private readonly Task _run;

    public IssuedSourceTests(MintFixture fixture)
    {
        _fixture = fixture;
        _authority = new Authority();
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        _run = new IssuedSource(_authority, new ValidationClock(_time, DateTimeOffset.UnixEpoch), _time, new Random(seed))
            .RunAsync(_said, _stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _authority.Answer.TrySetCanceled();
        await _run;
        _stop.Dispose();
    }

    private IdentitySnapshot Hour() => new(
        _fixture.Authorities.Mint.Leaf(_fixture.Authorities.Root, w => w with
        {
            NotBefore = _time.GetUtcNow(),
            NotAfter = _time.GetUtcNow().AddHours(1),
        }).ToLocal(_fixture.Authorities.Mint),
        _fixture.Bundles);

    [Fact]
    public async Task It_is_renewed_about_the_half_of_its_life_with_what_it_has()
    {
        var first = Hour();
        _authority.Say(first);
        Assert.Same(first, await _said.IdentityAsync());

        await PassAsync(TimeSpan.FromMinutes(23));
        Assert.Equal(1, _authority.Asked);
        await PassAsync(TimeSpan.FromMinutes(14));
        await _authority.IsAskedAsync(2);

        Assert.Same(first, _authority.Current);
    }

    [Fact]
    public async Task What_an_identity_had_to_be_issued_without_is_said_after_it()
    {
        _authority.Problems = ["nobody of other.example is trusted"];
        var hour = Hour();
        _authority.Say(hour);

        Assert.Same(hour, await _said.IdentityAsync());
        Assert.Equal("nobody of other.example is trusted", await _said.ProblemAsync());
    }

    [Fact]
    public async Task An_authority_that_is_away_is_asked_to_the_end_and_after_and_is_taken_the_moment_it_is_back()
    {
        _authority.Say(Hour());
        await _said.IdentityAsync();
        _authority.IsAway = true;
        await PassAsync(TimeSpan.FromMinutes(37));
        await PassAsync(TimeSpan.FromMinutes(30));
        Assert.True(_time.GetUtcNow() > Mint.Now.AddHours(1), "it has not expired meanwhile");
        Assert.True(_authority.Asked > 20, $"asked only {_authority.Asked} times");
        for (var i = 1; i < _authority.Asked; i++)
        {
            Assert.Equal("no route", await _said.ProblemAsync());
        }

        _authority.IsAway = false;
        var back = Hour();
        _authority.Say(back);
        await PassAsync(TimeSpan.FromMinutes(2));
        Assert.Same(back, await _said.IdentityAsync());
    }

    [Fact]
    public async Task A_no_is_said_and_asked_again_later()
    {
        await _authority.IsAskedAsync(1);
        _authority.Fail(new IdentityRefusedException("the ID is on the list of denied ones"));

        Assert.Equal("the ID is on the list of denied ones", await _said.ProblemAsync());
        await PassAsync(TimeSpan.FromMinutes(2));
        await _authority.IsAskedAsync(2);
    }

    [Fact]
    public async Task An_authority_that_never_answers_is_given_up_after_a_minute()
    {
        await _authority.IsAskedAsync(1);
        await PassAsync(TimeSpan.FromMinutes(2));

        Assert.Equal("the authority did not finish within 60 s", await _said.ProblemAsync());
    }

    private async Task PassAsync(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(30))
        {
            _time.Advance(TimeSpan.FromSeconds(30));
            await Task.Delay(1);
        }
    }

    private sealed class Authority : IIdentityIssuer
    {
        public TaskCompletionSource<IdentitySnapshot> Answer { get; private set; } = New();

        public int Asked { get; private set; }

        public bool IsAway { get; set; }

        public IdentitySnapshot? Current { get; private set; }

        public string Kind => "test";

        public IReadOnlyList<string> Problems { get; set; } = [];

        public async Task<IdentitySnapshot> IssueAsync(IdentitySnapshot? current, CancellationToken cancellationToken)
        {
            Current = current;
            Asked++;
            if (IsAway)
            {
                throw new IOException("no route");
            }

            try
            {
                return await Answer.Task.WaitAsync(cancellationToken);
            }
            finally
            {
                Answer = New();
            }
        }

        public void Say(IdentitySnapshot snapshot) => Answer.SetResult(snapshot);

        public void Fail(Exception exception) => Answer.SetException(exception);

        public async Task IsAskedAsync(int times)
        {
            for (var i = 0; Asked < times; i++)
            {
                Assert.True(i < 400, $"asked {Asked} times, not {times}");
                await Task.Delay(10);
            }
        }

        private static TaskCompletionSource<IdentitySnapshot> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
