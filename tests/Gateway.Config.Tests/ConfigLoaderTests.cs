using System.Text;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;

namespace Gateway.Config.Tests;

public class ConfigLoaderTests
{
    private const string Bad = "hosts: 1";
    private readonly ConfigLoader _loader = new();

    private static string Route(string name, string spec = "", string meta = "", string host = "shop") =>
        $"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}{meta}}}\nspec:\n  {(spec.Length > 0 ? spec : $"hosts: [{name}.example.com]")}\n  http: [{{route: [{{destination: {{host: {host}}}}}]}}]\n";

    private static ConfigDocument File(string source, params string[] documents) => new(source, Encoding.UTF8.GetBytes(string.Join("---\n", documents)));

    private static IEnumerable<string> Names(LoadResult result) => result.Config.VirtualServices.Select(v => v.Id.Name);

    [Fact]
    public void Resources_are_oldest_first_then_by_name_then_by_namespace()
    {
        LoadResult result = _loader.Load(
        [
            File("a", Route("b", meta: ", namespace: y"), Route("b", meta: ", namespace: x"), Route("late", meta: ", creationTimestamp: \"2026-02-01T00:00:00Z\"")),
            File("b", Route("early", meta: ", creationTimestamp: \"2026-01-01T00:00:00Z\""), Route("a", meta: ", namespace: z")),
        ]);
        Assert.Equal(["z/a", "x/b", "y/b", "default/early", "default/late"], result.Config.VirtualServices.Select(v => $"{v.Id.Namespace}/{v.Id.Name}"));
    }

    [Fact]
    public void A_resource_that_becomes_bad_keeps_its_last_good_version()
    {
        _loader.Load([File("f", Route("a", host: "old"), Route("b"))]);
        LoadResult result = _loader.Load([File("f", Route("a", Bad), Route("b", host: "new"))]);
        Assert.Equal(["a", "b"], Names(result));
        Assert.Equal(["old", "new"], result.Config.VirtualServices.Select(v => v.Spec.Http[0].Route[0].Destination?.Host));
        Assert.Contains(result.Diagnostics, d => d.Code == "GW0009" && d.Resource == new ResourceId("VirtualService", "default", "a"));

        result = _loader.Load([File("f", Route("a", host: "repaired"), Route("b"))]);
        Assert.Equal("repaired", result.Config.VirtualServices[0].Spec.Http[0].Route[0].Destination?.Host);
        Assert.Empty(result.Diagnostics);
    }

    [Fact]
    public void A_resource_that_was_never_good_is_left_out_alone()
    {
        LoadResult result = _loader.Load([File("f", Route("a", Bad), Route("b"))]);
        Assert.Equal(["b"], Names(result));
    }

    [Fact]
    public void A_resource_whose_document_is_gone_is_gone()
    {
        _loader.Load([File("f", Route("a"), Route("b")), File("g", Route("c"))]);
        Assert.Equal(["b"], Names(_loader.Load([File("f", Route("b"))])));
    }

    [Fact]
    public void A_text_that_cannot_be_read_keeps_all_its_resources()
    {
        _loader.Load([File("f", Route("a"), Route("b")), File("g", Route("c"))]);
        LoadResult result = _loader.Load([new("f", new byte[] { 0xff }), File("g", Route("d"))]);
        Assert.Equal(["a", "b", "d"], Names(result));
        Assert.Equal(2, result.Diagnostics.Count(d => d.Code == "GW0009"));
        Assert.Equal(["d"], Names(_loader.Load([File("g", Route("d"))])));
    }

    [Fact]
    public void A_syntax_error_keeps_the_last_good_version_of_its_document_and_takes_up_the_others()
    {
        _loader.Load([File("f", Route("a"), Route("b", host: "old"), Route("c", host: "old"))]);
        LoadResult result = _loader.Load([File("f", Route("a"), "kind: \"VirtualService\nmetadata: {name: b}\n", Route("c", host: "new"))]);
        Assert.Equal(["shop", "old", "new"], result.Config.VirtualServices.Select(v => v.Spec.Http[0].Route[0].Destination?.Host));
    }

    [Fact]
    public void A_resource_may_move_to_another_file_while_its_old_file_is_broken()
    {
        _loader.Load([File("f", Route("a", host: "old"))]);
        LoadResult result = _loader.Load([File("f", "a: ["), File("g", Route("a", host: "new"))]);
        Assert.Equal("new", Assert.Single(result.Config.VirtualServices).Spec.Http[0].Route[0].Destination?.Host);
    }

    [Fact]
    public void Of_a_resource_written_twice_the_first_is_used()
    {
        LoadResult result = _loader.Load([File("f", Route("a", host: "first")), File("g", Route("a", host: "second"))]);
        Assert.Equal("first", Assert.Single(result.Config.VirtualServices).Spec.Http[0].Route[0].Destination?.Host);
        Diagnostic finding = Assert.Single(result.Diagnostics);
        Assert.Equal(("GW0007", new SourceLocation("g", 1, 1)), (finding.Code, finding.Location));
    }

