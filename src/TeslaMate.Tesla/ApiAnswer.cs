namespace TeslaMate.Tesla;

/// <summary>What a request brought: a value or an error, never an exception for what an API normally does wrong.</summary>
public abstract record ApiAnswer<T>
{
    ApiAnswer() { }

    /// <summary>As in a ledger of requests: 200 for a value, else the error's <see cref="ApiError.HttpStatus"/>.</summary>
    public int HttpStatus => this is Failed(var error) ? error.HttpStatus : 200;

    public sealed record Ok(T Value) : ApiAnswer<T>;

    public sealed record Failed(ApiError Error) : ApiAnswer<T>;

    public static implicit operator ApiAnswer<T>(ApiError error) => new Failed(error);
}
