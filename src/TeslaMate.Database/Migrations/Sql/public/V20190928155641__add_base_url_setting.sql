-- Where this program's pages are, for links from dashboards.
-- Locks: access exclusive on settings

alter table settings add base_url varchar(255);
