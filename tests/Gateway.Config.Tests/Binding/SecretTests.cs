using System.Text;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Tests.Binding;

public class SecretTests
{
    private const string Hidden = "c2VjcmV0LWtleQ==";

    private const string Document = $$$"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: tls
          annotations:
            kubectl.kubernetes.io/last-applied-configuration: '{"data":{"tls.key":"{{{Hidden}}}"}}'
            other: stays
        type: kubernetes.io/tls
        data:
          tls.key: {{{Hidden}}}
          both: {{{Hidden}}}
        stringData:
          both: plain-secret
        """;

    private static LoadResult Load(string text) => new ConfigLoader().Load([new("f", Encoding.UTF8.GetBytes(text))]);

    [Fact]
    public void Data_is_decoded_and_stringData_lies_over_it()
    {
        Resource<SecretSpec> secret = Assert.Single(Load(Document).Config.Secrets);
        Assert.True(secret.Spec.Data.TryGetValue("tls.key", out EquatableArray<byte> key));
        Assert.Equal("secret-key", Encoding.UTF8.GetString(key.AsSpan()));
        Assert.True(secret.Spec.Data.TryGetValue("both", out EquatableArray<byte> both));
        Assert.Equal("plain-secret", Encoding.UTF8.GetString(both.AsSpan()));
    }

    [Fact]
    public void The_document_that_is_kept_holds_no_secret_value_but_its_place()
    {
        Resource<SecretSpec> secret = Assert.Single(Load(Document).Config.Secrets);
        Assert.DoesNotContain(Texts(secret.Document).Concat(Texts(secret.Metadata.Node)), t => t.Contains(Hidden, StringComparison.Ordinal) || t.Contains("secret", StringComparison.Ordinal));
        Assert.Equal(new SourceLocation("f", 10, 12), secret.Document.Locate("data").Entries[0].Value.Location);
        Assert.Equal("stays", Assert.Single(secret.Metadata.Annotations).Value);
        Assert.DoesNotContain("secret-key", $"{secret} {secret.Spec}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data: {key: [hush-hush]}")]
    [InlineData("data: {key: 1234567}")]
    [InlineData("data: hush-hush")]
    [InlineData("data: {key: 'hush-hush!'}")]
    [InlineData("stringData: {key: {hush-hush: 1}}")]
    [InlineData("stringData: {key: 1234567}")]
    [InlineData("type: 1234567")]
    [InlineData("stringData: {key: *hush}")]
    public void No_finding_shows_a_value(string body)
    {
        LoadResult result = Load($"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{body}\n");
        Assert.NotEmpty(result.Diagnostics);
        Assert.Empty(result.Config.Secrets);
        Assert.DoesNotContain(result.Diagnostics, d => d.ToString().Contains("hush-hush", StringComparison.Ordinal) || d.ToString().Contains("1234567", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Texts(ConfigNode node) =>
        [node.Text, .. node.Items.SelectMany(Texts), .. node.Entries.SelectMany(e => Texts(e.Value))];
}
