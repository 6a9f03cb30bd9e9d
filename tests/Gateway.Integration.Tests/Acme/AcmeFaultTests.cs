using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gateway.Acme;
using Gateway.Clusters.Discovery;
using Gateway.Hosting;
using Gateway.Testing;
using Microsoft.AspNetCore.Http;

namespace Gateway.Integration.Tests.Acme;

/// <summary>What goes wrong between the gateway and a real authority, and what neither says by itself: nothing is lost, and nobody asks in a loop.</summary>
public sealed class AcmeFaultTests : IDisposable
{
    private const string Key = "istio-system/site-cert";

    private readonly string _state = Directory.CreateTempSubdirectory("gateway-acme").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [ToolFact("pebble")]
    public async Task A_certificate_is_renewed_when_the_authority_s_renewal_information_says_so()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using AuthorityProxy proxy = await AuthorityProxy.StartAsync(pebble);
        DateTimeOffset late = DateTimeOffset.UtcNow.AddMinutes(50);
        string? hurried = null;
        proxy.Renewal = id => id == hurried ? (DateTimeOffset.UtcNow.AddMinutes(-2), DateTimeOffset.UtcNow.AddMinutes(-1)) : (late, late.AddMinutes(1));
        await using OrderingGateway gateway = await StartAsync(pebble, Secure(proxy));
        X509Certificate2 first = await gateway.ServedAsync();
        await Eventually.HoldsAsync(() => proxy.Requests.Count(request => request.Path.StartsWith("/renewal/", StringComparison.Ordinal)) > 1, "it is asked again as soon as it says");
        Assert.InRange(gateway.Host.OrderOf(Key)!.NextRenewal!.Value, late, late.AddMinutes(1));
        Assert.Single(proxy.Orders);

        hurried = RenewalSchedule.IdOf(first);
        X509Certificate2 second = await gateway.ServedAsync(condition: shown => shown.SerialNumber != first.SerialNumber);