    [Fact]
    public void A_text_that_did_not_change_is_not_read_again()
    {
        LoadResult first = _loader.Load([File("f", Route("a")), File("g", Route("b"))]);
        LoadResult second = _loader.Load([File("g", Route("b", host: "new")), File("f", Route("a"))]);
        Assert.Same(first.Config.VirtualServices[0], second.Config.VirtualServices[0]);
        Assert.NotSame(first.Config.VirtualServices[1], second.Config.VirtualServices[1]);
    }

    [Fact]
    public void A_damaged_item_of_a_list_costs_its_neighbours_nothing()
    {
        LoadResult result = _loader.Load([File("f", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: a, name: b}}\n- {apiVersion: v1, kind: Namespace, metadata: {name: c}}\n")]);
        Assert.Equal("c", Assert.Single(result.Config.Namespaces).Id.Name);
        Diagnostic finding = Assert.Single(result.Diagnostics);
        Assert.Equal(("GW0003", "items[0].metadata.name", new ResourceId("Namespace", "", "a")), (finding.Code, finding.FieldPath, finding.Resource));
    }

    [Fact]
    public void Many_warnings_do_not_make_a_resource_bad_and_one_error_among_them_does()
    {
        string rules = string.Concat(Enumerable.Range(0, 300).Select(i => $"  - {{match: [{{uri: {{prefix: /{i}}}, statPrefix: s}}], route: [{{destination: {{host: a}}}}]}}\n"));
        string document = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: many}\nspec:\n  hosts: [a.example.com]\n  http:\n" + rules;
        LoadResult result = _loader.Load([File("f", document)]);
        Assert.Single(result.Config.VirtualServices);
        Assert.Equal(101, result.Diagnostics.Count(d => d.Code == "GW0501"));

        result = new ConfigLoader().Load([File("f", document + "  - {route: 1}\n")]);
        Assert.Empty(result.Config.VirtualServices);
        Assert.Single(result.Diagnostics, d => d.Severity == Severity.Error);
    }

    [Theory]
    [InlineData("2026-01-31T12:00:00Z", true)]
    [InlineData("2026-01-31T12:00:00.123456Z", true)]
    [InlineData("2026-01-31T12:00:00+02:00", true)]
    [InlineData("2026-01-31T12:00:00", false)]
    [InlineData("2026-01-31", false)]
    [InlineData("12:00", false)]
    public void A_creation_time_is_written_as_Kubernetes_does(string text, bool good)
    {
        LoadResult result = _loader.Load([File("f", Route("a", meta: $", creationTimestamp: \"{text}\""))]);
        Assert.Equal(good, result.Diagnostics.IsEmpty);
    }

    [Fact]
    public void Mesh_settings_come_from_the_ConfigMap_of_the_root_namespace()
    {
        static string Map(string ns, string mesh) => $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: istio, namespace: {ns}}}\ndata:\n  mesh: '{mesh}'\n";
        Assert.Equal("cluster.local", _loader.Load([]).Config.Mesh.TrustDomain);
        Assert.Equal("a", _loader.Load([File("f", Map("istio-system", "trustDomain: a"))]).Config.Mesh.TrustDomain);
        Assert.Equal("cluster.local", _loader.Load([File("f", Map("default", "trustDomain: a"))]).Config.Mesh.TrustDomain);
        Assert.Equal("b", _loader.Load([File("f", Map("mesh", "{rootNamespace: mesh, trustDomain: b}"))]).Config.Mesh.TrustDomain);
    }

    [Fact]
    public void Bad_mesh_settings_keep_the_last_good_ones()
    {
        static ConfigDocument Mesh(string text) => new("mesh.yaml", Encoding.UTF8.GetBytes(text));
        Assert.Equal(TimeSpan.FromSeconds(3), _loader.Load([], Mesh("connectTimeout: 3s")).Config.Mesh.ConnectTimeout);
        LoadResult result = _loader.Load([], Mesh("connectTimeout: 3"));
        Assert.Equal(TimeSpan.FromSeconds(3), result.Config.Mesh.ConnectTimeout);
        Assert.Equal(["GW0102", "GW0009"], result.Diagnostics.Select(d => d.Code));
        Assert.Equal(MeshConfig.Default.ConnectTimeout, _loader.Load([], Mesh("")).Config.Mesh.ConnectTimeout);
    }

    [Fact]
    public void A_file_of_mesh_settings_wins_over_the_ConfigMap()
    {
        ConfigDocument map = File("f", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata: {mesh: 'trustDomain: map'}\n");
        Assert.Equal("file", _loader.Load([map], new("mesh", Encoding.UTF8.GetBytes("trustDomain: file"))).Config.Mesh.TrustDomain);
        Assert.Equal("map", _loader.Load([map]).Config.Mesh.TrustDomain);
    }
}
