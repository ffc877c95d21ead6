-- The dashboards' role, where there is one of that name, may read what the measures keep, and nothing else of this schema.
do $$
begin
    if exists (select from pg_roles where rolname = 'grafana') then
        grant usage on schema teslamate to grafana;
        grant select on teslamate.drive_samples, teslamate.drive_routes, teslamate.charge_samples, teslamate.parked_samples, teslamate.level_samples, teslamate.level_progress,
            teslamate.car_preferences to grafana;
    end if;
end
$$;
