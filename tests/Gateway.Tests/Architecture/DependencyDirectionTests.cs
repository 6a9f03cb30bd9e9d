using System.Xml.Linq;

namespace Gateway.Tests.Architecture;

/// <summary>The order of the rooms (docs/architecture.md, "The rooms and their order"), held against the code.</summary>
public sealed class DependencyDirectionTests
{
    /// <summary>From left to right: a room may use those of later rows, never its own row's others nor an earlier row's.</summary>
    private static readonly string[][] Rows =
    [
        ["Program"],
        ["Cli"],
        ["Hosting"],
        ["Admin", "Acme", "Demo", "Ocsp", "Sources"],
        ["Snapshot"],
        ["Listeners"],
        ["Tcp", "Forwarding", "Http.Filters"],
        ["Http"],
        ["Observability"],
        ["Streams"],
        ["Clusters", "Routing"],
        ["Tls"],
        ["Transport", "Matching"],
        ["Config"],
    ];

    [Fact]
    public void Every_folder_of_the_server_has_its_place_in_the_order()
    {
        IEnumerable<string> unplaced = SourceTree.Files("src/Gateway", ".cs")
            .Where(f => RoomOfFile(f.Path) is null)
            .Select(f => $"{f}: no room of that name in the order");

        Assert.Empty(unplaced);
    }

    [Fact]
    public void A_room_uses_only_rooms_to_its_right()
    {
        var wrong = new List<string>();
        foreach (SourceFile file in SourceTree.Files("src/Gateway", ".cs"))
        {
            foreach (string name in NamespaceUses.OfGateway(file.Text))
            {
                if (Complaint(file.Path, name) is { } complaint)
                    wrong.Add($"{file}: {complaint}");
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("src/Gateway/Routing/RouteTable.cs", "Gateway.Matching", null)]
    [InlineData("src/Gateway/Http/Filters/Cors.cs", "Gateway.Http", null)]
    [InlineData("src/Gateway/Http/Filters/Cors.cs", "Gateway.Http.Filters", null)]
    [InlineData("src/Gateway/Program.cs", "Gateway.Cli", null)]
    [InlineData("src/Gateway/Matching/HostMap.cs", "Gateway.Config.Model", null)]
    [InlineData("src/Gateway/Snapshot/Compilation/SnapshotCompiler.cs", "Gateway.Snapshot", null)]
    [InlineData("src/Gateway/Routing/RouteTable.cs", "Gateway.Clusters.Cluster", "Routing uses Clusters (Gateway.Clusters.Cluster)")]
    [InlineData("src/Gateway/Http/RequestPipeline.cs", "Gateway.Http.Filters", "Http uses Http.Filters (Gateway.Http.Filters)")]
    [InlineData("src/Gateway/Forwarding/Router.cs", "Gateway.Http.Filters", "Forwarding uses Http.Filters (Gateway.Http.Filters)")]
    [InlineData("src/Gateway/Demo/Bookinfo.cs", "Gateway.Hosting", "Demo uses Hosting (Gateway.Hosting)")]
    [InlineData("src/Gateway/Matching/HostMap.cs", "Gateway.Nowhere", "Matching uses the unknown Gateway.Nowhere")]
    public void The_check_knows_right_from_left(string path, string name, string? complaint) => Assert.Equal(complaint, Complaint(path, name));

    [Theory]
    [InlineData("using Gateway.Http.Filters;", "Gateway.Http.Filters")]
    [InlineData("using static Gateway.Streams.ResponseFlags;", "Gateway.Streams.ResponseFlags")]
    [InlineData("using Flags = Gateway.Streams.ResponseFlags;", "Gateway.Streams.ResponseFlags")]
    [InlineData("var x = new global::Gateway.Tls.Store();", "Gateway.Tls.Store")]
    [InlineData("Gateway.Clusters.Cluster c;", "Gateway.Clusters.Cluster")]
    public void A_namespace_is_found_however_it_is_named(string code, string name) =>
        Assert.Equal([name], NamespaceUses.OfGateway(code).Select(n => n.Replace("global::", "", StringComparison.Ordinal)));

    [Theory]
    [InlineData("// see Gateway.Hosting.GatewayHost")]
    [InlineData("/* Gateway.Hosting */")]
    [InlineData("string s = \"Gateway.Hosting.Bootstrap\";")]
    [InlineData("string s = \"\"\"a \"quoted\" Gateway.Hosting // x\"\"\";")]
    public void Comments_and_strings_are_no_uses(string code) => Assert.Empty(NamespaceUses.OfGateway(code));

    [Fact]
    public void The_config_project_uses_the_base_library_and_YamlDotNet_only()
    {
        var wrong = new List<string>();
        foreach (SourceFile file in SourceTree.Files("src/Gateway.Config", ".cs"))
        {
            foreach (string name in NamespaceUses.Usings(file.Text))
            {
                if (Root(name) is not ("System" or "YamlDotNet") && !IsOrIsBelow(name, "Gateway.Config"))
                    wrong.Add($"{file}: using {name}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void The_config_project_references_YamlDotNet_and_nothing_else()
    {
        XElement project = XElement.Parse(SourceTree.Read("src/Gateway.Config/Gateway.Config.csproj"));

        Assert.Equal("Microsoft.NET.Sdk", project.Attribute("Sdk")?.Value);
        Assert.Equal(["YamlDotNet"], project.Descendants("PackageReference").Select(r => r.Attribute("Include")?.Value));
        Assert.Empty(project.Descendants("ProjectReference"));
        Assert.Empty(project.Descendants("FrameworkReference"));
    }

    [Fact]
    public void Nothing_but_the_two_projects_stands_under_src()
    {
        string[] folders = Directory.GetDirectories(Path.Combine(SourceTree.Root, "src")).Select(d => Path.GetFileName(d)!).Order(StringComparer.Ordinal).ToArray();

        Assert.Equal(["Gateway", "Gateway.Config"], folders);
    }

    private static string? Complaint(string path, string name)
    {
        string from = RoomOfFile(path) ?? throw new ArgumentException($"{path} is in no room", nameof(path));
        name = name.Replace("global::", "", StringComparison.Ordinal);
        if (RoomOfName(name["Gateway.".Length..]) is not { } to)
            return $"{from} uses the unknown {name}";

        return to == from || RowOf(to) > RowOf(from) ? null : $"{from} uses {to} ({name})";
    }

    private static string? RoomOfFile(string path)
    {
        string inside = path["src/Gateway/".Length..];
        return inside == "Program.cs" ? "Program" : RoomOfName(Path.GetDirectoryName(inside)!.Replace('\\', '/').Replace('/', '.'));
    }

    private static string? RoomOfName(string name) =>
        Rows.SelectMany(r => r).Where(room => IsOrIsBelow(name, room)).MaxBy(room => room.Length);

    private static int RowOf(string room) => Array.FindIndex(Rows, row => row.Contains(room));

    private static bool IsOrIsBelow(string name, string ancestor) =>
        name == ancestor || name.StartsWith(ancestor + ".", StringComparison.Ordinal);

    private static string Root(string name) => name.Split('.')[0];
}
