global using Microsoft.Extensions.Logging;
global using Npgsql;
global using TeslaMate.Configuration;
global using TeslaMate.Database;
global using TeslaMate.Logbook;
