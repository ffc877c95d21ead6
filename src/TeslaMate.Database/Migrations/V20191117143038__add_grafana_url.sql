-- Where the dashboards are, for links from this program's pages.

alter table settings add grafana_url varchar(255);
