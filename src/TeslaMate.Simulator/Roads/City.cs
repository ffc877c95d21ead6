namespace TeslaMate.Simulator.Roads;

/// <summary>A part of the world to live in: where one lives, works, shops and charges, and the roads between them.</summary>
public sealed class City
{
    City(TimeSpan utcOffset, Place home, Place work, Place shop, Place charger, Road toWork, Road toShop, Road toCharger)
        => (UtcOffset, Home, Work, Shop, Charger, ToWork, ToShop, ToCharger) = (utcOffset, home, work, shop, charger, toWork, toShop, toCharger);

    /// <summary>What the clocks show there beyond UTC, all year.</summary>
    public TimeSpan UtcOffset { get; }

    public Place Home { get; }

    public Place Work { get; }

    public Place Shop { get; }

    /// <summary>A fast charger out of town.</summary>
    public Place Charger { get; }

    /// <summary>From home; so are the other roads.</summary>
    public Road ToWork { get; }

    public Road ToShop { get; }

    public Road ToCharger { get; }

    public IEnumerable<Place> Places => [Home, Work, Shop, Charger];

    /// <summary>Along Berlin's east-west axis to Spandau, and down the AVUS to Potsdam.</summary>
    public static City Berlin()
    {
        Place In(string name, double latitude, double longitude, string street, string number, string quarter, string postcode, long id)
            => new(name, new GeoPoint(latitude, longitude), street, number, quarter, "Berlin", "Berlin", "Berlin", postcode, "Germany", id);

        var home = In("", 52.520310, 13.384620, "Reinhardtstraße", "12", "Mitte", "10117", 240100001);
        var work = In("Rathaus Spandau", 52.534840, 13.199790, "Carl-Schurz-Straße", "2", "Spandau", "13597", 240100002);
        var shop = In("Kurfürstendamm", 52.503210, 13.327130, "Kurfürstendamm", "21", "Charlottenburg", "10719", 240100003);
        var charger = new Place("Supercharger Potsdam", new GeoPoint(52.374250, 13.149500), "Großbeerenstraße", "301", "Drewitz", "Potsdam",
            "Potsdam",
            "Brandenburg", "14480", "Germany", 240100004);
        var toWork = new Road(home, work,
            At(52.520310, 13.384620, 30), At(52.519320, 13.381310, 30), At(52.517020, 13.376010, 50), At(52.516060, 13.372120, 50),
            At(52.514530, 13.350060, 50),
            At(52.512740, 13.322050, 50), At(52.512120, 13.308810, 50), At(52.510930, 13.296420, 50), At(52.509780, 13.273010, 50),
            At(52.508890, 13.259040, 50),
            At(52.507820, 13.229010, 60), At(52.509690, 13.216480, 60), At(52.510720, 13.204520, 50), At(52.512230, 13.196020, 50),
            At(52.517740, 13.189030, 50),
            At(52.524810, 13.193540, 50), At(52.531090, 13.197120, 30), At(52.534840, 13.199790, 30));
        var toShop = new Road(home, shop,
            At(52.520310, 13.384620, 30), At(52.517020, 13.376010, 50), At(52.514530, 13.350060, 50), At(52.508240, 13.344130, 50),
            At(52.505020, 13.337070, 30),
            At(52.503210, 13.327130, 30));
        var toCharger = new Road(home, charger,
            At(52.520310, 13.384620, 30), At(52.517020, 13.376010, 50), At(52.514530, 13.350060, 50), At(52.512740, 13.322050, 50),
            At(52.509780, 13.273010, 50),
            At(52.503100, 13.279500, 80), At(52.490220, 13.262310, 100), At(52.465310, 13.227940, 120), At(52.447830, 13.211020, 120),
            At(52.433020, 13.199010, 100),
            At(52.416040, 13.187030, 100), At(52.395520, 13.168210, 100), At(52.381060, 13.155510, 70), At(52.374250, 13.149500, 30));
        return new City(TimeSpan.FromHours(1), home, work, shop, charger, toWork, toShop, toCharger);
    }

