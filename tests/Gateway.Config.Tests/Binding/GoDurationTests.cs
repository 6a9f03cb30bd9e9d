using Gateway.Config.Binding;

namespace Gateway.Config.Tests.Binding;

public class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("10s", 10_000)]
    [InlineData("+1.5h", 5_400_000)]
    [InlineData("1h2m3.5s", 3_723_500)]
    [InlineData("-250ms", -250)]
    [InlineData(".5s", 500)]
    [InlineData("1.s", 1000)]
    [InlineData("0.0000000000000000000000001h", 0)]
    [InlineData("1500000us", 1500)]
    [InlineData("1500000µs", 1500)]
    [InlineData("3000000ns", 3)]
    public void A_duration_in_Gos_form_is_read(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out TimeSpan value));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("10")]
    [InlineData("1d")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("1 s")]
    [InlineData("1s ")]
    [InlineData("1S")]
    [InlineData("1e3s")]
    [InlineData("00:00:01")]
    [InlineData("2562048h")]
    [InlineData("99999999999999999999999999999999s")]
    public void Anything_else_is_refused(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Fact]
    public void The_longest_duration_of_Go_is_read() => Assert.True(GoDuration.TryParse("9223372036854775807ns", out _));
}
