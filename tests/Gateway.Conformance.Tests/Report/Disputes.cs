using Gateway.Conformance.Tests.Cases;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Report;

/// <summary>The cases of <c>disputed.yaml</c>, with the reason and its source.</summary>
internal static class Disputes
{
    private static readonly Dictionary<(string File, string Case), string> Reasons = Read();

    /// <summary>The reason why a case is disputed; null = it is not.</summary>
    public static string? Find(string file, string name) => Reasons.GetValueOrDefault((file, name));

    private static Dictionary<(string, string), string> Read()
    {
        var stream = new YamlStream();
        using (var reader = new StreamReader(Path.Combine(AppContext.BaseDirectory, "disputed.yaml")))
            stream.Load(reader);
        return stream.Documents[0].RootNode.Items().ToDictionary(
            entry => (Text(entry, "file"), Text(entry, "case")),
            entry => $"{Text(entry, "reason")} ({Text(entry, "source")})");
    }

    private static string Text(YamlNode entry, string key) =>
        entry.Get(key).Text() ?? throw new InvalidDataException($"An entry of disputed.yaml lacks \"{key}\".");
}
