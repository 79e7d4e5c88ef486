using System.Runtime.InteropServices;
using System.Text.Json;
using X0tta6bl4.Api;
using X0tta6bl4.Mesh;
using X0tta6bl4.Netlink;
using X0tta6bl4.Netlink.Batman;
using X0tta6bl4.Netlink.Ethtool;
using X0tta6bl4.Telemetry;

namespace X0tta6bl4.Agent.Control;

/// <summary>
/// Tables the agent does not watch, read from the kernel when somebody asks: translation tables, bridge loops, DAT cache,
/// multicast, VLANs, algorithms, statistics. One at a time, on a socket of their own, so that a question never disturbs
/// the mesh loop.
/// </summary>
internal sealed class KernelTables(Latest<MeshSnapshot> mesh, string meshInterface) : IDisposable
{
    /// <summary>Highest 802.1Q id asked for, as a VLAN has no dump command.</summary>
    private const ushort VlanMax = 4094;

    private readonly Lock _lock = new();
    private BatmanClient? _batman;
    private EthtoolClient? _ethtool;

    private delegate void RowWriter<T>(Utf8JsonWriter json, in T row);

    /// <summary>The routes of these tables.</summary>
    public IReadOnlyList<ApiRoute> Routes() =>
    [
        Table<LocalTranslation>("translations/local", "translations", (b, i, rows) => b.DumpLocalTranslations(i, rows), MeshJson.Write),
        Table<GlobalTranslation>("translations/global", "translations", (b, i, rows) => b.DumpGlobalTranslations(i, rows), MeshJson.Write),
        Table<BridgeLoopClaim>("claims", "claims", (b, i, rows) => b.DumpBridgeLoopClaims(i, rows), MeshJson.Write),
        Table<BridgeLoopBackbone>("backbones", "backbones", (b, i, rows) => b.DumpBridgeLoopBackbones(i, rows), MeshJson.Write),
        Table<DatCacheEntry>("dat", "dat", (b, i, rows) => b.DumpDatCache(i, rows), MeshJson.Write),
        Table<OriginatorMulticast>("multicast", "multicast", (b, i, rows) => b.DumpMulticast(i, rows), MeshJson.Write),
        ApiRoute.Get("/v1/interfaces", _ => Answer(WriteInterfaces)),
        ApiRoute.Get("/v1/translate", request => Answer(json => WriteTranslation(json, request.Parameter("client")))),
        ApiRoute.Get("/v1/vlan", request => Answer(json => WriteVlan(json, request.Parameter("id")))),
        ApiRoute.Get("/v1/algorithms", _ => Answer(WriteAlgorithms)),
        ApiRoute.Get("/v1/statistics", _ => Answer(WriteStatistics)),
    ];

