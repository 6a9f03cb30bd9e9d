# syntax=docker/dockerfile:1
# docker build -t gateway:0.1.0 .
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG TARGETARCH
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY samples/ samples/
COPY src/ src/
# Compiled ahead of time: a gateway that starts under traffic has no time to warm up.
RUN dotnet publish src/Gateway -c Release -a $TARGETARCH --no-self-contained -p:PublishReadyToRun=true -o /app

# Chiselled: the runtime and nothing else; no shell, no package manager, and its user is not root.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
WORKDIR /app
COPY --from=build /app .
ENV DOTNET_EnableDiagnostics=0
# Traffic, health, metrics. The admin port 15000 listens on the loopback address only.
EXPOSE 8080 8443 15021 15090
USER 1654:1654
ENTRYPOINT ["/app/gateway"]
CMD ["run", "--config", "/etc/gateway/config"]
