namespace TeslaMate.Api.Data.Resources;

/// <summary>What owners say of their drives (<c>d</c>) and charging processes (<c>p</c>), as expressions.</summary>
static class OwnersSql
{
    public const string TagsOfDrive = "array(select t.tag from teslamate.drive_tags as t where t.drive_id = d.id order by t.tag)";

    public const string TagsOfProcess =
        "array(select t.tag from teslamate.charging_process_tags as t where t.charging_process_id = p.id order by t.tag)";

    /// <summary>Who set the cost, where that is known; somebody else where it is another one now.</summary>
    public const string CostSource = """
        (select case when k.amount is not distinct from p.cost then k.source else 'other' end
            from teslamate.charge_costs as k where k.charging_process_id = p.id and p.cost is not null)
        """;
}
