-- Where this program's pages are, for links from dashboards.

alter table settings add base_url varchar(255);
