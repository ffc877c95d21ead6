using System.Globalization;

namespace TeslaMate.Outgoing.Targets;

/// <summary>What is particular to a kind of target, secrets included. Closed: a new kind is added here and in <see cref="TargetKind"/>.</summary>
public abstract record TargetSettings
{
    TargetSettings() { }

    public abstract TargetKind Kind { get; }

    /// <summary>The secrets in it, so that nothing that is shown or logged repeats one.</summary>
    public abstract IEnumerable<Secret> Secrets { get; }

    /// <summary>A text in which none of the secrets is left.</summary>
    public string Strike(string text) => Strike(text, Secrets);

    /// <summary>A text in which none of some secrets is left, however it is written in an address.</summary>
    internal static string Strike(string text, IEnumerable<Secret> secrets) => secrets.Select(secret => secret.Reveal())
        .Where(secret => secret.Length > 0)
        .OrderByDescending(secret => secret.Length)
        .Aggregate(text, (rest, secret) => rest.Replace(secret, "***", StringComparison.Ordinal)
            .Replace(Uri.EscapeDataString(secret), "***", StringComparison.Ordinal));

    /// <summary>An HTTP request of our own form, signed (spec api 4.2).</summary>
    /// <param name="Url">Where to.</param>
    /// <param name="Key">Signs: <c>whsec_</c> and Base64.</param>
    /// <param name="PreviousKey">Signs too until <paramref name="PreviousUntil"/>, after a change of the key; null otherwise.</param>
    /// <param name="HeaderName">Of one more header; null for none.</param>
    public sealed record Webhook(Uri Url, Secret Key, Secret? PreviousKey, DateTimeOffset? PreviousUntil, string? HeaderName, Secret? HeaderValue)
        : TargetSettings
    {
        public override TargetKind Kind => TargetKind.Webhook;

        public override IEnumerable<Secret> Secrets => Known(Key, PreviousKey, HeaderValue);
    }

    /// <param name="Server">Without the topic.</param>
    /// <param name="Topic">Who knows it reads along.</param>
    /// <param name="Token">Brought as a bearer; null for none.</param>
    /// <param name="User">For a server that knows names and passwords; null for none.</param>
    public sealed record Ntfy(Uri Server, Secret Topic, Secret? Token, string? User, Secret? Password) : TargetSettings
    {
        public override TargetKind Kind => TargetKind.Ntfy;

        public override IEnumerable<Secret> Secrets => Known(Topic, Token, Password);
    }

    /// <param name="BotToken">Stands in the address that messages go to.</param>
    /// <param name="ChatId">A number, or a channel's name with its @.</param>
    public sealed record Telegram(Secret BotToken, string ChatId) : TargetSettings
    {
        public override TargetKind Kind => TargetKind.Telegram;

        public override IEnumerable<Secret> Secrets => Known(BotToken);
    }

    /// <param name="Token">Of an application there.</param>
    public sealed record Gotify(Uri Server, Secret Token) : TargetSettings
    {
        public override TargetKind Kind => TargetKind.Gotify;

        public override IEnumerable<Secret> Secrets => Known(Token);
    }

    /// <param name="HasImplicitTls">TLS from the first byte (465); otherwise STARTTLS, without which nothing is sent.</param>
    public sealed record Email(string Host, int Port, bool HasImplicitTls, string? User, Secret? Password, string From, string To) : TargetSettings
    {
        public override TargetKind Kind => TargetKind.Email;

        public override IEnumerable<Secret> Secrets => Known(Password);
    }

    public sealed record HomeAssistant : TargetSettings
    {
        public override TargetKind Kind => TargetKind.HomeAssistant;

        public override IEnumerable<Secret> Secrets => [];
    }

    /// <param name="UserToken">Belongs to one vehicle of one user; the filter names the one car.</param>
    /// <param name="ApplicationKey">Null where <c>ABRP_API_KEY</c> has it.</param>
    /// <param name="SharesPlace">Whether latitude and longitude are sent.</param>
    /// <param name="CarModel">ABRP's word for the car; null to leave it to ABRP.</param>
    public sealed record Abrp(Secret UserToken, Secret? ApplicationKey, bool SharesPlace, string? CarModel) : TargetSettings
    {
        public override TargetKind Kind => TargetKind.Abrp;

        public override IEnumerable<Secret> Secrets => Known(UserToken, ApplicationKey);
    }

    static IEnumerable<Secret> Known(params IEnumerable<Secret?> secrets) => secrets.OfType<Secret>();

    static readonly TargetField[] OfWebhook =
    [
        new("url", FieldForm.Address, "Address") { IsRequired = true, Longest = 2000 },
        new("header_name", FieldForm.Text, "Additional header") { Longest = 100 },
        new("header_value", FieldForm.Secret, "Value of the header") { Longest = 2000 },
    ];

