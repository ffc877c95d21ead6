namespace TeslaMate.Web.Layout;

/// <summary>The dashboards that the navigation bar links to (spec web 5.2), sorted by title.</summary>
static class Dashboards
{
    public static IReadOnlyList<(string Title, string Uid)> All { get; } =
    [
        ("Battery Health", "jchmRiqUfXgTM"), ("Charge Level", "WopVO_mgz"), ("Charges", "TSmNYvRRk"), ("Charging Stats", "-pkIkhmRz"),
        ("Database Information", "jchmDbInfo"), ("Drive Stats", "_7WkNSyWk"), ("Drives", "Y8upc6ZRk"), ("Efficiency", "fu4SiQgWz"),
        ("Locations", "ZzhF-aRWz"), ("Mileage", "NjtMTFggz"), ("Overview", "kOuP_Fggz"), ("Projected Range", "riqUfXgRz"), ("States", "xo4BNRkZz"),
        ("Statistics", "1EZnXszMk"), ("Timeline", "SUBgwtigz"), ("Trip", "FkUpJpQZk"), ("Updates", "IiC07mgWz"), ("Vampire Drain", "zhHx2Fggk"),
        ("Visited", "RG_DxSmgk"),
    ];
}
