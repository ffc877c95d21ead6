# The web pages' packages from npm, each by its hash in the lock file.
{
  lib,
  importNpmLock,
  nodejs,
}:
let
  root = ../src/TeslaMate.Web;
  lock = lib.importJSON (root + "/package-lock.json");

  # The lock file does not say where a package comes from, which is npm's own registry for all of them.
  located =
    path: module:
    let
      name = lib.last (lib.splitString "node_modules/" path);
    in
    if path == "" || module ? resolved then
      module
    else
      module
      // {
        resolved = "https://registry.npmjs.org/${name}/-/${baseNameOf name}-${module.version}.tgz";
      };
in
importNpmLock.buildNodeModules {
  package = lib.importJSON (root + "/package.json");
  packageLock = lock // {
    packages = lib.mapAttrs located lock.packages;
  };
  inherit nodejs;
}
