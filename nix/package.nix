{
  lib,
  buildDotnetModule,
  dotnetCorePackages,
  callPackage,
  nodejs,
  tzdata,
}:
let
  properties = builtins.readFile ../Directory.Build.props;
  version = builtins.head (
    builtins.elemAt (builtins.split "<Version>([^<]+)</Version>" properties) 1
  );
  assets = callPackage ./assets.nix { };
in
buildDotnetModule {
  pname = "teslamate";
  inherit version;

  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../.editorconfig
      ../Directory.Build.props
      ../Directory.Packages.props
      ../src
    ];
  };

  projectFile = "src/TeslaMate/TeslaMate.csproj";
  nugetDeps = ../deps.nix;
  executables = [ "teslamate" ];

  # Turns the npm packages into the pages' files.
  nativeBuildInputs = [ nodejs ];

  dotnet-sdk = dotnetCorePackages.sdk_10_0;
  dotnet-runtime = dotnetCorePackages.aspnetcore_10_0;

  dotnetFlags = [ "-p:WebNodeModules=${assets}/node_modules" ];

  makeWrapperArgs = [
    "--set-default"
    "TZDIR"
    "${tzdata}/share/zoneinfo"
    # Threads and memory for a debugger that could not reach the unit's private /tmp anyway.
    "--set-default"
    "DOTNET_EnableDiagnostics"
    "0"
  ];

  passthru = { inherit assets; };

  meta = {
    description = "Self-hosted data logger for Tesla cars, compatible with TeslaMate";
    license = lib.licenses.agpl3Only;
    mainProgram = "teslamate";
    platforms = lib.platforms.linux;
  };
}
