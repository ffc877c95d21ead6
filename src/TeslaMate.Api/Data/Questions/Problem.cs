using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Questions;

/// <summary>A request that cannot be answered, on its way up to where it is answered as a problem (spec api 2.1).</summary>
sealed class ProblemException(ProblemKind kind, string detail, params IReadOnlyList<ParameterProblem> errors) : Exception(detail)
{
    public ProblemKind Kind { get; } = kind;

    public IReadOnlyList<ParameterProblem> Errors { get; } = errors;

    public static ProblemException Parameter(string name, string message)
        => new(ProblemKind.InvalidParameter, $"The parameter {name} cannot be used: {message}", new ParameterProblem(name, message));

    public static ProblemException NotFound() => new(ProblemKind.NotFound, "There is no such row, or it is not to be seen with this token.");

    public static ProblemException InvalidCursor()
        => new(ProblemKind.InvalidCursor, "The cursor was not given out for this list with these filters and this order. Begin again without one.",
            new ParameterProblem(Questions.Parameter.Cursor.Name, "It is not of this list."));
}
