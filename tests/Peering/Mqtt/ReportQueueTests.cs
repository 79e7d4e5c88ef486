using X0tta6bl4.Peering.Mqtt;

namespace X0tta6bl4.Peering.Tests.Mqtt;

/// <summary>The queue against a slow obvious model: a list that is searched from the front.</summary>
public class ReportQueueTests
{
    private static int _serial;

    private static readonly Gen<Report> AnyReport = Gen.Select(
        Gen.OneOf(Gen.Const("mesh"), Gen.Const("board"), Gen.Const("event")),
        Gen.Int[0, 90],
        (kind, bytes) => New(kind, bytes));

    private enum Step
    {
        Offer,
        Take,
        Complete,
        Return,
    }

    [Fact]
    public void It_behaves_like_the_model_whatever_is_done_to_it() =>
        Gen.Select(Gen.Int[1, 8], Gen.Int[20, 200], Gen.Select(Gen.Enum<Step>(), AnyReport).Array[0, 120])
            .Sample(
                (messagesMax, bytesMax, steps) =>
                {
                    var queue = new ReportQueue(messagesMax, bytesMax);
                    var model = new Model(messagesMax, bytesMax);
                    foreach (var (step, report) in steps)
                    {
                        switch (step)
                        {
                            case Step.Offer:
                                Assert.Equal(model.Offer(report), queue.Offer(report));
                                break;
                            case Step.Take when model.Sending is null:
                                Assert.Same(model.Take(), queue.Take());
                                break;
                            case Step.Complete when model.Sending is not null:
                                model.Sending = null;
                                queue.Complete();
                                break;
                            case Step.Return when model.Sending is not null:
                                model.Waiting.Insert(0, model.Sending);
                                model.Sending = null;
                                queue.Return();
                                break;
                        }

                        Assert.Equal((model.Count, model.Bytes), (queue.Count, queue.Bytes));
                        Assert.InRange(queue.Count, 0, messagesMax);
                        Assert.InRange(queue.Bytes, 0, bytesMax);
                    }
                });

    [Fact]
    public void Nothing_is_lost_uncounted_and_the_order_is_kept() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[60, 300], AnyReport.Array[1, 60])
            .Sample(
                (messagesMax, bytesMax, offered) =>
                {
                    var queue = new ReportQueue(messagesMax, bytesMax);
                    var dropped = offered.SelectMany(queue.Offer).Select(d => d.Report).ToHashSet();
                    List<Report> taken = [];
                    while (queue.Take() is { } report)
                    {
                        taken.Add(report);
                        queue.Complete();
                    }

                    Assert.Equal(offered.Where(r => !dropped.Contains(r)), taken);
                    Assert.Equal(offered.Length, dropped.Count + taken.Count);
                    Assert.Equal((0, 0), (queue.Count, queue.Bytes));
                });

    [Fact]
    public void A_chatty_kind_drops_its_own_oldest_and_leaves_the_quiet_one()
    {
        var queue = new ReportQueue(3, 10_000);
        var quiet = New("board", 5);
        var first = New("mesh", 5);
        queue.Offer(quiet);
        queue.Offer(first);
        queue.Offer(New("mesh", 5));

        var dropped = Assert.Single(queue.Offer(New("mesh", 5)));

        Assert.Equal(new Dropped(first, DropReason.Full), dropped);
        Assert.Same(quiet, queue.Take());
    }

    [Fact]
    public void A_kind_that_has_nothing_waiting_takes_the_oldest_place_of_all()
    {
        var queue = new ReportQueue(2, 10_000);
        var first = New("mesh", 5);
        queue.Offer(first);
        queue.Offer(New("mesh", 5));

        Assert.Equal(new Dropped(first, DropReason.Full), Assert.Single(queue.Offer(New("board", 5))));
    }

    [Fact]
    public void What_is_being_sent_is_never_dropped()
    {
        var queue = new ReportQueue(1, 10_000);
        var sending = New("mesh", 5);
        queue.Offer(sending);
        queue.Take();
        var late = New("mesh", 5);

        Assert.Equal(new Dropped(late, DropReason.Full), Assert.Single(queue.Offer(late)));
        queue.Return();
        Assert.Same(sending, queue.Take());
    }

    [Fact]
    public void What_can_never_fit_costs_nobody_else()
    {
        var queue = new ReportQueue(5, 100);
        queue.Offer(New("mesh", 5));
        var huge = New("mesh", 200);

        Assert.Equal(new Dropped(huge, DropReason.TooLarge), Assert.Single(queue.Offer(huge)));
        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void Misuse_is_a_programmers_error()
    {
        var queue = new ReportQueue(5, 100);
        Assert.Throws<InvalidOperationException>(queue.Complete);
        Assert.Throws<InvalidOperationException>(queue.Return);
        queue.Offer(New("mesh", 5));
        queue.Take();
        Assert.Throws<InvalidOperationException>(() => queue.Take());
    }

    private static Report New(string kind, int payloadBytes) =>
        new(
            kind,
            $"t/{Interlocked.Increment(ref _serial) % 10}",
            new byte[payloadBytes],
            Retain: true,
            TraceParent: null,
            TimeSpan.Zero);

    private sealed class Model(int messagesMax, int bytesMax)
    {
        internal List<Report> Waiting { get; } = [];

        internal Report? Sending { get; set; }

        internal int Count => Waiting.Count + (Sending is null ? 0 : 1);

        internal int Bytes => Waiting.Sum(r => r.Bytes) + (Sending?.Bytes ?? 0);

        internal List<Dropped> Offer(Report report)
        {
            if (report.Bytes > bytesMax)
            {
                return [new Dropped(report, DropReason.TooLarge)];
            }

            List<Dropped> dropped = [];
            while (Count + 1 > messagesMax || Bytes + report.Bytes > bytesMax)
            {
                var index = Waiting.FindIndex(r => r.Kind == report.Kind);
                index = index < 0 && Waiting.Count > 0 ? 0 : index;
                if (index < 0)
                {
                    return [.. dropped, new Dropped(report, DropReason.Full)];
                }

                dropped.Add(new Dropped(Waiting[index], DropReason.Full));
                Waiting.RemoveAt(index);
            }

            Waiting.Add(report);
            return dropped;
        }

        internal Report? Take()
        {
            Sending = Waiting.FirstOrDefault();
            if (Sending is not null)
            {
                Waiting.RemoveAt(0);
            }

            return Sending;
        }
    }
}
