namespace TeslaMate.Outgoing.Targets;

/// <summary>Where events go (spec api 4).</summary>
public enum TargetKind
{
    Webhook,
    Ntfy,
    Telegram,
    Gotify,
    Email,

    /// <summary>Events on the topics of Home Assistant, over the broker that the program has anyway.</summary>
    HomeAssistant,

    /// <summary>Live values for A Better Route Planner; it takes no events.</summary>
    Abrp,
}

public static class TargetKinds
{
    static readonly (TargetKind Kind, string Word)[] Words =
    [
        (TargetKind.Webhook, "webhook"), (TargetKind.Ntfy, "ntfy"), (TargetKind.Telegram, "telegram"), (TargetKind.Gotify, "gotify"),
        (TargetKind.Email, "email"), (TargetKind.HomeAssistant, "home_assistant"), (TargetKind.Abrp, "abrp"),
    ];

    public static IReadOnlyList<TargetKind> All { get; } = [.. Words.Select(pair => pair.Kind)];

    /// <summary>The kind in the table and in the API.</summary>
    public static string Word(this TargetKind kind) => Words.First(pair => pair.Kind == kind).Word;

    /// <summary>The kind of this word; null for every other text.</summary>
    public static TargetKind? Find(string? word) => Words.Any(pair => pair.Word == word) ? Words.First(pair => pair.Word == word).Kind : null;

    /// <summary>Whether events are sent to it one by one, and not something else by its channel itself.</summary>
    public static bool TakesEvents(this TargetKind kind) => kind is not TargetKind.Abrp;

    /// <summary>Whether a person reads what is sent: such targets have quiet hours and get the same news once in ten minutes.</summary>
    public static bool IsForPeople(this TargetKind kind) => kind is TargetKind.Ntfy or TargetKind.Telegram or TargetKind.Gotify or TargetKind.Email;
}
