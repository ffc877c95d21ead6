{
  description = "TeslaMate for .NET, a self-hosted data logger for Tesla cars";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      forAllSystems =
        outputs:
        lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] (system: outputs nixpkgs.legacyPackages.${system});
    in
    {
      overlays.default = final: _: { teslamate = final.callPackage ./nix/package.nix { }; };

      packages = forAllSystems (pkgs: rec {
        default = pkgs.callPackage ./nix/package.nix { };
        teslamate = default;
        image = pkgs.callPackage ./nix/image.nix { teslamate = default; };
      });

      nixosModules.default = {
        # Imported from several files, it counts once.
        key = "teslamate.nixosModules.default";
        _file = ./flake.nix;
        imports = [
          ./nix/module.nix
          (
            { pkgs, ... }:
            {
              services.teslamate.package = lib.mkDefault self.packages.${pkgs.stdenv.hostPlatform.system}.default;
            }
          )
        ];
      };

      checks = forAllSystems (pkgs: {
        package = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        image = self.packages.${pkgs.stdenv.hostPlatform.system}.image;
        # Whole systems, evaluated with nixpkgs' own modules.
        module = pkgs.runCommandLocal "teslamate-module" {
          systems = lib.mapAttrsToList (
            _: configuration:
            builtins.unsafeDiscardStringContext
              (lib.nixosSystem {
                modules = [
                  self.nixosModules.default
                  # From a second file, as people do it.
                  { imports = [ self.nixosModules.default ]; }
                  configuration
                  {
                    nixpkgs.hostPlatform = pkgs.stdenv.hostPlatform.system;
                    boot.isContainer = true;
                    system.stateVersion = "26.05";
                  }
                ];
              }).config.system.build.toplevel.drvPath
          ) (import ./nix/tests/configurations.nix);
        } "touch $out";
        machine = pkgs.testers.runNixOSTest (
          import ./nix/tests/vm.nix { module = self.nixosModules.default; }
        );
        format = pkgs.runCommandLocal "teslamate-nix-format" { nativeBuildInputs = [ pkgs.nixfmt ]; } ''
          nixfmt --check ${./flake.nix} ${./deps.nix} $(find ${./nix} -name '*.nix')
          touch $out
        '';
      });

      apps = forAllSystems (
        pkgs:
        let
          teslamate = self.packages.${pkgs.stdenv.hostPlatform.system}.default;
          app = description: program: {
            type = "app";
            program = lib.getExe program;
            meta = { inherit description; };
          };
        in
        {
          default = app "TeslaMate for .NET" teslamate;
          # A simulated car logged into a private PostgreSQL.
          demo = app "TeslaMate for .NET with two simulated cars" (
            pkgs.writeShellApplication {
              name = "teslamate-demo";
              runtimeInputs = [
                teslamate
                pkgs.postgresql_17
              ];
              text = ''exec teslamate demo "$@"'';
            }
          );
        }
      );

      devShells = forAllSystems (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.dotnetCorePackages.sdk_10_0
            pkgs.nodejs
            pkgs.postgresql_17
            pkgs.mosquitto
            pkgs.shellcheck
            pkgs.nixfmt
          ];
        };
      });

      formatter = forAllSystems (pkgs: pkgs.nixfmt-tree);
    };
}
