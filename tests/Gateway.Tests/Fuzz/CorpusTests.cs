using Gateway.Fuzz;
using Gateway.Tests.Architecture;

namespace Gateway.Tests.Fuzz;

/// <summary>The inputs that the fuzzer is given, those it once found something with among them, hold without a fuzzer.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Targets => [.. FuzzTargets.All.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_kept_input_holds(string target)
    {
        string[] files = Directory.GetFiles(Path.Combine(SourceTree.Root, "tests", "Gateway.Fuzz", "corpus", target));

        Assert.NotEmpty(files);
        foreach (string file in files)
        {
            Exception? failure = Record.Exception(() => FuzzTargets.All[target](File.ReadAllBytes(file)));
            Assert.True(failure is null, $"{file}: {failure}");
        }
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_target_takes_what_is_hardly_anything(string target)
    {
        for (int length = 0; length < 4; length++)
            FuzzTargets.All[target](new byte[length]);
    }
}
