using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using X0tta6bl4.Agent.Supervision;
using X0tta6bl4.Telemetry.Health;

namespace X0tta6bl4.Agent.Tests;

public class SupervisorTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly HealthRegister _health;
    private readonly Supervisor _supervisor;
    private readonly LoopPulses _pulses;

    public SupervisorTests()
    {
        _health = new HealthRegister(_time);
        _pulses = new LoopPulses(_time);
        _supervisor = new Supervisor(
            _health, Prometheus.Metrics.WithCustomRegistry(Prometheus.Metrics.NewCustomRegistry()), _time, new Random(1),
            NullLogger.Instance);
    }

    /// <summary>Advances the clock in small steps until the condition holds; the parts run on real threads.</summary>
    private async Task UntilAsync(Func<bool> condition, string what)
    {
        for (var step = 0; step < 4000; step++)
        {
            if (condition())
            {
                return;
            }

            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        Assert.Fail($"never happened: {what}");
    }

    private static Task Forever(CancellationToken stop) => Task.Delay(Timeout.Infinite, stop);

    [Fact]
    public async Task A_failed_part_is_restarted_and_its_symptom_stays_until_it_has_settled()
    {
        var runs = 0;
        await _supervisor.StartAsync(new Part("p", false, 1, stop =>
            Interlocked.Increment(ref runs) == 1 ? throw new InvalidOperationException("broken") : Forever(stop)));
        await UntilAsync(() => _health.Current.Value.Count == 1, "the symptom");
        Assert.Contains("broken", _health.Current.Value[0].Text);
        await UntilAsync(() => Volatile.Read(ref runs) == 2, "the restart");
        Assert.Single(_health.Current.Value);
        await UntilAsync(() => _health.Current.Value.Count == 0, "the symptom's end");
        Assert.False(_supervisor.Escalated.IsCompleted);
        await _supervisor.StopAllAsync();
    }

    [Fact]
    public async Task A_critical_part_that_keeps_failing_ends_the_process_and_others_do_not()
    {
        await _supervisor.StartAsync(new Part("mqtt", false, 1, _ => throw new InvalidOperationException("no broker")));
        var runs = 0;
        await _supervisor.StartAsync(new Part("mesh", true, 1, _ =>
        {
            Interlocked.Increment(ref runs);
            throw new InvalidOperationException("broken");
        }));
        await UntilAsync(() => _supervisor.Escalated.IsCompleted, "the escalation");
        Assert.Equal("mesh", await _supervisor.Escalated);
        Assert.Equal(Supervisor.FailuresMax, runs);
    }

    [Fact]
    public async Task Failures_far_apart_do_not_escalate()
    {
        var runs = 0;
        await _supervisor.StartAsync(new Part("mesh", true, 1, async stop =>
        {
            Interlocked.Increment(ref runs);
            await Task.Delay(Supervisor.FailureWindow, _time, stop);
            throw new InvalidOperationException("now and then");
        }));
        for (var hour = 0; hour < 10; hour++)
        {
            for (var step = 0; step < 60; step++)
            {
                _time.Advance(TimeSpan.FromMinutes(1));
                await Task.Delay(1);
            }
        }

        Assert.True(runs > Supervisor.FailuresMax, $"only {runs} runs");
        Assert.False(_supervisor.Escalated.IsCompleted);
        await _supervisor.StopAllAsync();
    }

    [Fact]
    public async Task A_part_that_waits_for_its_restart_does_not_starve_the_watchdog()
    {
        var pulse = _pulses.Register("mesh", TimeSpan.FromSeconds(3));
        var runs = 0;
        await _supervisor.StartAsync(new Part("mesh", true, 1, stop =>
            Interlocked.Increment(ref runs) <= 3 ? throw new InvalidOperationException("broken") : Forever(stop))
        { Pulse = pulse });
        var worst = TimeSpan.Zero;
        await UntilAsync(
            () =>
            {
                worst = pulse.Age > worst ? pulse.Age : worst;
                return Volatile.Read(ref runs) == 4;
            },
            "the fourth run");
        Assert.True(worst < pulse.Deadline, $"the pulse was {worst.TotalSeconds} s old");
        await _supervisor.StopAllAsync();
    }

    [Fact]
    public async Task Reload_restarts_only_what_changed()
    {
        var runs = 0;
        Part Make(string options) => new("p", false, options, stop =>
        {
            Interlocked.Increment(ref runs);
            return Forever(stop);
        });
        await _supervisor.StartAsync(Make("same"));
        await UntilAsync(() => Volatile.Read(ref runs) == 1, "the first run");
        await _supervisor.StartAsync(Make("same"));
        Assert.Equal(1, Volatile.Read(ref runs));
        await _supervisor.StartAsync(Make("other"));
        await UntilAsync(() => Volatile.Read(ref runs) == 2, "the second run");
        await _supervisor.StopAllAsync();
    }

    [Fact]
    public async Task Parts_stop_in_the_reverse_order_of_their_start()
    {
        var stopped = new List<string>();
        var started = 0;
        foreach (var name in (string[])["board", "mesh", "mqtt"])
        {
            await _supervisor.StartAsync(new Part(name, false, 1, async stop =>
            {
                Interlocked.Increment(ref started);
                await Forever(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                stopped.Add(name);
            }));
        }

        await UntilAsync(() => Volatile.Read(ref started) == 3, "all parts running");
        await _supervisor.StopAllAsync();
        Assert.Equal(["mqtt", "mesh", "board"], stopped);
    }
}
