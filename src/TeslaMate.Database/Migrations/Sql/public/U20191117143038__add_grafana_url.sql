-- Locks: access exclusive on settings
-- Loses: the address of the dashboards

alter table settings drop grafana_url;
