using System.Text;
using Gateway.Config.Diagnostics;
using Gateway.Config.Parsing;
using Gateway.Config.Tests.Compatibility;

namespace Gateway.Config.Tests.Parsing;

public sealed class PlainBlockReaderTests
{
    private static readonly string[] Pieces =
    [
        "a:", "b: c", "kind: x y", "n: 1", "- ", "- a: b", "- c", "-", "  ", "    ", "d: 'q'", "e: \"q\"", "f: \"a\\n\"", "g: {}", "h: [a]",
        "i: |", "# note", "j: k # note", "l: null", "~: m", "null: n", "o:p", "q: http://x", "r: s: t", "u:", "- - v", "-w", "x: -1", "y: - z",
        "app.kubernetes.io/name: n", "\t", "a: b", "---", "z: &a b", "key with blank: 1", "*", "!t", "true: 1", "0: 1", "k: 'it''s'", "k2: \"\"",
        "\r", "ä: 1", "v: >", "w: yes", "-  two: 1", "/p: 1", ". ", "m: a  ", ": x",
    ];

    [Fact]
    public void What_it_reads_is_what_the_full_parser_reads()
    {
        Random random = new(3);
        int read = 0;
        for (int i = 0; i < 40_000; i++)
        {
            StringBuilder text = new();
            for (int line = random.Next(1, 7); line > 0; line--)
            {
                text.Append(' ', random.Next(3) * random.Next(3));
                for (int piece = random.Next(1, 3); piece > 0; piece--)
                    text.Append(Pieces[random.Next(random.Next(2) == 0 ? 12 : Pieces.Length)]);
                text.Append('\n');
            }
            if (Agree(text.ToString()))
                read++;
        }
        Assert.InRange(read, 500, 40_000);
    }

    [Fact]
    public void Samples_and_manifests_are_read_alike_and_many_without_the_full_parser()
    {
        int simple = 0, all = 0;
        foreach (string folder in (string[])["samples", "deploy"])
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.yaml", SearchOption.AllDirectories))
            {
                string text = File.ReadAllText(file);
                foreach (DocumentSlice slice in DocumentSplitter.Split(text))
                {
                    all++;
                    if (Agree(text.Substring(slice.Start, slice.Length)))
                        simple++;
                }
            }
        }
        Assert.True(simple * 3 > all, $"only {simple} of {all} documents are simple");
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: X\nmetadata:\n  name: a\n  labels:\n    app.kubernetes.io/name: b\nspec:\n  hosts:\n  - a.com\n  - \"*.b.com\"\n  http:\n    - match:\n        - uri:\n            regex: /v[0-9]+/.*\n      weight: 90\n    # a note\n    - name: 'x'\n\n      timeout: 5s\n")]
    [InlineData("---\na: b\n")]
    [InlineData("  a:\n    b: 1\n")]
    [InlineData("a:\n- b: 1\n  c:\n  - d\n  e: f\n- g\nh: i")]
    public void Plain_documents_are_read_without_the_full_parser(string text) => Assert.True(Agree(text));

    // Whether the text was simple enough; that it is read alike is asserted.
    private static bool Agree(string text)
    {
        ConfigNode? node = PlainBlockReader.Read(text, new Placement("t"), new());
        if (node is null)
            return false;
        List<Diagnostic> findings = [];
        ConfigNode? full = new YamlReader(new()).ReadFully(text, new(0, text.Length, 1), new("t"), findings);
        Assert.Empty(findings);
        Assert.Equal(NodeText.Of(full!), NodeText.Of(node));
        return true;
    }
}
