# The web pages' packages from npm, each fetched by npm and fixed by its hash in the lock file.
{
  lib,
  stdenvNoCC,
  nodejs,
  cacert,
}:
let
  lock = lib.importJSON ../src/TeslaMate.Web/package-lock.json;
  modules = lib.filterAttrs (path: _: path != "") lock.packages;

  nameOf = path: lib.removePrefix "node_modules/" path;

  archive =
    path: module:
    stdenvNoCC.mkDerivation {
      name = "${lib.strings.sanitizeDerivationName (nameOf path)}-${module.version}.tgz";
      nativeBuildInputs = [
        nodejs
        cacert
      ];
      buildCommand = ''
        export HOME=$TMPDIR
        npm pack --silent ${lib.escapeShellArg "${nameOf path}@${module.version}"}
        mv *.tgz $out
      '';
      outputHashMode = "flat";
      outputHash = module.integrity;
    };
in
stdenvNoCC.mkDerivation {
  name = "teslamate-web-assets";
  buildCommand = lib.concatStrings (
    lib.mapAttrsToList (path: module: ''
      mkdir -p $out/${lib.escapeShellArg path}
      tar -xzf ${archive path module} -C $out/${lib.escapeShellArg path} --strip-components=1
    '') modules
  );
}
