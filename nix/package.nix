{
  lib,
  buildDotnetModule,
  dotnetCorePackages,
  callPackage,
  installShellFiles,
  stdenv,
  testers,
  nodejs,
  openssl,
  tzdata,
  versionCheckHook,
  zlib,
  # Native code; false builds for the .NET runtime instead (docs/publishing.md compares them).
  native ? true,
}:
let
  properties = builtins.readFile ../Directory.Build.props;
  version = builtins.head (
    builtins.elemAt (builtins.split "<Version>([^<]+)</Version>" properties) 1
  );
  assets = callPackage ./assets.nix { };
  teslamate = buildDotnetModule {
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

    nativeBuildInputs = [
      installShellFiles
      # Turns the npm packages into the pages' files.
      nodejs
    ]
    # Links the native code; buildDotnetModule comes without a compiler.
    ++ lib.optional native stdenv.cc;
    buildInputs = lib.optional native zlib;
    # The program says itself where it lies (PositionIndependentExecutable in its project).
    hardeningDisable = lib.optional native "pie";

    dotnet-sdk = dotnetCorePackages.sdk_10_0;
    dotnet-runtime = if native then null else dotnetCorePackages.aspnetcore_10_0;
    selfContainedBuild = native;
    # Loaded by name; otherwise it comes with the runtime.
    runtimeDeps = lib.optional native openssl;

    dotnetFlags = [
      "-p:WebNodeModules=${assets}/node_modules"
      # A newer SDK may warn about more than the one that the code was written with; that is for its authors to see, not for a build to fail on.
      "-p:TreatWarningsAsErrors=false"
      "-p:EnforceCodeStyleInBuild=false"
      "-p:RunAnalyzers=false"
    ]
    ++ lib.optional (!native) "-p:PublishAot=false";

    makeWrapperArgs = [
      "--set-default"
      "TZDIR"
      "${tzdata}/share/zoneinfo"
      # Threads and memory for a debugger that could not reach the unit's private /tmp anyway.
      "--set-default"
      "DOTNET_EnableDiagnostics"
      "0"
    ];

    # The program writes its manual page and completions itself, where the machine that builds can run it.
    postFixup = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
      installShellCompletion --cmd teslamate \
        --bash <($out/bin/teslamate completion bash) \
        --fish <($out/bin/teslamate completion fish) \
        --zsh <($out/bin/teslamate completion zsh)
      $out/bin/teslamate manual >teslamate.1
      installManPage teslamate.1
    '';

    nativeInstallCheckInputs = [ versionCheckHook ];
    doInstallCheck = true;
    versionCheckProgramArg = "--version";

    passthru = {
      inherit assets;
      # As the flake's checks: the module on a machine, whole.
      tests.machine = testers.runNixOSTest (
        import ./tests/vm.nix {
          module = {
            imports = [ ./module.nix ];
            services.teslamate.package = lib.mkDefault teslamate;
          };
        }
      );
      updateScript = ./update-hashes;
    };

    meta = {
      description = "Self-hosted data logger for Tesla cars, compatible with TeslaMate";
      longDescription = ''
        Logs what Tesla cars do into PostgreSQL: drives, charges, positions, states. It works on TeslaMate's database, and its pages, MQTT topics and
        dashboards are the same.
      '';
      license = lib.licenses.agpl3Only;
      mainProgram = "teslamate";
      platforms = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      sourceProvenance = with lib.sourceTypes; [
        fromSource
        # NuGet's packages are compiled.
        binaryBytecode
      ];
    };
  };
in
teslamate
