using System.Text.Json;
using System.Text.Json.Serialization;

namespace TeslaMate.Web.Requests;

/// <summary>Why a program of the routes below <c>/api/car</c> got nothing (spec web 1.9).</summary>
sealed record RefusalAnswer(string Error);

/// <summary>Problem details as RFC 9457 has them.</summary>
/// <param name="Instance">Of the request, as in the log.</param>
sealed record ProblemAnswer(string Type, string Title, int Status, string Detail, string Instance, IReadOnlyList<ParameterProblem>? Errors);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(RefusalAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
sealed partial class RequestsJson : JsonSerializerContext;
