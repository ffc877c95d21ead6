-- Where the dashboards are, for links from this program's pages.
-- Locks: access exclusive on settings

alter table settings add grafana_url varchar(255);
