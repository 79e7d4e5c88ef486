using X0tta6bl4.Benchmarks;

// The part of the benchmarks that must run on the router itself; `./build.sh bench` copies it into a guest and reads its
// one line of JSON. Measures, never judges.
return args switch
{
    ["snapshot", var mesh, var rounds] when int.TryParse(rounds, out var count) => SnapshotBenchmark.Run(mesh, count),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: x0tta6bl4-bench snapshot MESH_INTERFACE ROUNDS");
    return 2;
}
