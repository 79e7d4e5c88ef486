using X0tta6bl4.Benchmarks;
using X0tta6bl4.Benchmarks.Tls;

// The part of the benchmarks that must be a static native binary with the agent's settings: `snapshot` runs on a router,
// where `./build.sh bench` copies it, the others on the machine itself. One line of JSON each. Measures, never judges.
return args switch
{
    ["snapshot", var mesh, var rounds] when int.TryParse(rounds, out var count) => SnapshotBenchmark.Run(mesh, count),
    ["tls-handshakes", var folder, var suite, var times] when int.TryParse(times, out var count) =>
        TlsBenchmark.Handshakes(folder, suite, count, areStrangers: false),
    ["tls-strangers", var folder, var suite, var times] when int.TryParse(times, out var count) =>
        TlsBenchmark.Handshakes(folder, suite, count, areStrangers: true),
    ["tls-decide", var folder, var times] when int.TryParse(times, out var count) => TlsBenchmark.Decide(folder, count),
    ["tls-bulk", var folder, var suite, var size] when int.TryParse(size, out var mebibytes) =>
        TlsBenchmark.Bulk(folder, suite, mebibytes),
    ["tls-memory", var folder, var suite, var times, var garbage] when int.TryParse(times, out var count) && int.TryParse(garbage, out var bad) =>
        TlsBenchmark.Memory(folder, suite, count, bad),
    ["tls-rotation", var folder, var peers, var times, var seconds]
        when int.TryParse(peers, out var clients) && int.TryParse(times, out var rotations) && int.TryParse(seconds, out var every) =>
        RotationBenchmark.Run(folder, clients, rotations, every),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: x0tta6bl4-bench snapshot MESH_INTERFACE ROUNDS
               x0tta6bl4-bench tls-handshakes|tls-strangers FOLDER SUITE COUNT
               x0tta6bl4-bench tls-decide FOLDER COUNT
               x0tta6bl4-bench tls-bulk FOLDER SUITE MEBIBYTES
               x0tta6bl4-bench tls-memory FOLDER SUITE HANDSHAKES GARBAGE
               x0tta6bl4-bench tls-rotation FOLDER CLIENTS ROTATIONS SECONDS
        """);
    return 2;
}
