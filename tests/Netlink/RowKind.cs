using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Linux;
using static X0tta6bl4.Netlink.Linux.BatadvCmd;
using static X0tta6bl4.Netlink.Tests.FakeKernel;

namespace X0tta6bl4.Netlink.Tests;

/// <summary>
/// One kind of row of the batadv family: how to make any, how the kernel sends it, how the client reads it. Tests
/// that must hold for every kind walk <see cref="All"/>.
/// </summary>
internal abstract partial class RowKind(string name, BatadvCmd command, params BatadvAttr[] mandatory)
{
    public string Title { get; } = name;

    public BatadvCmd Command { get; } = command;

    public BatadvAttr[] Mandatory { get; } = mandatory;

    public bool IsDump => Command is not (BATADV_CMD_GET_MESH or BATADV_CMD_GET_VLAN);

    /// <summary>Reads rows through the client, whatever the kernel answers; returns how many.</summary>
    public abstract int Dump(BatmanClient client, uint mesh);

    /// <summary>Many random rows go through the kernel's encoder and the client and must come back equal.</summary>
    public abstract void RoundTrip(int iterations);

    /// <summary>The body of one message with every attribute it can have.</summary>
    public abstract byte[] Sample();

    public override string ToString() => Title;

    /// <summary>Has the fake kernel answer with these bodies, as the command's kind of answer wants it.</summary>
    public void Answer(FakeKernel kernel, FakeRequest request, params byte[][] bodies)
    {
        if (IsDump)
        {
            kernel.Reply([.. bodies.Select(body => Row(request, body)), Done(request)]);
        }
        else
        {
            kernel.Reply(KernelBytes.Message(request.Type, 0, request.Sequence, request.Port, bodies[0]));
        }
    }

    private sealed class Kind<T>(
        string name,
        BatadvCmd command,
        Gen<T> rows,
        Func<T, byte[]> encode,
        Action<BatmanClient, uint, List<T>> dump,
        params BatadvAttr[] mandatory
    ) : RowKind(name, command, mandatory)
        where T : struct
    {
        public override int Dump(BatmanClient client, uint mesh)
        {
            var into = new List<T> { default };
            try
            {
                dump(client, mesh, into);
            }
            catch (NetlinkException)
            {
                Assert.Empty(into);
                throw;
            }

            return into.Count;
        }

        public override void RoundTrip(int iterations) =>
            rows.Sample(
                row =>
                {
                    using var kernel = new FakeKernel { Handler = (k, request) => Answer(k, request, encode(row)) };
                    using var client = new BatmanClient(kernel, kernel.Clock);
                    var into = new List<T>();
                    dump(client, 7, into);
                    return into.Count == 1 && into[0].Equals(row);
                },
                iter: iterations
            );

        public override byte[] Sample()
        {
            byte[] longest = [];
            rows.Sample(
                row =>
                {
                    byte[] body = encode(row);
                    if (body.Length > longest.Length)
                    {
                        longest = body;
                    }
                },
                iter: 500,
                threads: 1
            );
            return longest;
        }
    }
}
