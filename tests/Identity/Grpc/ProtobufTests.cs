using Google.Protobuf;
using X0tta6bl4.Identity.Grpc;
using X0tta6bl4.Identity.Spiffe;
using X0tta6bl4.Identity.SpireServer;
using X0tta6bl4.Identity.WorkloadApi;
using X0tta6bl4.Identity.X509;
using X0tta6bl4.SpireWorld.Protocol.Svids;
using X0tta6bl4.SpireWorld.Protocol.Types;
using X0tta6bl4.SpireWorld.Protocol.Workload;

namespace X0tta6bl4.Identity.Tests.Grpc;

/// <summary>The wire format, beside Google's implementation of it.</summary>
public sealed class ProtobufTests
{
    private static readonly Gen<X509SVIDResponse> Responses = Gen.Select(
        Gen.Select(Gen.String, Gen.Byte.Array, Gen.Byte.Array, Gen.Byte.Array, Gen.String).Array[0, 5],
        Gen.Select(Gen.String, Gen.Byte.Array).Array[0, 5]).Select((svids, bundles) =>
        {
            var response = new X509SVIDResponse();
            response.Svids.AddRange(svids.Select(s => new SpireWorld.Protocol.Workload.X509SVID
            {
                SpiffeId = Valid(s.Item1),
                X509Svid = ByteString.CopyFrom(s.Item2),
                X509SvidKey = ByteString.CopyFrom(s.Item3),
                Bundle = ByteString.CopyFrom(s.Item4),
                Hint = Valid(s.Item5),
            }));
            foreach (var (key, value) in bundles)
            {
                response.FederatedBundles[Valid(key)] = ByteString.CopyFrom(value);
            }

            return response;
        });

    // Half a surrogate pair is no text that protobuf could carry.
    private static string Valid(string text) => string.Concat(text.Where(c => !char.IsSurrogate(c)));

