using System.Globalization;

namespace TeslaMate.Backups;

/// <summary>
/// The administrator of this machine's server as a process of its own, spoken to over a pipe: the process that reads a backup has no more rights than
/// the service. A line is asked, a line is answered: <c>begin BYTES</c> and <c>keep</c>; <c>ok VALUE</c> or <c>no SENTENCE</c>.
/// </summary>
sealed class AdministratorPipe(TextReader answers, TextWriter questions) : IRestoreDatabases
{
    const string Begin = "begin ";
    const string Keep = "keep";
    const string Done = "ok ";
    const string Refused = "no ";

    public Task<string> BeginAsync(long? neededBytes, CancellationToken cancellationToken)
        => AskAsync(string.Create(CultureInfo.InvariantCulture, $"{Begin}{neededBytes ?? -1}"), cancellationToken);

    public Task KeepAsync(CancellationToken cancellationToken) => AskAsync(Keep, cancellationToken);

    /// <summary>Closes the pipe: the administrator's process takes away what is not to be kept, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await questions.DisposeAsync();
        // Its end of the other pipe closes when it has done so.
        await answers.ReadToEndAsync();
        answers.Dispose();
    }

    /// <summary>The other end: carries out what is asked until the pipe closes, with the process that asks or before.</summary>
    public static async Task ServeAsync(IRestoreDatabases databases, TextReader questions, TextWriter answers, CancellationToken cancellationToken)
    {
        // Reading standard input does not end when it is asked to: the wait for it does.
        while (await questions.ReadLineAsync(cancellationToken).AsTask().WaitAsync(cancellationToken) is { } question)
        {
            string answer;
            try
            {
                answer = Done + await AnswerAsync(databases, question, cancellationToken);
            }
            catch (RestoreException exception)
            {
                answer = Refused + exception.Message.ReplaceLineEndings(" ");
            }
            catch (Npgsql.NpgsqlException exception)
            {
                answer = $"{Refused}the server's administrator cannot do it: {exception.Message.ReplaceLineEndings(" ")}";
            }

            await answers.WriteLineAsync(answer);
            await answers.FlushAsync(cancellationToken);
        }
    }

    static async Task<string> AnswerAsync(IRestoreDatabases databases, string question, CancellationToken cancellationToken)
    {
        if (question.StartsWith(Begin, StringComparison.Ordinal) && long.TryParse(question.AsSpan(Begin.Length), CultureInfo.InvariantCulture,
            out var bytes))
            return await databases.BeginAsync(bytes < 0 ? null : bytes, cancellationToken);
        if (question != Keep)
            throw new RestoreException("the administrator's process was asked for something else.");
        await databases.KeepAsync(cancellationToken);
        return "";
    }

    async Task<string> AskAsync(string question, CancellationToken cancellationToken)
    {
        string? answer;
        try
        {
            await questions.WriteLineAsync(question.AsMemory(), cancellationToken);
            await questions.FlushAsync(cancellationToken);
            answer = await answers.ReadLineAsync(cancellationToken);
        }
        catch (IOException)
        {
            answer = null;
        }

        return answer switch
        {
            null => throw new RestoreException("the server's administrator cannot be reached; the reason is above."),
            _ when answer.StartsWith(Done, StringComparison.Ordinal) => answer[Done.Length..],
            _ => throw new RestoreException(answer[Refused.Length..]),
        };
    }
}
