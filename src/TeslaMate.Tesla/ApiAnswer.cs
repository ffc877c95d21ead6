namespace TeslaMate.Tesla;

/// <summary>What a request brought: a value or an error, never an exception for what an API normally does wrong.</summary>
public abstract record ApiAnswer<T>
{
    ApiAnswer() { }

    public sealed record Ok(T Value) : ApiAnswer<T>;

    public sealed record Failed(ApiError Error) : ApiAnswer<T>;

    public static implicit operator ApiAnswer<T>(ApiError error) => new Failed(error);
}
