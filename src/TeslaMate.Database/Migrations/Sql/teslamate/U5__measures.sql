-- Loses: what the owner said of a car (capacity and range when new, mass, mileage budget)
drop table teslamate.car_preferences, teslamate.level_progress, teslamate.level_samples, teslamate.parked_samples, teslamate.charge_samples, teslamate.drive_routes,
    teslamate.drive_samples;
