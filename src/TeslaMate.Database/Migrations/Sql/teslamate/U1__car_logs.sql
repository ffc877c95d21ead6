-- Loses: which instance logs which car; entries that wait on an instance's disk are void afterwards.
drop function teslamate.claim_batches(uuid, smallint[], bigint[], bigint[]);
drop table teslamate.car_logs;
drop table teslamate.car_leases;
