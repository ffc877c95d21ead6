# As much of nixpkgs' library as the module uses, so that it can be evaluated on a machine without nixpkgs. Same names, same meaning, no more.
let
  inherit (builtins)
    attrNames
    concatLists
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    genList
    hasAttr
    head
    isAttrs
    isBool
    isFunction
    isInt
    isList
    isString
    length
    listToAttrs
    map
    mapAttrs
    match
    replaceStrings
    stringLength
    substring
    toString
    ;

  optional = condition: value: if condition then [ value ] else [ ];
  unique = foldl' (seen: value: if elem value seen then seen else seen ++ [ value ]) [ ];

  # Definitions of one option: conditions and merges resolved, with their priority (100, mkDefault 1000, mkForce 50).
  discharge =
    definition:
    if !(isAttrs definition && definition ? _type) then
      [
        {
          priority = 100;
          value = definition;
        }
      ]
    else if definition._type == "if" then
      if definition.condition then discharge definition.content else [ ]
    else if definition._type == "merge" then
      concatMap discharge definition.contents
    else if definition._type == "override" then
      map (inner: inner // { inherit (definition) priority; }) (discharge definition.content)
    else
      [
        {
          priority = 100;
          value = definition;
        }
      ];

  strongest =
    definitions:
    let
      least = foldl' (a: d: if d.priority < a then d.priority else a) 10000 definitions;
    in
    map (d: d.value) (filter (d: d.priority == least) definitions);

  only =
    description: where: values:
    if length (unique values) == 1 then
      head values
    else
      throw "The option `${where}' is defined differently in two places (${description}).";

  check =
    description: accepts: where: values:
    if accepts (only description where values) then
      head values
    else
      throw "A definition for option `${where}' is not of type `${description}'.";

  simple = description: accepts: {
    inherit description;
    inherit accepts;
    merge = check description accepts;
  };

  isStorePath = value: substring 0 11 (toString value) == "/nix/store/";

  types = rec {
    bool = simple "boolean" isBool;
    int = simple "signed integer" isInt;
    str = simple "string" isString;
    float = simple "floating point number" builtins.isFloat;
    strMatching =
      pattern:
      simple "string matching the pattern ${pattern}" (
        value: isString value && match pattern value != null
      );
    lines = {
      description = "strings concatenated with line breaks";
      accepts = isString;
      merge =
        where: values:
        if builtins.all isString values then
          concatStringsSep "\n" values
        else
          throw "A definition for option `${where}' is not of type `strings concatenated with line breaks'.";
    };
    enum =
      allowed: simple "one of ${builtins.toJSON allowed}" (value: builtins.elem value allowed);
    either = a: b: oneOf [
      a
      b
    ];
    submodule = module: {
      description = "submodule";
      accepts = isAttrs;
      merge =
        where: values:
        if builtins.all isAttrs values then
          (evaluate "${where}." (module.options or { }) (module.freeformType or null) values).config
        else
          throw "A definition for option `${where}' is not of type `submodule'.";
    };
    port = simple "16 bit unsigned integer" (value: isInt value && value >= 0 && value <= 65535);
    ints.positive = simple "positive integer" (value: isInt value && value > 0);
    path = simple "path" (
      value: (isString value || builtins.isPath value) && substring 0 1 (toString value) == "/"
    );
    externalPath = simple "absolute path, not in the Nix store" (
      value: isString value && substring 0 1 value == "/" && !(isStorePath value)
    );
    # Of one definition only, even where two say the same.
    package = simple "package" (value: isAttrs value && value ? outPath) // {
      merge =
        where: values:
        if length values == 1 then
          head values
        else
          throw "The option `${where}' is defined multiple times while it's expected to be unique.";
    };
    nullOr = inner: {
      description = "null or ${inner.description}";
      accepts = value: value == null || inner.accepts value;
      merge =
        where: values:
        if builtins.all (value: value == null) values then null else inner.merge where values;
    };
    oneOf =
      inner:
      simple (concatStringsSep " or " (map (type: type.description) inner)) (
        value: builtins.any (type: type.accepts value) inner
      );
    listOf = inner: {
      description = "list of ${inner.description}";
      accepts = isList;
      merge =
        where: values:
        concatLists (
          map (
            value:
            if isList value then
              map (element: inner.merge where [ element ]) (
                concatMap (element: strongest (discharge element)) value
              )
            else
              throw "A definition for option `${where}' is not of type `list of ${inner.description}'."
          ) values
        );
    };
    attrsOf = inner: {
      description = "attribute set of ${inner.description}";
      accepts = isAttrs;
      merge =
        where: values:
        let
          sets = map (
            value:
            if isAttrs value then value else throw "A definition for option `${where}' is not an attribute set."
          ) values;
          names = unique (concatMap attrNames sets);
          definitions = name: concatMap (set: if hasAttr name set then discharge set.${name} else [ ]) sets;
        in
        listToAttrs (
          concatMap (
            name:
            let
              found = definitions name;
            in
            optional (found != [ ]) {
              inherit name;
              value = inner.merge "${where}.${name}" (strongest found);
            }
          ) names
        );
    };
  };

  # The options of one level and below with their definitions: what is configured, and what is known of each option. Definitions outside of the declared
  # options go to the freeform type, or are an error.
  evaluate =
    where: declared: freeform: definitions:
    let
      # Conditions move down to the options, so that one option's value can decide about another's definition.
      pushDown =
        definition:
        if !(definition ? _type) then
          [ definition ]
        else if definition._type == "merge" then
          concatMap pushDown definition.contents
        else
          map (mapAttrs (_: content: definition // { inherit content; })) (pushDown definition.content);
      pushed = concatMap pushDown definitions;
      extra = filter (name: !(hasAttr name declared)) (unique (concatMap attrNames pushed));
      evaluated = mapAttrs (
        name: option:
        let
          here = concatMap (definition: if hasAttr name definition then [ definition.${name} ] else [ ]) pushed;
          found = concatMap discharge here;
          values = strongest found;
        in
        if option ? _type then
          {
            config =
              if values != [ ] then
                option.type.merge "${where}${name}" values
              else if option ? default then
                option.default
              else
                throw "The option `${where}${name}' was accessed but has no value defined. Try setting the option.";
            options = option // {
              definitions = values;
              isDefined = values != [ ] || option ? default;
              # As mkOptionDefault has it.
              highestPrio = foldl' (a: d: if d.priority < a then d.priority else a) (
                if option ? default then 1500 else 9999
              ) found;
            };
          }
        else
          evaluate "${where}${name}." option null here
      ) declared;
    in
    if extra != [ ] && freeform == null then
      throw "The option `${where}${head extra}' does not exist."
    else
      {
        config =
          mapAttrs (_: one: one.config) evaluated
          // (
            if freeform == null then
              { }
            else
              freeform.merge where (
                map (
                  definition:
                  listToAttrs (
                    map (name: {
                      inherit name;
                      value = definition.${name};
                    }) (filter (name: hasAttr name definition) extra)
                  )
                ) pushed
              )
          );
        options = mapAttrs (_: one: one.options) evaluated;
      };

  evalModules =
    {
      modules,
      specialArgs ? { },
    }:
    let
      # A module that was imported before, by its path or its key, counts once.
      load =
        seen: module:
        let
          path = if builtins.isPath module || isString module then toString module else null;
          value = if path != null then import module else module;
          content = if isFunction value then value arguments else value;
          key = content.key or path;
        in
        if key != null && elem key seen.keys then
          seen
        else
          let
            within = foldl' load {
              keys = seen.keys ++ optional (key != null) key;
              inherit (seen) all;
            } (content.imports or [ ]);
          in
          within // { all = within.all ++ [ content ]; };
      loaded =
        (foldl' load {
          keys = [ ];
          all = [ ];
        } modules).all;
      arguments = specialArgs // {
        inherit lib;
        inherit (evaluated) config options;
      };

      # Branches of options and of definitions are walked together; an option has one declaration.
      mergeDeclarations =
        where:
        foldl' (
          a: b:
          a
          // mapAttrs (
            name: value:
            if a ? ${name} && !(a.${name} ? _type) && !(value ? _type) then
              mergeDeclarations "${where}${name}." [
                a.${name}
                value
              ]
            else if a ? ${name} then
              throw "The option `${where}${name}' is already declared."
            else
              value
          ) b
        ) { };
      declared = mergeDeclarations "" (map (module: module.options or { }) loaded);

      evaluated = evaluate "" declared null (
        map (
          module:
          module.config or (removeAttrs module [
            "key"
            "options"
            "imports"
          ])
        ) loaded
      );
    in
    {
      inherit (evaluated) config options;
    };

  splitVersion = builtins.splitVersion;

  lib = {
    inherit
      evalModules
      types
      optional
      unique
      ;
    inherit (builtins)
      concatStringsSep
      mapAttrs
      replaceStrings
      any
      all
      attrNames
      elem
      filter
      ;
    trivial.release = "26.05";
    versions.major = version: head (splitVersion version);
    filterAttrs =
      keep: set:
      listToAttrs (
        concatMap (
          name:
          optional (keep name set.${name}) {
            inherit name;
            value = set.${name};
          }
        ) (attrNames set)
      );
    mkOptionType =
      {
        name,
        merge,
        check ? (_: true),
      }:
      {
        description = name;
        accepts = check;
        merge =
          where: values:
          merge [ where ] (
            map (value: {
              inherit value;
              file = where;
            }) values
          );
      };
    isOption = value: value._type or "" == "option";
    mkOption = attributes: attributes // { _type = "option"; };
    mkEnableOption =
      what:
      lib.mkOption {
        type = types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };
    mkPackageOption =
      pkgs: name: attributes:
      lib.mkOption {
        type = types.package;
        default = pkgs.${name};
        description = "The ${name} package to use. ${attributes.extraDescription or ""}";
      };
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    mkOverride = priority: content: {
      _type = "override";
      inherit priority content;
    };
    mkDefault = lib.mkOverride 1000;
    mkOptionDefault = lib.mkOverride 1500;
    mkForce = lib.mkOverride 50;
    literalExpression = text: {
      _type = "literalExpression";
      inherit text;
    };
    optionals = condition: values: if condition then values else [ ];
    optionalAttrs = condition: attributes: if condition then attributes else { };
    optionalString = condition: text: if condition then text else "";
    mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
    concatStrings = concatStringsSep "";
    concatMapStringsSep =
      separator: f: values:
      concatStringsSep separator (map f values);
    hasInfix = infix: text: builtins.replaceStrings [ infix ] [ "" ] text != text;
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    removeSuffix =
      suffix: text:
      let
        size = stringLength text - stringLength suffix;
      in
      if size >= 0 && substring size (stringLength suffix) text == suffix then
        substring 0 size text
      else
        text;
    escapeShellArg =
      value:
      let
        text = toString value;
      in
      if match "[[:alnum:],._+:@%/-]+" text == null then
        "'${replaceStrings [ "'" ] [ "'\\''" ] text}'"
      else
        text;
    getExe = package: "${package}/bin/${package.meta.mainProgram}";
    versionOlder = a: b: builtins.compareVersions a b < 0;
    versionAtLeast = a: b: builtins.compareVersions a b >= 0;
  };
in
lib
