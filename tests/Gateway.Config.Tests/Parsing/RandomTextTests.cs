using System.Text;

namespace Gateway.Config.Tests.Parsing;

/// <summary>Whatever a text holds, loading it gives findings and no exception. The seeds are fixed, so a failure repeats.</summary>
public class RandomTextTests
{
    private const string Alphabet = "abAB01 \t\n\r:-{}[],\"'|>&*!%@`#?~<.\\/\u0001\u0085\u2028\ufeff\ud83d";

    private static readonly byte[][] Seeds =
        [.. Directory.GetFiles(ConfigCase.Folder, "*.txt", SearchOption.AllDirectories).Order().Select(f => Encoding.UTF8.GetBytes(ConfigCase.Read(f).Yaml))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_bytes_never_throw(int seed)
    {
        Random random = new(seed);
        ConfigLoader loader = new();
        for (int i = 0; i < 1000; i++)
        {
            byte[] text = new byte[random.Next(200)];
            random.NextBytes(text);
            loader.Load([new("random", text)]);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_YAML_signs_never_throw(int seed)
    {
        Random random = new(seed);
        ConfigLoader loader = new();
        for (int i = 0; i < 3000; i++)
        {
            string text = new([.. Enumerable.Range(0, random.Next(80)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            loader.Load([new("random", Encoding.UTF8.GetBytes(text))], new("mesh", Encoding.UTF8.GetBytes(text)));
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void Mutated_resources_never_throw(int seed)
    {
        Random random = new(seed);
        ConfigLoader loader = new();
        for (int i = 0; i < 2000; i++)
        {
            List<byte> text = [.. Seeds[random.Next(Seeds.Length)]];
            for (int change = random.Next(1, 6); change > 0 && text.Count > 1; change--)
                Mutate(text, random);
            loader.Load([new("mutated", text.ToArray())]);
        }
    }

    private static void Mutate(List<byte> text, Random random)
    {
        int at = random.Next(text.Count);
        switch (random.Next(4))
        {
            case 0:
                text[at] = (byte)random.Next(256);
                break;
            case 1:
                text.InsertRange(at, Encoding.UTF8.GetBytes(Alphabet[random.Next(Alphabet.Length)].ToString()));
                break;
            case 2:
                text.RemoveRange(at, Math.Min(random.Next(1, 20), text.Count - at));
                break;
            default:
                text.InsertRange(at, text.GetRange(at, Math.Min(random.Next(1, 40), text.Count - at)));
                break;
        }
    }
}
