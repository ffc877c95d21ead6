namespace TeslaMate.Mqtt.Discovery;

/// <summary>Home Assistant's templates, to the letter (spec mqtt 13.6).</summary>
static class Templates
{
    public const string Title = "{{ value | title }}";

    public const string Words = "{{ value | regex_replace('(?<=[a-z])(?=[A-Z])', ' ') }}";

    public const string UnderscoredWords = "{{ value | replace('_', ' ') | title }}";

    public const string IsCharging = "{{ 'true' if value == 'Charging' else 'false' }}";

    public const string CenterDisplay =
        "{% set states = {0: 'off', 2: 'standby', 3: 'charging', 4: 'on', 5: 'large_charging', 6: 'ready_to_unlock', 7: 'sentry_mode', 8: "
            + "'dog_mode', 9: 'media'} %}"
        + "{% set state = states.get(value | int(-1)) %}{% if state %}{{ state }}{% endif %}";

    public const string ParkingBrake = "{% if value in ['', 'P'] %}ON{% elif value in ['D', 'N', 'R'] %}OFF{% else %}None{% endif %}";

    public const string RouteAvailability = "{{ 'online' if value_json is mapping and not value_json.get('error') else 'offline' }}";

    public const string RouteLocation =
        "{% if value_json is mapping and not value_json.get('error') and value_json.get('location') is mapping %}{{ value_json.get('location') | "
            + "tojson }}{% else %}{}{% endif %}";

    public static string Route(string key)
        => $"{{% if value_json is mapping and not value_json.get('error') and value_json.get('{key}') is not none %}}{{{{ value_json.get('{key}') "
            + $"}}}}{{% endif %}}";
}
