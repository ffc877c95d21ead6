-- Loses: webhooks and other targets of events with their secrets, and the deliveries that wait.
drop table teslamate.outgoing_deliveries;
drop table teslamate.outgoing_events;
drop table teslamate.outgoing_targets;