    [Fact]
    public void What_Google_writes_we_read() => Responses.Sample(response =>
    {
        var read = X509SvidResponse.Read(response.ToByteArray());

        Assert.Equal(response.Svids.Count, read.Svids.Count);
        foreach (var (theirs, ours) in response.Svids.Zip(read.Svids))
        {
            Assert.Equal((theirs.SpiffeId, theirs.Hint), (ours.SpiffeId, ours.Hint));
            Assert.Equal(theirs.X509Svid.ToByteArray(), ours.Chain.ToArray());
            Assert.Equal(theirs.X509SvidKey.ToByteArray(), ours.Key.ToArray());
            Assert.Equal(theirs.Bundle.ToByteArray(), ours.Bundle.ToArray());
        }

        Assert.Equal(
            response.FederatedBundles.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => (b.Key, Convert.ToHexString(b.Value.Span))),
            read.FederatedBundles.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => (b.Key, Convert.ToHexString(b.Value.Span))));
    });

    [Fact]
    public void What_we_write_Google_reads() => Gen.Select(Gen.String, Gen.Byte.Array, Gen.Int).Sample((text, bytes, number) =>
    {
        var request = BatchNewX509SVIDRequest.Parser.ParseFrom(NewX509SvidResult.Request(Valid(text), bytes).Span);
        var downstream = NewDownstreamX509CARequest.Parser.ParseFrom(
            new ProtobufWriter().Bytes(1, bytes).Integer(2, number).Message.Span);

        Assert.Equal((Valid(text), Convert.ToHexString(bytes)), (request.Params[0].EntryId, Convert.ToHexString(request.Params[0].Csr.Span)));
        Assert.Equal((number, bytes.Length), (downstream.PreferredTtl, downstream.Csr.Length));
    });

    [Fact]
    public void Unknown_fields_of_every_wire_type_are_passed_over()
    {
        byte[] unknown = [0xF8, 0x07, 0x96, 0x01, 0xF9, 0x07, 1, 2, 3, 4, 5, 6, 7, 8, 0xFA, 0x07, 2, 9, 9, 0xFD, 0x07, 1, 2, 3, 4];

        var read = X509SvidResponse.Read((byte[])[.. unknown, 0x0A, 3, 0x0A, 1, (byte)'x', .. unknown]);

        Assert.Equal("x", Assert.Single(read.Svids).SpiffeId);
    }

    [Fact]
    public void The_last_of_a_field_that_stands_there_twice_counts() =>
        Assert.Equal("b", X509SvidMessage.Read((byte[])[0x0A, 1, (byte)'a', 0x0A, 1, (byte)'b']).SpiffeId);

    [Theory]
    [InlineData("00", "a number that no field can have"), InlineData("02", "a number that no field can have")]
    [InlineData("80808080808080808080", "over 10 bytes"), InlineData("ffffffffffffffffff7f", "a number that no field can have")]
    [InlineData("0a", "ends inside a number"), InlineData("0a05", "longer than its message"), InlineData("0a80", "ends inside a number")]
    [InlineData("0affffffffffffffffff01", "longer than its message"), InlineData("0affffffff07", "longer than its message")]
    [InlineData("f807", "ends inside a number"), InlineData("0801", "wire type 0, expected 2"), InlineData("0b0c", "wire type 3, expected 2")]
    [InlineData("f307f407", "which proto3 does not have"), InlineData("f607", "which proto3 does not have"), InlineData("f90701", "longer than its message")]
    [InlineData("0a040a02c328", "no UTF-8")]
    public void Bytes_that_are_no_message_are_refused_with_the_reason(string hex, string said)
    {
        var exception = Assert.Throws<ProtobufFormatException>(() => X509SvidResponse.Read(Convert.FromHexString(hex)));

        Assert.Contains(said, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_of_too_many_fields_is_refused() => Assert.Contains(
        "over 4096 fields",
        Assert.Throws<ProtobufFormatException>(() => X509SvidResponse.Read(
            Enumerable.Repeat<byte[]>([0x12, 0], ProtobufReader.FieldsMax + 1).SelectMany(f => f).ToArray())).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Random_bytes_are_a_message_or_a_refusal_in_every_reader() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        TrustDomain.Parse("example.org", out var domain);
        Action[] readers =
        [
            () => X509SvidUpdate.Read(bytes, null), () => JwtSvidMessage.ReadResponse(bytes), () => ValidatedJwtSvid.Read(bytes), () => StructJson.Read(bytes),
            () => BundleMap.Read(bytes, BundleMap.FieldOfJwtBundles), () => AttestAgentStep.Read(bytes), () => SpireEntry.ReadResponse(bytes),
            () => NewX509SvidResult.ReadResponse(bytes), () => OtherSvids.ReadJwt(bytes), () => OtherSvids.ReadDownstream(bytes),
            () => SpireBundle.Read(bytes, domain),
        ];
        foreach (var read in readers)
        {
            try
            {
                read();
            }
            catch (Exception exception) when (exception is ProtobufFormatException or CertificateFormatException)
            {
                // The only things that may come of it.
            }
        }
    });

    [Fact]
    public void A_good_message_changed_at_random_is_a_message_or_a_refusal()
    {
        var good = new GetEntries().Bytes;
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 3].Sample(changes =>
        {
            var bytes = good.ToArray();
            foreach (var (at, value) in changes)
            {
                bytes[at] = value;
            }

            try
            {
                SpireEntry.ReadResponse(bytes);
            }
            catch (ProtobufFormatException)
            {
                // The only thing that may come of it.
            }
        });
    }

    private sealed class GetEntries
    {
        public byte[] Bytes { get; } = new SpireWorld.Protocol.Entries.GetAuthorizedEntriesResponse
        {
            Entries =
            {
                new Entry
                {
                    Id = "e", SpiffeId = new SPIFFEID { TrustDomain = "example.org", Path = "/a" }, Hint = "h", FederatesWith = { "other.org" },
                },
            },
        }.ToByteArray();
    }
}
