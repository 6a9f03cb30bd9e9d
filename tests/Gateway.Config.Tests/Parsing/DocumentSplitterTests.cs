using Gateway.Config.Parsing;

namespace Gateway.Config.Tests.Parsing;

public class DocumentSplitterTests
{
    [Fact]
    public void Slices_cover_the_documents_with_their_first_lines()
    {
        const string Text = "# intro\n---\na: 1\n---\n# empty\n---\r\nb: |\n  text\n  ---\n--- # c\nc: 1\n...\n%YAML 1.2\n---\nd: 1\n---- no marker\n";
        DocumentSlice[] slices = [.. DocumentSplitter.Split(Text)];
        Assert.Equal([2, 6, 10, 13], slices.Select(s => s.Line));
        Assert.Equal(
            ["---\na: 1\n", "---\r\nb: |\n  text\n  ---\n", "--- # c\nc: 1\n", "%YAML 1.2\n---\nd: 1\n---- no marker\n"],
            slices.Select(s => Text.Substring(s.Start, s.Length)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n# comment\n")]
    [InlineData("---\n---\n...\n")]
    public void A_text_without_content_has_no_slices(string text) => Assert.Empty(DocumentSplitter.Split(text));
}
