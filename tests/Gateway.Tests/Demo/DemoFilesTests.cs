using Gateway.Demo;
using Gateway.Tests.Architecture;

namespace Gateway.Tests.Demo;

public sealed class DemoFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-demo-files-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void In_the_repository_the_sample_itself_is_served()
    {
        DemoFiles files = DemoFiles.Find(null, Path.Combine(SourceTree.Root, "src", "Gateway"));

        Assert.Equal(Path.Combine(SourceTree.Root, "samples", "bookinfo"), files.Config);
        Assert.Equal(Path.Combine(SourceTree.Root, "samples", "bookinfo-try"), files.Alternatives);
        Assert.False(files.Written);
    }

    [Fact]
    public void Elsewhere_a_copy_is_written_that_equals_the_sample()
    {
        DemoFiles files = DemoFiles.Find(null, _folder);

        Assert.True(files.Written);
        Assert.Equal(Path.Combine(_folder, "gateway-demo", "bookinfo"), files.Config);
        AssertSame("bookinfo", files.Config);
        AssertSame("bookinfo-try", files.Alternatives!);
    }

    [Fact]
    public void A_copy_that_was_edited_is_kept()
    {
        string reviews = Path.Combine(DemoFiles.Find(null, _folder).Config, "reviews.yaml");
        File.WriteAllText(reviews, "# mine");

        DemoFiles again = DemoFiles.Find(null, _folder);

        Assert.False(again.Written);
        Assert.Equal("# mine", File.ReadAllText(reviews));
    }

    [Fact]
    public void A_named_folder_is_taken_as_it_is()
    {
        DemoFiles files = DemoFiles.Find(_folder, SourceTree.Root);

        Assert.Equal(new DemoFiles(_folder, null, false), files);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    private static void AssertSame(string sample, string copy)
    {
        string[] original = Directory.GetFiles(Path.Combine(SourceTree.Root, "samples", sample));
        Assert.NotEmpty(original);
        Assert.Equal(original.Length, Directory.GetFiles(copy).Length);
        Assert.All(original, file => Assert.Equal(File.ReadAllText(file), File.ReadAllText(Path.Combine(copy, Path.GetFileName(file)))));
    }
}