        Assert.NotEqual(first.SerialNumber, second.SerialNumber);
        Assert.Equal(2, proxy.Orders.Count);
        Assert.False(proxy.Orders[0].TryGetProperty("replaces", out _));
        Assert.Equal(hurried, proxy.Orders[1].GetProperty("replaces").GetString());
    }

    [ToolFact("pebble")]
    public async Task After_a_failure_the_order_is_rehearsed_at_the_staging_directory()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using AuthorityProxy real = await AuthorityProxy.StartAsync(pebble);
        await using AuthorityProxy staging = await AuthorityProxy.StartAsync(pebble);
        bool isStagingDown = true;
        real.Before = context => FailAsync(context, context.Request.Path == "/order-plz" && real.Orders.Count == 1);
        staging.Before = context => FailAsync(context, isStagingDown);
        await using OrderingGateway gateway = await StartAsync(pebble, Secure(real, staging));

        await Eventually.HoldsAsync(() => LastError(gateway).Contains("At the staging directory", StringComparison.Ordinal), "the rehearsal failed, which is said");
        int failures = gateway.Host.OrderOf(Key)!.Failures;
        await Eventually.HoldsAsync(() => gateway.Host.OrderOf(Key)!.Failures > failures, "it is tried again");
        // As long as the rehearsal fails, the real directory is left alone.
        Assert.Single(real.Orders);
        isStagingDown = false;
        await gateway.ServedAsync();

        Assert.Equal(2, real.Orders.Count);
        Assert.Single(staging.Orders);
        Assert.Equal(0, gateway.Host.OrderOf(Key)!.Failures);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_state, "orders")));
    }

    [ToolFact("pebble")]
    public async Task A_clock_that_jumps_burns_no_more_than_the_budget_and_costs_nothing_when_it_is_set_right()
    {
        var time = new ShiftedTime();
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using AuthorityProxy proxy = await AuthorityProxy.StartAsync(pebble);
        AcmeTiming timing = OrderingGateway.Fast with { OrdersPerHour = 3 };
        await using OrderingGateway gateway = await StartAsync(pebble, Secure(proxy), timing: timing, time: time);
        await gateway.ServedAsync();
        await Eventually.HoldsAsync(() => gateway.Host.OrderOf(Key)!.NextRenewal is not null, "the renewal is planned");

        // Every certificate that the authority gives has expired long ago.
        time.Shift = TimeSpan.FromDays(400);
        await Eventually.HoldsAsync(() => LastError(gateway).Contains("which is the limit", StringComparison.Ordinal), "the budget is used up");
        Assert.InRange(proxy.Orders.Count, 2, 1 + timing.OrdersPerHour);
        Assert.NotNull(await gateway.ShownAsync("site.example"));

        time.Shift = TimeSpan.Zero;
        await Eventually.HoldsAsync(() => gateway.Host.OrderOf(Key)!.NextRenewal > DateTimeOffset.UtcNow, "the renewal is planned by the right clock");
        int orders = proxy.Orders.Count;
        // A year back: everything is in the future.
        time.Shift = TimeSpan.FromDays(-400);
        gateway.Host.RequestReload();
        Assert.NotNull(await gateway.ShownAsync("site.example"));
        time.Shift = TimeSpan.Zero;
        await gateway.ServedAsync();

        Assert.Equal(orders, proxy.Orders.Count);
        Assert.Equal(0, pebble.Count("There are now 2 accounts in memory"));
    }

    [ToolFact("pebble")]
    public async Task A_name_without_an_address_costs_the_authority_nothing_until_it_has_one()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using AuthorityProxy proxy = await AuthorityProxy.StartAsync(pebble);
        await using var dns = new FakeDns();
        await using OrderingGateway gateway = await StartAsync(pebble, Secure(proxy), resolver: new ResolverConfig { Servers = [dns.EndPoint] });
        await Eventually.HoldsAsync(() => LastError(gateway).Contains("no address in the DNS; the authority was not asked", StringComparison.Ordinal), "the name does not exist, which is said");
        Assert.Empty(proxy.Requests);

        dns.Set("site.example", TimeSpan.FromSeconds(1), IPAddress.Loopback);

        await gateway.ServedAsync();
    }

    [ToolFact("pebble")]
    public async Task An_order_that_turns_invalid_when_it_is_finalized_is_begun_anew()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using AuthorityProxy proxy = await AuthorityProxy.StartAsync(pebble);
        bool isBroken = true;
        proxy.Before = async context =>
        {
            if (!isBroken || !context.Request.Path.StartsWithSegments("/finalize-order"))
                return false;
            isBroken = false;
            return await FailAsync(context, true, """{"type": "urn:ietf:params:acme:error:badCSR", "detail": "not like this"}""", 403);
        };
        await using OrderingGateway gateway = await StartAsync(pebble, Secure(proxy), refusedNonces: 50);

        await gateway.ServedAsync();

        Assert.False(isBroken);
        Assert.Equal(0, pebble.Count("There are now 2 accounts in memory"));
    }

    /// <summary>A gateway that is told of the issuer when the authority is there.</summary>
    private async Task<OrderingGateway> StartAsync(
        Pebble pebble, string secure, int refusedNonces = 0, ResolverConfig? resolver = null, AcmeTiming? timing = null, TimeProvider? time = null)
    {
        OrderingGateway gateway = await OrderingGateway.StartAtAsync(PortMap.AnyFree, _state, resolver ?? pebble.Resolver, timing, time ?? TimeProvider.System, OrderingGateway.Plain);
        await pebble.StartAsync(gateway.Port(80), 1, refusedNonces);
        gateway.Replace(OrderingGateway.Plain, secure);
        return gateway;
    }

    private static async Task<bool> FailAsync(HttpContext context, bool fails, string body = "down", int status = 500)
    {
        if (!fails)
            return false;
        context.Response.StatusCode = status;
        await context.Response.WriteAsync(body);
        return true;
    }

    private static string LastError(OrderingGateway gateway) => gateway.Host.OrderOf(Key)?.LastError ?? "";

    private static string Secure(AuthorityProxy real, AuthorityProxy? staging = null)
    {
        string text = OrderingGateway.Secure(real.Url, staging is null ? real.CaBundle : Join(real.CaBundle, staging.CaBundle));
        return staging is null ? text : text.Replace("metadata: {name: test}", $"metadata: {{name: test, annotations: {{gateway/acme-staging-server: '{staging.Url}'}}}}", StringComparison.Ordinal);
    }

    private static string Join(string one, string other) => Convert.ToBase64String([.. Convert.FromBase64String(one), (byte)'\n', .. Convert.FromBase64String(other)]);
}
