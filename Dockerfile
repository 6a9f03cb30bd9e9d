# syntax=docker/dockerfile:1
# docker build -t gateway:0.1.0 .
FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
# What links native code.
RUN apt-get update && apt-get install -y --no-install-recommends clang zlib1g-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY samples/ samples/
COPY src/ src/
# Native code: a gateway that starts under traffic has no time to warm up (docs/performance.md, "Starting").
RUN dotnet publish src/Gateway -c Release -p:PublishAot=true -o /app && rm -f /app/*.dbg /app/*.pdb /app/*.xml

# Chiselled: what a native program needs and nothing else; no shell, no package manager, and its user is not root.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app .
ENV DOTNET_EnableDiagnostics=0
# Traffic, health, metrics. The admin port 15000 listens on the loopback address only.
EXPOSE 8080 8443 15021 15090
USER 1654:1654
ENTRYPOINT ["/app/gateway"]
CMD ["run", "--config", "/etc/gateway/config"]
