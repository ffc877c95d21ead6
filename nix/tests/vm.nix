# A NixOS machine with everything on it, for `checks`: start, pages, MQTT, restart, backup and restore.
{ module }:
let
  secrets = ''
    ENCRYPTION_KEY="a key of the test's own"
    DATABASE_PASS="it's \"quoted\" $(and) \\odd"
  '';
in
{
  name = "teslamate";

  nodes.machine =
    { pkgs, ... }:
    {
      imports = [ module ];
      documentation.enable = false;
      virtualisation.memorySize = 2048;
      virtualisation.cores = 2;
      environment.systemPackages = [ pkgs.mosquitto ];

      # Stands for a secret manager; a real secret does not go through the store.
      system.activationScripts.secrets.text = ''
        install -m 0600 ${pkgs.writeText "secrets" secrets} /run/teslamate.env
      '';

      services.teslamate = {
        enable = true;
        secretsFile = "/run/teslamate.env";
        listenAddress = "127.0.0.1";
        postgres.enable_server = true;
        mqtt.enable = true;
        nginx.enable = true;
        grafana.enable = true;
        backup.schedule = "daily";
      };
      services.mosquitto = {
        enable = true;
        listeners = [
          {
            acl = [ "pattern readwrite #" ];
            omitPasswordAuth = true;
            settings.allow_anonymous = true;
          }
        ];
      };
    };

  testScript =
    { nodes, ... }:
    ''
      machine.wait_for_unit("teslamate.service")

      with subtest("it serves, and its role is no superuser"):
          machine.succeed("curl --fail http://127.0.0.1:4000/health_check")
          machine.succeed("curl --fail http://127.0.0.1/")
          role = machine.succeed("sudo -u postgres psql -XqAtc \"select rolsuper from pg_roles where rolname = 'teslamate'\"")
          assert role.strip() == "f", role

      with subtest("an administrator's teslamate has the settings of the service"):
          machine.succeed("teslamate status --check")

      with subtest("the broker knows that it is there"):
          machine.succeed("mosquitto_sub -t 'teslamate/#' -C 1 -W 30")

      with subtest("the password works over TCP, whatever is in it"):
          machine.succeed("systemd-run --pipe --wait -p EnvironmentFile=/run/teslamate.env -- sh -c 'PGPASSWORD=$DATABASE_PASS ${nodes.machine.services.postgresql.package}/bin/psql -h 127.0.0.1 -U teslamate -c \"select 1\"'")

      with subtest("Grafana runs, and may read the data and not the tokens"):
          machine.wait_until_succeeds("curl --fail http://127.0.0.1:3000/api/health")
          machine.succeed("sudo -u grafana psql -d teslamate -c 'select count(*) from positions'")
          machine.fail("sudo -u grafana psql -d teslamate -c 'delete from positions'")
          machine.fail("sudo -u grafana psql -d teslamate -c 'select * from private.tokens'")
          machine.fail("tr '\\0' '\\n' < /proc/$(systemctl show --value -p MainPID grafana)/environ | grep -E 'ENCRYPTION_KEY|DATABASE_PASS'")

      with subtest("the timer's backup runs as the service"):
          machine.succeed("systemctl start teslamate-backup.service")
          machine.succeed("test \"$(stat -c %U /var/lib/teslamate/backups/scheduled-*.dump)\" = teslamate")

      with subtest("who a visitor is, nginx takes from nobody outside"):
          machine.succeed("nginx -T 2>/dev/null | grep -q 'proxy_set_header Remote-User \"\"' || grep -rq 'proxy_set_header Remote-User' /etc/nginx /nix/store/*nginx.conf")

      with subtest("a backup brings back what was lost"):
          machine.succeed("sudo -u postgres psql -d teslamate -c \"insert into geofences (name, latitude, longitude, radius, inserted_at, updated_at) values ('Home', 1, 2, 20, now(), now())\"")
          machine.succeed("teslamate-backup /root/one.dump")
          machine.succeed("sudo -u postgres psql -d teslamate -c 'delete from geofences'")
          machine.succeed("teslamate-restore /root/one.dump")
          count = machine.succeed("sudo -u postgres psql -XqAt -d teslamate -c 'select count(*) from geofences'")
          assert count.strip() == "1", count
          machine.wait_for_unit("teslamate.service")

      with subtest("a wrong file changes nothing"):
          machine.succeed("head -c 1000 /root/one.dump > /root/short.dump")
          machine.fail("teslamate-restore /root/short.dump")
          machine.succeed("systemctl is-active teslamate.service")

      with subtest("it comes back after a crash and after a reboot"):
          machine.succeed("systemctl kill -s KILL teslamate.service")
          machine.wait_until_succeeds("systemctl is-active teslamate.service && curl --fail http://127.0.0.1:4000/health_check")
          machine.shutdown()
          machine.start()
          machine.wait_for_unit("teslamate.service")

      with subtest("it is well confined"):
          print(machine.succeed("systemd-analyze security teslamate.service --threshold=15"))
    '';
}
