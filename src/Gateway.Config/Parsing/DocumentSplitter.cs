namespace Gateway.Config.Parsing;

/// <summary>A part of a text that holds at most one YAML document.</summary>
/// <param name="Start">Index of its first character.</param>
/// <param name="Length">Number of characters.</param>
/// <param name="Line">The line of the first character, from 1.</param>
internal readonly record struct DocumentSlice(int Start, int Length, int Line);

/// <summary>
/// Cuts a text at its document markers, so that a syntax error costs one document and not those after it.
/// YAML forbids a line that begins with <c>---</c> or <c>...</c> inside any document, even inside a quoted or block
/// scalar (YAML 1.2.2, 9.1.2), so cutting by lines cuts no valid document.
/// </summary>
internal static class DocumentSplitter
{
    /// <summary>The slices in order; those with nothing but blanks and comments are left out.</summary>
    public static List<DocumentSlice> Split(string text)
    {
        List<DocumentSlice> slices = [];
        int start = 0, startLine = 1, line = 1;
        bool content = false, directive = false, marked = false;
        for (int at = 0; at < text.Length; line++)
        {
            int end = text.IndexOf('\n', at);
            int next = end < 0 ? text.Length : end + 1;
            ReadOnlySpan<char> current = text.AsSpan(at, next - at);
            if (IsMarker(current, "---"))
            {
                // Directives stand before the marker of the document they belong to.
                if (content || !directive)
                {
                    Add(start, at, startLine);
                    (start, startLine) = (at, line);
                }
                directive = false;
                marked = true;
                content = current[3..].Trim().Length > 0;
            }
            else if (IsMarker(current, "..."))
            {
                Add(start, at, startLine);
                (start, startLine) = (next, line + 1);
                content = directive = marked = false;
            }
            else
            {
                ReadOnlySpan<char> trimmed = current.TrimStart();
                bool isDirective = !content && !marked && current.StartsWith('%');
                directive |= isDirective;
                content |= !isDirective && trimmed.Length > 0 && trimmed[0] != '#';
            }
            at = next;
        }
        Add(start, text.Length, startLine);
        return slices;

        void Add(int from, int to, int firstLine)
        {
            if (content)
                slices.Add(new(from, to - from, firstLine));
        }
    }

    private static bool IsMarker(ReadOnlySpan<char> line, string marker) =>
        line.StartsWith(marker, StringComparison.Ordinal) && (line.Length == 3 || line[3] is ' ' or '\t' or '\r' or '\n');
}
