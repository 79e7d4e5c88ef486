using System.Runtime.ExceptionServices;
using Tmds.Linux;

namespace X0tta6bl4.Netlink.Tests.Kernel;

/// <summary>
/// Runs a test on a thread of its own in a fresh network namespace: sockets opened there see nothing of the host and
/// leave nothing behind. The namespace dies with the thread and its sockets.
/// </summary>
internal static class NetworkNamespace
{
    private const int CLONE_NEWNET = 0x40000000;

    public static void Run(Action test)
    {
        int errno = 0;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            if (LibC.unshare(CLONE_NEWNET) != 0)
            {
                errno = LibC.errno;
                return;
            }

            try
            {
                test();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        Assert.SkipWhen(errno != 0, $"needs a network namespace: unshare(CLONE_NEWNET) gave errno {errno}");
        failure?.Throw();
    }
}