    static readonly TargetField[] OfNtfy =
    [
        new("server", FieldForm.Address, "Server") { IsRequired = true, Default = "https://ntfy.sh" },
        new("topic", FieldForm.Secret, "Topic") { IsRequired = true, Longest = 64 },
        new("token", FieldForm.Secret, "Access Token"),
        new("user", FieldForm.Text, "User name"),
        new("password", FieldForm.Secret, "Password"),
    ];

    static readonly TargetField[] OfTelegram =
    [
        new("bot_token", FieldForm.Secret, "Token") { IsRequired = true },
        new("chat_id", FieldForm.Text, "Chat") { IsRequired = true, Longest = 64 },
    ];

    static readonly TargetField[] OfGotify =
    [
        new("server", FieldForm.Address, "Server") { IsRequired = true },
        new("token", FieldForm.Secret, "Token") { IsRequired = true },
    ];

    static readonly TargetField[] OfEmail =
    [
        new("host", FieldForm.Host, "Mail server") { IsRequired = true, Longest = 253 },
        new("port", FieldForm.Port, "Port") { IsRequired = true, Default = "587" },
        new("tls", FieldForm.Word, "Encryption") { IsRequired = true, Default = "starttls", Values = [("starttls", "STARTTLS"), ("tls", "TLS")] },
        new("user", FieldForm.Text, "User name"),
        new("password", FieldForm.Secret, "Password"),
        new("from", FieldForm.Mail, "Sender") { IsRequired = true, Longest = 254 },
        new("to", FieldForm.Mail, "Recipient") { IsRequired = true, Longest = 254 },
    ];

    static readonly TargetField[] OfAbrp =
    [
        new("user_token", FieldForm.Secret, "Token") { IsRequired = true },
        new("application_key", FieldForm.Secret, "Application key"),
        new("shares_place", FieldForm.Flag, "Send the place of the car") { Default = "false" },
        new("car_model", FieldForm.Text, "Model of the car at ABRP") { Longest = 100 },
    ];

    /// <summary>What an owner fills in for this kind, in order.</summary>
    public static IReadOnlyList<TargetField> FieldsOf(TargetKind kind) => kind switch
    {
        TargetKind.Webhook => OfWebhook,
        TargetKind.Ntfy => OfNtfy,
        TargetKind.Telegram => OfTelegram,
        TargetKind.Gotify => OfGotify,
        TargetKind.Email => OfEmail,
        TargetKind.Abrp => OfAbrp,
        _ => [],
    };

    /// <summary>
    /// The typed settings of values that <see cref="TargetInput"/> found to be in order; null when they are not, be it that the key of the secrets is
    /// another one now.
    /// </summary>
    internal static TargetSettings? Read(TargetKind kind, IReadOnlyDictionary<string, string> values, IReadOnlyDictionary<string, Secret> secrets)
    {
        string? Text(string name) => values.GetValueOrDefault(name) is { Length: > 0 } text ? text : null;
        Secret? Hidden(string name) => secrets.GetValueOrDefault(name);
        Uri? Address(string name) => Uri.TryCreate(Text(name), UriKind.Absolute, out var address) ? address : null;
        return kind switch
        {
            TargetKind.Webhook when Address("url") is { } url && Hidden(KeyName) is { } key
                => new Webhook(url, key, Hidden(PreviousKeyName), Moment(Text(PreviousUntilName)), Text("header_name"), Hidden("header_value")),
            TargetKind.Ntfy when Address("server") is { } server && Hidden("topic") is { } topic
                => new Ntfy(server, topic, Hidden("token"), Text("user"), Hidden("password")),
            TargetKind.Telegram when Hidden("bot_token") is { } token && Text("chat_id") is { } chat => new Telegram(token, chat),
            TargetKind.Gotify when Address("server") is { } server && Hidden("token") is { } token => new Gotify(server, token),
            TargetKind.Email when Text("host") is { } host && int.TryParse(Text("port"), CultureInfo.InvariantCulture, out var port)
                && Text("from") is { } from && Text("to") is { } to
                => new Email(host, port, Text("tls") == "tls", Text("user"), Hidden("password"), from, to),
            TargetKind.HomeAssistant => new HomeAssistant(),
            TargetKind.Abrp when Hidden("user_token") is { } token
                => new Abrp(token, Hidden("application_key"), Text("shares_place") == "true", Text("car_model")),
            _ => null,
        };
    }

    /// <summary>The key of a webhook, which the program makes itself, and the one before.</summary>
    internal const string KeyName = "key";

    internal const string PreviousKeyName = "previous_key";

    internal const string PreviousUntilName = "previous_until";

    static DateTimeOffset? Moment(string? text)
        => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : null;
}
