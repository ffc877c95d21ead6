# The web pages' four packages from npm, by their lock file, fixed by one hash.
{
  lib,
  stdenvNoCC,
  nodejs,
  cacert,
}:
stdenvNoCC.mkDerivation {
  name = "teslamate-web-assets";
  src = lib.fileset.toSource {
    root = ../src/TeslaMate.Web;
    fileset = lib.fileset.unions [
      ../src/TeslaMate.Web/package.json
      ../src/TeslaMate.Web/package-lock.json
    ];
  };

  nativeBuildInputs = [
    nodejs
    cacert
  ];

  buildPhase = ''
    runHook preBuild
    export HOME=$TMPDIR
    npm ci --ignore-scripts --no-audit --no-fund
    # npm's own record of what it did is no content of a package.
    rm -rf node_modules/.bin node_modules/.package-lock.json
    runHook postBuild
  '';
  installPhase = ''
    runHook preInstall
    mkdir $out
    cp -r node_modules $out/
    runHook postInstall
  '';
  dontFixup = true;

  # Written by nix/update-hashes.
  outputHash = builtins.readFile ./assets.hash;
  outputHashMode = "recursive";
}
