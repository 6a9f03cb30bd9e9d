namespace Gateway.Integration.Tests.Protocols;

public sealed class EventLoopEcho() : EchoFixture("event-loop");

public sealed class EventLoopAndYarpEcho() : EchoFixture("event-loop+yarp");

public sealed class SocketsEcho() : EchoFixture("sockets");

public sealed class HttpVersionOnEventLoopTests(EventLoopEcho fixture) : HttpVersionTests(fixture), IClassFixture<EventLoopEcho>;

public sealed class HttpVersionOnEventLoopWithYarpTests(EventLoopAndYarpEcho fixture) : HttpVersionTests(fixture), IClassFixture<EventLoopAndYarpEcho>;

public sealed class HttpVersionOnSocketsTests(SocketsEcho fixture) : HttpVersionTests(fixture), IClassFixture<SocketsEcho>;
