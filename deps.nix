# Written by nix/update-hashes.
{ fetchNuGet }:
[
  (fetchNuGet {
    pname = "Microsoft.CodeAnalysis.BannedApiAnalyzers";
    version = "5.6.0";
    hash = "sha256-8u9rXL1+wCfYcpPlGpjJGmifyWdh+oA/eoWGPzecY4w=";
  })
  (fetchNuGet {
    pname = "Npgsql";
    version = "10.0.3";
    hash = "sha256-ddCXCSOoyfy7035OvnL+4LEDYqHjZyPoZ3ffG2coMW0=";
  })
  (fetchNuGet {
    pname = "Serilog";
    version = "4.4.0";
    hash = "sha256-tP4X06ThcDVL6XXtYIhdJyxn4uL9jLL0s3DRO6HNQk8=";
  })
  (fetchNuGet {
    pname = "Serilog.Extensions.Logging";
    version = "10.0.0";
    hash = "sha256-MgfWK/SJWUPxPzrnCUnxn6Sy+SBVmP3dYd60uy80NdE=";
  })
  (fetchNuGet {
    pname = "Serilog.Sinks.Console";
    version = "6.1.1";
    hash = "sha256-CfIg4Us4kSMQAn6rU2rsAeE22g6MpFiZdhoZWySpZeY=";
  })
  (fetchNuGet {
    pname = "Spectre.Console";
    version = "0.57.2";
    hash = "sha256-ORLa6NVkaski0XYP4Mg+BtxO7kuIZNOOGFG1uJHrwww=";
  })
  (fetchNuGet {
    pname = "Spectre.Console.Ansi";
    version = "0.57.2";
    hash = "sha256-pL8hSDbW0Cy9jpr9HKsfUPzY1WvWP7l0VndwpxHWjCw=";
  })
  (fetchNuGet {
    pname = "System.CommandLine";
    version = "2.0.15";
    hash = "sha256-aeVcUsbyIJSPOxBoQ/rXCdp6jrwyEPp8A12wt0ebSRo=";
  })
]