    private ApiRoute Table<T>(
        string path, string field, Func<BatmanClient, uint, List<T>, DumpOutcome> dump, RowWriter<T> write)
        where T : struct =>
        ApiRoute.Get($"/v1/{path}", _ => Answer(json =>
        {
            var rows = new List<T>();
            var outcome = dump(Batman(), MeshIndex(), rows);
            json.WriteString("outcome", JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString()));
            json.WriteStartArray(field);
            foreach (ref readonly var row in CollectionsMarshal.AsSpan(rows))
            {
                write(json, in row);
            }

            json.WriteEndArray();
        }));

    /// <summary>Runs one question; the kernel's refusal becomes a 503 with the reason.</summary>
    private ApiResponse Answer(Action<Utf8JsonWriter> writeFields)
    {
        lock (_lock)
        {
            try
            {
                return ApiResponse.Json(json =>
                {
                    json.WriteStartObject();
                    json.WriteNumber("version", 1);
                    json.WriteString("mesh_ifname", meshInterface);
                    writeFields(json);
                    json.WriteEndObject();
                });
            }
            catch (NetlinkException exception)
            {
                return ApiResponse.Error(503, exception.Message);
            }
            catch (FormatException exception)
            {
                return ApiResponse.Error(400, exception.Message);
            }
            catch (KeyNotFoundException exception)
            {
                return ApiResponse.Error(404, exception.Message);
            }
        }
    }

    private void WriteInterfaces(Utf8JsonWriter json)
    {
        var snapshot = mesh.Value;
        var rows = new List<HardInterface>();
        if (snapshot.InterfaceIndex != 0)
        {
            Batman().DumpHardInterfaces(snapshot.InterfaceIndex, rows);
        }

        json.WriteStartArray("interfaces");
        foreach (var state in snapshot.HardInterfaces)
        {
            HardInterface? kernel = null;
            foreach (var row in rows)
            {
                if (row.HardIfIndex == state.Index)
                {
                    kernel = row;
                }
            }

            MeshJson.Write(json, state, kernel, meshInterface);
        }

        json.WriteEndArray();
    }

    /// <summary>The router a client is behind: the selected one of the others that announce it, or this one.</summary>
    private void WriteTranslation(Utf8JsonWriter json, string? text)
    {
        if (!MacAddress.TryParse(text, out var client))
        {
            throw new FormatException($"a client is an address such as 02:00:00:00:00:01, found \"{text}\"");
        }

        if (client.IsMulticast)
        {
            throw new FormatException($"{client} is a group's address, announced by every router that wants it: see translations global");
        }

        var others = new List<GlobalTranslation>();
        var own = new List<LocalTranslation>();
        Batman().DumpGlobalTranslations(MeshIndex(), others);
        Batman().DumpLocalTranslations(MeshIndex(), own);
        var isOwn = own.Exists(row => row.Client == client);
        var index = others.FindIndex(row => row.Client == client && row.IsBest);
        if (!isOwn && index < 0)
        {
            throw new KeyNotFoundException($"no router of the mesh announces the client {client}");
        }

        json.WriteStartObject("translation");
        MeshJson.WriteMac(json, "tt_address", client);
        json.WriteBoolean("local", isOwn);
        var originator = isOwn ? mesh.Value.Info?.PrimaryAddress : others[index].Originator;
        if (originator is { } router)
        {
            MeshJson.WriteMac(json, "orig_address", router);
        }

        json.WriteEndObject();
    }

    private void WriteVlan(Utf8JsonWriter json, string? id)
    {
        if (!ushort.TryParse(id, out var number) || number > VlanMax)
        {
            throw new FormatException($"a VLAN id is a number from 0 to {VlanMax}, found \"{id}\"");
        }

        var vlan = Batman().GetVlan(MeshIndex(), number);
        json.WriteNumber("mesh_ifindex", vlan.MeshIfIndex);
        json.WriteNumber("vlanid", vlan.VlanNumber);
        json.WriteBoolean("ap_isolation_enabled", vlan.ApIsolation);
    }

    private void WriteAlgorithms(Utf8JsonWriter json)
    {
        var names = new List<string>();
        Batman().GetRoutingAlgorithms(names);
        json.WriteString("selected", mesh.Value.Info?.AlgorithmName);
        json.WriteStartArray("algorithms");
        foreach (var name in names)
        {
            json.WriteStartObject();
            json.WriteString("algo_name", name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteStatistics(Utf8JsonWriter json)
    {
        var statistics = new List<EthtoolStatistic>();
        (_ethtool ??= EthtoolClient.Open()).ReadStatistics(meshInterface, statistics);
        json.WriteStartObject("statistics");
        foreach (var statistic in statistics)
        {
            json.WriteNumber(statistic.Name, statistic.Value);
        }

        json.WriteEndObject();
    }

    private BatmanClient Batman() => _batman ??= BatmanClient.Open();

    /// <summary>Index of the mesh interface; 0 makes the kernel answer ENODEV, whose message says what to do.</summary>
    private uint MeshIndex() => mesh.Value.InterfaceIndex;

    public void Dispose()
    {
        lock (_lock)
        {
            _batman?.Dispose();
            _ethtool?.Dispose();
        }
    }
}
