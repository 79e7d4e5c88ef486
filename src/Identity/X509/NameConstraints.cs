using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;

namespace X0tta6bl4.Identity.X509;

/// <summary>
/// The names an authority may sign for, and the ones it may not (RFC 5280, section 4.2.1.10). Of each kind of name that has
/// permitted subtrees, every name of the certificate must be in one of them; no name may be in an excluded one. A kind we
/// cannot compare refuses the certificate that has a name of it.
/// </summary>
internal sealed class NameConstraints
{
    private readonly IReadOnlyList<GeneralName> _permitted;
    private readonly IReadOnlyList<GeneralName> _excluded;

    private NameConstraints(IReadOnlyList<GeneralName> permitted, IReadOnlyList<GeneralName> excluded)
    {
        _permitted = permitted;
        _excluded = excluded;
    }

    /// <exception cref="CertificateFormatException">Too many, or with a minimum or maximum, which the RFC forbids.</exception>
    public static NameConstraints Read(Asn1Object value)
    {
        var parsed = Org.BouncyCastle.Asn1.X509.NameConstraints.GetInstance(value);
        return new NameConstraints(Subtrees(parsed.PermittedSubtreesValue), Subtrees(parsed.ExcludedSubtreesValue));
    }

    /// <summary>Null when the certificate has no name outside what is allowed; else which.</summary>
    public string? Problem(Certificate certificate)
    {
        foreach (var name in NamesOf(certificate))
        {
            if (_excluded.Any(tree => tree.TagNo == name.TagNo && Matches(tree, name) != false))
            {
                return $"its {Kind(name)} is in an excluded name space";
            }

            var trees = _permitted.Where(tree => tree.TagNo == name.TagNo).ToList();
            if (trees.Count > 0 && !trees.Exists(tree => Matches(tree, name) == true))
            {
                return $"its {Kind(name)} is outside the permitted name space";
            }
        }

        return null;
    }

    private static GeneralName[] Subtrees(GeneralSubtrees? subtrees)
    {
        var elements = subtrees?.GetElements() ?? [];
        if (elements.Length > Certificate.NamesMax)
        {
            throw new CertificateFormatException(
                $"it has {elements.Length} name constraints of a kind, at most {Certificate.NamesMax} are accepted");
        }

        return Array.Exists(elements, e => e.MaximumObject is not null || e.MinimumObject is { } least && least.Value.SignValue != 0)
            ? throw new CertificateFormatException("its name constraints have a minimum or a maximum")
            : Array.ConvertAll(elements, e => e.Base);
    }

    /// <summary>The alternative names, the subject, and a subject's mail address where no alternative name is one.</summary>
    private static IEnumerable<GeneralName> NamesOf(Certificate certificate)
    {
        foreach (var name in certificate.AlternativeNames)
        {
            yield return name;
        }

        if (certificate.Subject.IsEmpty)
        {
            yield break;
        }

        yield return new GeneralName(certificate.Subject);
        if (!certificate.AlternativeNames.Any(n => n.TagNo == GeneralName.Rfc822Name))
        {
            foreach (var mail in certificate.Subject.GetValueList(X509Name.EmailAddress))
            {
                yield return new GeneralName(GeneralName.Rfc822Name, mail);
            }
        }
    }

    /// <summary>Null when names of this kind cannot be compared.</summary>
    private static bool? Matches(GeneralName tree, GeneralName name) => tree.TagNo switch
    {
        GeneralName.UniformResourceIdentifier => UriMatches(Text(tree), Text(name)),
        GeneralName.DnsName => DnsMatches(Text(tree), Text(name)),
        GeneralName.Rfc822Name => MailMatches(Text(tree), Text(name)),
        GeneralName.IPAddress => AddressMatches(Bytes(tree), Bytes(name)),
        GeneralName.DirectoryName => DirectoryMatches(X509Name.GetInstance(tree.Name), X509Name.GetInstance(name.Name)),
        _ => null,
    };

    /// <summary>The host alone counts: <c>.a</c> is every host below <c>a</c>, <c>a</c> that host.</summary>
    private static bool UriMatches(string tree, string uri)
    {
        var start = uri.IndexOf("://", StringComparison.Ordinal);
        if (start < 0)
        {
            return false;
        }

        var authority = uri.AsSpan(start + 3);
        var end = authority.IndexOfAny('/', '?', '#');
        return HostMatches(tree, end < 0 ? authority : authority[..end]);
    }

    private static bool HostMatches(ReadOnlySpan<char> tree, ReadOnlySpan<char> host) => tree.StartsWith('.')
        ? host.Length > tree.Length && host.EndsWith(tree, StringComparison.OrdinalIgnoreCase)
        : host.Equals(tree, StringComparison.OrdinalIgnoreCase);

    /// <summary><c>a</c> is <c>a</c> and everything below it, in whole labels.</summary>
    private static bool DnsMatches(ReadOnlySpan<char> tree, ReadOnlySpan<char> name)
    {
        tree = tree.TrimStart('.');
        return tree.IsEmpty || name.Equals(tree, StringComparison.OrdinalIgnoreCase)
            || (name.Length > tree.Length && name.EndsWith(tree, StringComparison.OrdinalIgnoreCase)
                && name[^(tree.Length + 1)] == '.');
    }

    /// <summary>A mailbox, the mailboxes of a host, or (<c>.a</c>) of all hosts below one.</summary>
    private static bool MailMatches(string tree, string mail)
    {
        var at = mail.LastIndexOf('@');
        return tree.Contains('@', StringComparison.Ordinal)
            ? at >= 0 && tree.LastIndexOf('@') is var treeAt
                && mail.AsSpan(0, at).SequenceEqual(tree.AsSpan(0, treeAt))
                && mail.AsSpan(at).Equals(tree.AsSpan(treeAt), StringComparison.OrdinalIgnoreCase)
            : HostMatches(tree, mail.AsSpan(at + 1));
    }

    /// <summary>Address and mask, each as long as the name's address.</summary>
    private static bool AddressMatches(byte[] tree, byte[] address)
    {
        if (tree.Length != 2 * address.Length)
        {
            return false;
        }

        for (var i = 0; i < address.Length; i++)
        {
            if (((tree[i] ^ address[i]) & tree[address.Length + i]) != 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The first parts of the name are the tree's, byte for byte (<see cref="Certificate.SubjectDer"/>).</summary>
    private static bool DirectoryMatches(X509Name tree, X509Name name)
    {
        var wanted = Asn1Sequence.GetInstance(tree.ToAsn1Object());
        var found = Asn1Sequence.GetInstance(name.ToAsn1Object());
        return found.Count >= wanted.Count && wanted.Zip(found).All(
            pair => pair.First.ToAsn1Object().GetDerEncoded().AsSpan().SequenceEqual(pair.Second.ToAsn1Object().GetDerEncoded()));
    }

    private static string Text(GeneralName name) => DerIA5String.GetInstance(name.Name).GetString();

    private static byte[] Bytes(GeneralName name) => Asn1OctetString.GetInstance(name.Name).GetOctets();

    private static string Kind(GeneralName name) => name.TagNo switch
    {
        GeneralName.UniformResourceIdentifier => "URI",
        GeneralName.DnsName => "DNS name",
        GeneralName.Rfc822Name => "mail address",
        GeneralName.IPAddress => "IP address",
        GeneralName.DirectoryName => "subject",
        var tag => $"name of kind {tag}",
    };
}
