# Written by nix/update-hashes.
{ fetchNuGet }:
[
  (fetchNuGet {
    pname = "Confluent.Kafka";
    version = "2.16.0";
    hash = "sha256-vPvnAJ5fLNbhhZdQBmRWNMYNiX565/fO1M3NCPBvx00=";
  })
  (fetchNuGet {
    pname = "Evolve";
    version = "3.2.0";
    hash = "sha256-WUVt7+1KJx16UWzIUl+LYGttZqm4NanPkEu0CTVch9U=";
  })
  (fetchNuGet {
    pname = "Google.Protobuf";
    version = "3.36.2";
    hash = "sha256-EYJZDbF1+QV3B4V6HfSLIXIm0HMnFs01P6SqRoPTjcs=";
  })
  (fetchNuGet {
    pname = "MQTTnet";
    version = "5.2.0.1603";
    hash = "sha256-w5T7ekYwVGg+Zs8uolvcWFyY+r9duni0qIigxgHgIdw=";
  })
  (fetchNuGet {
    pname = "Microsoft.AspNetCore.Authentication.OpenIdConnect";
    version = "10.0.15";
    hash = "sha256-+5SqGVwHl9fznbtL4axw17YskkEbEueSRtgzLepnD14=";
  })
  (fetchNuGet {
    pname = "Microsoft.AspNetCore.OpenApi";
    version = "10.0.15";
    hash = "sha256-AhwLxQ8+h3z4/9XTu6BmaVBYRAb2kZDYc15DFpwh/Ok=";
  })
  (fetchNuGet {
    pname = "Microsoft.Bcl.Cryptography";
    version = "10.0.2";
    hash = "sha256-+OYtcWsd1qZcEXadYeA4t6+pyADg1APQCxpKUtP002M=";
  })
  (fetchNuGet {
    pname = "Microsoft.CodeAnalysis.BannedApiAnalyzers";
    version = "5.6.0";
    hash = "sha256-8u9rXL1+wCfYcpPlGpjJGmifyWdh+oA/eoWGPzecY4w=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Hosting.Systemd";
    version = "10.0.15";
    hash = "sha256-/dfGKfqGiZaDDBuTG8bHdriJJnQehwWhm3hifkzOP2M=";
  })
  (fetchNuGet {
    pname = "Microsoft.IdentityModel.Abstractions";
    version = "8.19.2";
    hash = "sha256-vNGK6u6V+S0MIaYTg+sSkRF4XUjM1K+cKuR1a9aRCLs=";
  })
  (fetchNuGet {
    pname = "Microsoft.IdentityModel.JsonWebTokens";
    version = "8.19.2";
    hash = "sha256-j9ai0NrgytDsfQiIijp1Ib4jRGX9lgREQBoE6XW9SOc=";
  })
  (fetchNuGet {
    pname = "Microsoft.IdentityModel.Logging";
    version = "8.19.2";
    hash = "sha256-ja8PAYUNwlfIrkL6EOuZ7SgZfRJwIORGG/ETDD1BtRE=";
  })
  (fetchNuGet {
    pname = "Microsoft.IdentityModel.Protocols";
    version = "8.19.2";
    hash = "sha256-soADEUQsOp1Hytt1qLo+jOOeq7uy7I7tUOWogXeQXFY=";
  })
  (fetchNuGet {
    pname = "Microsoft.IdentityModel.Protocols.OpenIdConnect";
    version = "8.19.2";
    hash = "sha256-uSrN5xlG+SXlxg4NACFU2FSlC3V3hYojdhU8lUc687o=";
  })
  (fetchNuGet {
    pname = "Microsoft.IdentityModel.Tokens";
    version = "8.19.2";
    hash = "sha256-POi3SzcK3+iB3104wXYh3ooVD1GbltwTUf+KMj//UYU=";
  })
  (fetchNuGet {
    pname = "Microsoft.OpenApi";
    version = "2.13.0";
    hash = "sha256-83e1TBWbfn9H6FhzkGZsud/4u05Vr4LE7byQ0cDS+UM=";
  })
  (fetchNuGet {
    pname = "Microsoft.Win32.SystemEvents";
    version = "6.0.0";
    hash = "sha256-N9EVZbl5w1VnMywGXyaVWzT9lh84iaJ3aD48hIBk1zA=";
  })
  (fetchNuGet {
    pname = "Npgsql";
    version = "10.0.3";
    hash = "sha256-ddCXCSOoyfy7035OvnL+4LEDYqHjZyPoZ3ffG2coMW0=";
  })
  (fetchNuGet {
    pname = "QRCoder";
    version = "1.8.1";
    hash = "sha256-0/5cgMdCtqLvijFzTAZgDi1nSAapfzb0r5ew0ocd4wk=";
  })
  (fetchNuGet {
    pname = "Sep";
    version = "0.17.1";
    hash = "sha256-EQlqR+LbsMJ+75ViemTmjr5CSniyz81I+GcZBYd8OvQ=";
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
  (fetchNuGet {
    pname = "System.Drawing.Common";
    version = "6.0.0";
    hash = "sha256-/9EaAbEeOjELRSMZaImS1O8FmUe8j4WuFUw1VOrPyAo=";
  })
  (fetchNuGet {
    pname = "System.IdentityModel.Tokens.Jwt";
    version = "8.19.2";
    hash = "sha256-kEqfEiWkotfDUDphn0MsMqhOc82qQLXlbo5XYg58/io=";
  })
  (fetchNuGet {
    pname = "csFastFloat";
    version = "4.1.6";
    hash = "sha256-ocaErcdKbAO6P/Z66y8DODS2VA336QolzK2ValPQN44=";
  })
  (fetchNuGet {
    pname = "librdkafka.redist";
    version = "2.16.0";
    hash = "sha256-9bQdgg1qfohry0xXQCCh3NVNcqllutaB8VwceIqAr1s=";
  })
  (fetchNuGet {
    pname = "prometheus-net";
    version = "8.2.1";
    hash = "sha256-NxHeXd4fwwc4MMsT6mrfX81czjHnq2GMStWTabZxMDw=";
  })
]