    /// <summary>Down the Bayshore Freeway from San Francisco.</summary>
    public static City SanFrancisco()
    {
        Place In(string name, double latitude, double longitude, string street, string number, string quarter, string city, string county,
            string postcode, long id)
            => new(name, new GeoPoint(latitude, longitude), street, number, quarter, city, county, "California", postcode, "United States", id);

        var home = In("", 37.750930, -122.433110, "Castro Street", "1290", "Noe Valley", "San Francisco", "San Francisco", "94114", 540200001);
        var work = In("Page Mill Office Park", 37.418920, -122.136850, "Page Mill Road", "620", "Ventura", "Palo Alto", "Santa Clara County", "94304",
            540200002);
        var shop = In("Ferry Building", 37.795480, -122.393700, "The Embarcadero", "1", "Financial District", "San Francisco", "San Francisco",
            "94105", 540200003);
        var charger = In("Supercharger San Mateo", 37.541930, -122.285710, "Concar Drive", "600", "Hayward Park", "San Mateo", "San Mateo County",
            "94402", 540200004);
        var toWork = new Road(home, work,
            At(37.750930, -122.433110, 40), At(37.748210, -122.427040, 40), At(37.748520, -122.413010, 50), At(37.749030, -122.404020, 80),
            At(37.733140, -122.404810, 100),
            At(37.712020, -122.393010, 105), At(37.685010, -122.390020, 105), At(37.656030, -122.403040, 105), At(37.633020, -122.403310, 105),
            At(37.619010, -122.396020, 105),
            At(37.600040, -122.378010, 105), At(37.585020, -122.350030, 105), At(37.564010, -122.310020, 105), At(37.530040, -122.276010, 105),
            At(37.508010, -122.256040, 105),
            At(37.490030, -122.224010, 105), At(37.472010, -122.170030, 105), At(37.451020, -122.135010, 80), At(37.437010, -122.129040, 60),
            At(37.426040, -122.133010, 50),
            At(37.418920, -122.136850, 40));
        var toShop = new Road(home, shop,
            At(37.750930, -122.433110, 40), At(37.761220, -122.434910, 40), At(37.767430, -122.428920, 50), At(37.776640, -122.416910, 40),
            At(37.785030, -122.406020, 40),
            At(37.793210, -122.395930, 40), At(37.795480, -122.393700, 30));
        var toCharger = new Road(home, charger,
            At(37.750930, -122.433110, 40), At(37.748210, -122.427040, 40), At(37.749030, -122.404020, 80), At(37.733140, -122.404810, 100),
            At(37.712020, -122.393010, 105),
            At(37.685010, -122.390020, 105), At(37.656030, -122.403040, 105), At(37.619010, -122.396020, 105), At(37.600040, -122.378010, 105),
            At(37.585020, -122.350030, 105),
            At(37.564010, -122.310020, 90), At(37.549810, -122.294050, 60), At(37.541930, -122.285710, 30));
        return new City(TimeSpan.FromHours(-8), home, work, shop, charger, toWork, toShop, toCharger);
    }

    /// <summary>Along the lake of Zürich, with more up and down.</summary>
    public static City Zurich()
    {
        Place In(string name, double latitude, double longitude, string street, string number, string quarter, string city, string county,
            string postcode, long id)
            => new(name, new GeoPoint(latitude, longitude), street, number, quarter, city, county, "Zürich", postcode, "Switzerland", id);

        var home = In("", 47.385620, 8.548120, "Universitätstrasse", "80", "Oberstrass", "Zürich", "Bezirk Zürich", "8006", 440300001);
        var work = In("Seehof Küsnacht", 47.317410, 8.582030, "Seestrasse", "131", "Küsnacht", "Küsnacht", "Bezirk Meilen", "8700", 440300002);
        var shop = In("Sihlcity", 47.357920, 8.523510, "Kalanderplatz", "1", "Wiedikon", "Zürich", "Bezirk Zürich", "8045", 440300003);
        var charger = In("Supercharger Rapperswil", 47.221830, 8.832110, "Zürcherstrasse", "7", "Jona", "Rapperswil-Jona", "Wahlkreis See-Gaster",
            "8645", 440300004);
        var toWork = new Road(home, work,
            At(47.385620, 8.548120, 30), At(47.376310, 8.547620, 50), At(47.370020, 8.545530, 50), At(47.366730, 8.545020, 50),
            At(47.360310, 8.549220, 50),
            At(47.352120, 8.558410, 50), At(47.343040, 8.565030, 60), At(47.331220, 8.573010, 60), At(47.317410, 8.582030, 30));
        var toShop = new Road(home, shop,
            At(47.385620, 8.548120, 30), At(47.376310, 8.547620, 50), At(47.373010, 8.538020, 50), At(47.366910, 8.532030, 50),
            At(47.357920, 8.523510, 30));
        var toCharger = new Road(home, charger,
            At(47.385620, 8.548120, 30), At(47.376310, 8.547620, 50), At(47.366730, 8.545020, 50), At(47.352120, 8.558410, 50),
            At(47.337010, 8.596030, 80),
            At(47.327020, 8.648010, 100), At(47.309010, 8.701020, 120), At(47.284030, 8.754010, 120), At(47.262010, 8.799020, 100),
            At(47.240010, 8.823040, 80),
            At(47.228020, 8.829010, 50), At(47.221830, 8.832110, 30));
        return new City(TimeSpan.FromHours(1), home, work, shop, charger, toWork, toShop, toCharger);
    }

    static Corner At(double latitude, double longitude, double limitKmh) => new(new GeoPoint(latitude, longitude), limitKmh);
}
