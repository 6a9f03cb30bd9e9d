using Gateway.Streams;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Streams;

public sealed class EgressDenialsTests
{
    private readonly EgressDenials _denials = new(new FakeTimeProvider());

    [Fact]
    public void What_was_asked_for_longest_ago_makes_room()
    {
        for (int i = 0; i < EgressDenials.MaxEntries; i++)
            Note($"host-{i}.test");
        Note("host-0.test");
        Note("one-more.test");

        Assert.Equal(EgressDenials.MaxEntries, _denials.Count);
        Assert.Equal(("one-more.test", 1), Of(_denials.List[0]));
        Assert.Equal(("host-0.test", 2), Of(_denials.List[1]));
        Assert.DoesNotContain(_denials.List, entry => entry.Denial.Host == "host-1.test");
        Assert.Equal(EgressDenials.MaxEntries + 2, _denials.Totals.Single(total => total.Protocol == EgressDenial.Http).Total);
    }

    [Fact]
    public void A_text_of_a_client_is_kept_no_longer_than_a_name_may_be()
    {
        Note(new string('a', 100_000));

        Assert.Equal(253, _denials.List.Single().Denial.Host.Length);
    }

    private void Note(string host) => _denials.Note(new EgressDenial(host, 443, EgressDenial.Http, "", "192.0.2.1"), "not registered");

    private static (string, long) Of(EgressDenialCount entry) => (entry.Denial.Host, entry.Count);
}
