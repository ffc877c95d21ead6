global using Microsoft.Extensions.Logging;
global using Npgsql;
global using TeslaMate.Database;
