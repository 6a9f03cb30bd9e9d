using Gateway.Config.Model;
using Gateway.Http;

namespace Gateway.Tests.Http;

public sealed class PathNormalizerTests
{
    [Theory]
    [InlineData("/a/b")]
    [InlineData("/")]
    [InlineData("/a.b/c.d")]
    [InlineData("/a-b_c~d!$&'()*+,;=:@")]
    public void A_path_in_its_normal_form_comes_back_as_the_same_string(string target)
    {
        Assert.True(PathNormalizer.TryNormalize(target, PathNormalizationType.DecodeAndMergeSlashes, out string path, out string query));
        Assert.Same(target, path);
        Assert.Equal("", query);
    }

    [Theory]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/..", "/")]
    [InlineData("/../../a", "/a")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/a/..", "/")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/%2e%2E/b", "/b")]
    [InlineData("/a/.%2e", "/")]
    [InlineData("/a\\..\\b", "/b")]
    [InlineData("/a..", "/a..")]
    [InlineData("/..a", "/..a")]
    [InlineData("/.a", "/.a")]
    [InlineData("/%41%5f%2D", "/A_-")]
    [InlineData("/a%2fb%5Cc", "/a%2fb%5Cc")]
    [InlineData("/a%zz%", "/a%zz%")]
    [InlineData("/%%300", "/%2500")]
    [InlineData("/%%30%30", "/%2500")]
    [InlineData("/<\">", "/%3C%22%3E")]
    [InlineData("/\u00fc", "/%FC")]
    public void Base_follows_the_url_standard(string target, string expected) =>
        Assert.Equal(expected, Normalize(target, PathNormalizationType.Base));

    [Theory]
    [InlineData("/a//b///c", "/a/b/c")]
    [InlineData("//", "/")]
    [InlineData("/a//../b", "/a/b")]
    public void Slashes_are_merged_after_dot_segments(string target, string expected) =>
        Assert.Equal(expected, Normalize(target, PathNormalizationType.MergeSlashes));

    [Theory]
    [InlineData(PathNormalizationType.None)]
    [InlineData(PathNormalizationType.Base)]
    [InlineData(PathNormalizationType.DecodeAndMergeSlashes)]
    public void The_fragment_is_cut_and_the_query_left_alone(PathNormalizationType type)
    {
        Assert.True(PathNormalizer.TryNormalize("/a?x=/../%2e#f?g", type, out string path, out string query));
        Assert.Equal(("/a", "?x=/../%2e"), (path, query));

        Assert.True(PathNormalizer.TryNormalize("/a#f?g", type, out path, out query));
        Assert.Equal(("/a", ""), (path, query));
    }

    [Theory]
    [InlineData("/a%00")]
    [InlineData("/%00/../a")]
    public void A_NUL_is_refused(string target) =>
        Assert.False(PathNormalizer.TryNormalize(target, PathNormalizationType.Base, out _, out _));

    [Fact]
    public void None_changes_nothing() => Assert.Equal("/a/../%00\\b", Normalize("/a/../%00\\b", PathNormalizationType.None));

    [Theory]
    [InlineData(PathNormalizationType.Base)]
    [InlineData(PathNormalizationType.MergeSlashes)]
    [InlineData(PathNormalizationType.DecodeAndMergeSlashes)]
    public void Whatever_comes_in_a_normal_path_comes_out(PathNormalizationType type)
    {
        var random = new Random(11);
        const string Alphabet = "/./..\\%%22eE5cCfF0ab~\u00ff ";
        for (int i = 0; i < 20000; i++)
        {
            string target = "/" + new string([.. Enumerable.Range(0, random.Next(24)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            if (!PathNormalizer.TryNormalize(target, type, out string path, out _))
                continue;
            Assert.True(path.StartsWith('/'), target);
            Assert.DoesNotContain("/../", path, StringComparison.Ordinal);
            Assert.DoesNotContain("/./", path, StringComparison.Ordinal);
            Assert.False(path.EndsWith("/..", StringComparison.Ordinal) || path.EndsWith("/.", StringComparison.Ordinal), target);
            Assert.DoesNotContain('\\', path);
            if (type != PathNormalizationType.Base)
                Assert.DoesNotContain("//", path, StringComparison.Ordinal);
            Assert.True(PathNormalizer.TryNormalize(path, PathNormalizationType.Base, out string again, out _), target);
            Assert.True(path == again, $"{target} -> {path} -> {again}");
        }
    }

    [Fact]
    public void Long_paths_are_normalized_like_short_ones()
    {
        string target = string.Concat(Enumerable.Repeat("/a/../\\%41", 2000));

        Assert.Equal(string.Concat(Enumerable.Repeat("//A", 2000))[1..], "/" + Normalize(target, PathNormalizationType.Base).TrimStart('/'));
    }

    private static string Normalize(string target, PathNormalizationType type)
    {
        Assert.True(PathNormalizer.TryNormalize(target, type, out string path, out _));
        return path;
    }
}
