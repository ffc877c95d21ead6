-- Loses what cars sent in the last week, the ledger of requests and the numbers that have no column elsewhere; drives and charges made of them stay.
alter table teslamate.car_logs drop column late_drive_id;
drop table teslamate.telemetry_values;
drop table teslamate.telemetry_usage;
drop table teslamate.telemetry_requests;
drop table teslamate.telemetry_alerts;
drop table teslamate.telemetry_snapshots;
drop table teslamate.telemetry_cars;
drop function teslamate.apply_telemetry(bigint[]);
drop table teslamate.telemetry_inbox;
