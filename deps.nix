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
    version = "10.0.0";
    hash = "sha256-UVKz9dH/rVCCbMyFdqA31RYpht1XgDRLIqUy0Dp9ACQ=";
  })
  (fetchNuGet {
    pname = "Serilog";
    version = "3.1.1";
    hash = "sha256-L263y8jkn7dNFD2jAUK6mgvyRTqFe39i1tRhVZsNZTI=";
  })
  (fetchNuGet {
    pname = "Serilog.Extensions.Logging";
    version = "8.0.0";
    hash = "sha256-GoWxCpkdahMvYd7ZrhwBxxTyjHGcs9ENNHJCp0la6iA=";
  })
  (fetchNuGet {
    pname = "Serilog.Sinks.Console";
    version = "5.0.0";
    hash = "sha256-UOVlegJLhs0vK1ml2DZCjFE5roDRZsGCAqD/53ZaZWI=";
  })
  (fetchNuGet {
    pname = "Spectre.Console";
    version = "0.49.1";
    hash = "sha256-tqSVojyuQjuB34lXo759NOcyLgNIw815mKXJPq5JFDo=";
  })
  (fetchNuGet {
    pname = "System.CommandLine";
    version = "2.0.15";
    hash = "sha256-aeVcUsbyIJSPOxBoQ/rXCdp6jrwyEPp8A12wt0ebSRo=";
  })
]
