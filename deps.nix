# Written by nix/update-hashes.
{ fetchNuGet }:
[
  (fetchNuGet {
    pname = "BouncyCastle.Cryptography";
    version = "2.7.0";
    hash = "sha256-8JH/zKtNA5k+Zgus4ndlmnne4JcvVNfx9L1G1oCWYkE=";
  })
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
    pname = "MailKit";
    version = "4.18.2";
    hash = "sha256-y/cZhRYPJK6AorAgqWhweCoWBr2mzxEw/lXXNbKdI1U=";
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
    pname = "Microsoft.Extensions.AI.Abstractions";
    version = "10.11.0";
    hash = "sha256-h+E2f4nYpJV/8oHfCXA8hgqTeGgwkw+yuh9dCvOtIkU=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Configuration";
    version = "10.0.15";
    hash = "sha256-M2WUAYW8Zesq1CZvBGoeBZKQ9XtFB/oLVEQqzCa0kTY=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Configuration.Abstractions";
    version = "10.0.15";
    hash = "sha256-641Ah2yscfzSE+Um6rGbxPKuRq5rdVI7N3bns4c6Rq4=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Configuration.Binder";
    version = "10.0.15";
    hash = "sha256-9AAXY881gvlRNGFBiddppVceQekY03k3hzZEgs/hXV4=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Configuration.CommandLine";
    version = "10.0.15";
    hash = "sha256-ss72UwGapbz8xZhPk8xr0+AyT3HxcmqMu/iPhOk5xoU=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Configuration.EnvironmentVariables";
    version = "10.0.15";
    hash = "sha256-0mNvwcH0gmuHyT3zqK62V/2xhvzcOn/i99ixC1qQkQ0=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Configuration.FileExtensions";
    version = "10.0.15";
    hash = "sha256-yfZTqMRNMRmMdqOg9W/PxKlODhr0NheKqpPU871rXcQ=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Configuration.Json";
    version = "10.0.15";
    hash = "sha256-A3PiRbtZqMADXFX/hvC+INVRnbtQHmrQouLWazmpxj8=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Configuration.UserSecrets";
    version = "10.0.15";
    hash = "sha256-KbU8xVb+BvZ1miJpxLfrLIteCONkzA9ia1r7yfQN9c8=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.DependencyInjection";
    version = "10.0.15";
    hash = "sha256-2rEiL9H3hUhp7QxzAvhUVsMzNwEVIjq4IksvXSv7Yhg=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.DependencyInjection.Abstractions";
    version = "10.0.0";
    hash = "sha256-9iodXP39YqgxomnOPOxd/mzbG0JfOSXzFoNU3omT2Ps=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.DependencyInjection.Abstractions";
    version = "10.0.15";
    hash = "sha256-AZITXEyM9A9ih8ZOSC4NDA5e4ok64WJOefkcA057BuI=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Diagnostics";
    version = "10.0.15";
    hash = "sha256-TOTvZ8AxwC9JISgDqnDnl4dBZ7hiCSUR7pEAVFd5mxE=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Diagnostics.Abstractions";
    version = "10.0.15";
    hash = "sha256-vzVIGRfekcbSGX1+m+SlMb7QjjvcWiwYA9EDD5tetg4=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Diagnostics.HealthChecks";
    version = "10.0.15";
    hash = "sha256-SC7af8JAk5XdDUrEd0T1tI203Dbfflvwka7H6y6wJXw=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Diagnostics.HealthChecks.Abstractions";
    version = "10.0.15";
    hash = "sha256-Mj0AlZs2JAQxpWSmOxnN2nIhM1rSyHI9ywA2ZXaFn7Q=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.FileProviders.Abstractions";
    version = "10.0.15";
    hash = "sha256-Vpe5Zqt2d1/+ipiIXxs43rTUYBpn3kItN4hatEG5jBo=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.FileProviders.Physical";
    version = "10.0.15";
    hash = "sha256-wJxPEc1nfphFxfNEg4nzH4i0zMqwLHTF9UQ7hezEREE=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.FileSystemGlobbing";
    version = "10.0.15";
    hash = "sha256-ddnpDCDOyLzB8w5TilQXgzQ5KTcZnjWoMMmFSwdtz+M=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Hosting";
    version = "10.0.15";
    hash = "sha256-ZqwUxQXmEvN2ov5fz+yZJYi2pMHOgsZKQn/iSqRHUCw=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Hosting.Abstractions";
    version = "10.0.15";
    hash = "sha256-VNV2rFFa3ia0hm9tNf6P6RZ2X+L2/W5gfLJHuGW1Zbw=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Hosting.Systemd";
    version = "10.0.15";
    hash = "sha256-/dfGKfqGiZaDDBuTG8bHdriJJnQehwWhm3hifkzOP2M=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Logging";
    version = "10.0.15";
    hash = "sha256-NSSLSqMBermOw7x+9jq0Apx+ogj9WDPcfW7AG3jwfwQ=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Logging.Abstractions";
    version = "10.0.0";
    hash = "sha256-BnhgGZc01HwTSxogavq7Ueq4V7iMA3wPnbfRwQ4RhGk=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Logging.Abstractions";
    version = "10.0.15";
    hash = "sha256-5PiX8pTq8xgnb25dFvvVufxUZdmwiAB0Fr7vlAYvCYs=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Logging.Configuration";
    version = "10.0.15";
    hash = "sha256-WBPDcWb0LBYbK0Fv1LGRxObna/JC5QYMW3AFcUidIV0=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Logging.Console";
    version = "10.0.15";
    hash = "sha256-WktMpzA4YVsIR1C5maaby7au+aG1muGuRfJcz2mRZZM=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Logging.Debug";
    version = "10.0.15";
    hash = "sha256-0J1uu+3vPv+rZGib88w0+oGugngdphRQjX15FOK0PpI=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Logging.EventLog";
    version = "10.0.15";
    hash = "sha256-xvlhQd0W2ZgZdPRvvp5U98A11CLYpZ7i72k6Wr5oXuI=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Logging.EventSource";
    version = "10.0.15";
    hash = "sha256-lhRmVOh/MeDyNu9WKu4+B1lS2+T8hsMQAQHmKQbc13c=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Options";
    version = "10.0.15";
    hash = "sha256-8Jh+A5CVAEALbpFtrv7Fse/pNKJuxr9fBgqRjVa0+mM=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Options.ConfigurationExtensions";
    version = "10.0.15";
    hash = "sha256-EZmK7c5qcqiW8t2zIi8XNFhXKq4ef+4UOoZ7k6q5L/A=";
  })
  (fetchNuGet {
    pname = "Microsoft.Extensions.Primitives";
    version = "10.0.15";
    hash = "sha256-W+EzkWgBumLOA93pNnt6iOC+v5n4RLWY/SK09vNg9sU=";
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
    pname = "MimeKit";
    version = "4.18.2";
    hash = "sha256-AGBgvj6gFnh8UdBAA5WXJMIB9Tj6Akc0h6I9lGo5IM8=";
  })
  (fetchNuGet {
    pname = "ModelContextProtocol";
    version = "2.4.0";
    hash = "sha256-Fj/g1FrmoO6Qb2WvrCHlwBCIrOXFvsW2A9yyXibffK0=";
  })
  (fetchNuGet {
    pname = "ModelContextProtocol.AspNetCore";
    version = "2.4.0";
    hash = "sha256-hu/yHaSs0iOnD9U7YjnJnIfEOBJHSCVA3W5W9VIUMrQ=";
  })
  (fetchNuGet {
    pname = "ModelContextProtocol.Core";
    version = "2.4.0";
    hash = "sha256-O2AHl4FqUSl98XhpJJ98cQ8kt8x+ZDQ3HYOIY0FdWYY=";
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
    pname = "System.Diagnostics.EventLog";
    version = "10.0.15";
    hash = "sha256-hmUKTk6TacUjylZw/va6drSn8lzJr+gpH85Q5KIqBlE=";
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
    pname = "System.Security.Cryptography.Pkcs";
    version = "10.0.13";
    hash = "sha256-VO0kV46tNLW1DSWQhCQ0MvEXM+J1S4sZbnmdNBjTBKc=";
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
