"""Language table: names, extensions and interpreters; data only, read by `languages`.

One line a language: id | other names | extensions | file names | interpreters. An extension, a file name or an
interpreter stands in one line only; `languages.AMBIGUOUS` looks into the text where that is not enough.
"""
# ruff: noqa: E501

from __future__ import annotations

CODE = """
python | py python3 | py pyi pyw pyx pxd gyp wsgi bzl star | SConstruct SConscript wscript Snakefile BUILD WORKSPACE BUCK Tiltfile | python pypy python2 uv
javascript | js node jsx | js mjs cjs jsx es6 jsm ssjs | Jakefile | node nodejs bun
typescript | ts | ts mts cts | | deno ts-node tsx
tsx | typescriptreact | tsx | |
go | golang | go | |
rust | rs | rs | | rust-script
java | | java jav jsh | | java
kotlin | kt | kt kts ktm | | kotlin
c | | c idc cats | | tcc
cpp | c++ cxx cc | cpp cc cxx c++ hpp hh hxx h++ ipp tpp txx inl ino cu cuh cppm ixx | |
csharp | c# cs dotnet | cs csx cake | |
ruby | rb | rb rbw rake gemspec ru podspec jbuilder thor rabl | Rakefile Gemfile Guardfile Vagrantfile Podfile Brewfile Capfile Fastfile Appfile Dangerfile Berksfile Thorfile | ruby jruby rake
php | | php php3 php4 php5 php7 php8 phtml phpt ctp | | php
swift | | swift | | swift
scala | | scala sc sbt | | scala amm
lua | | lua rockspec wlua nse | .luacheckrc | lua luajit texlua
bash | sh shell zsh ksh shellscript | sh bash zsh ksh ebuild eclass bats command | .bashrc .bash_profile .bash_aliases .profile .zshrc .zshenv .zprofile .bash_logout PKGBUILD APKBUILD configure gradlew mvnw | sh bash zsh ksh dash ash mksh
haskell | hs | hs hsc lhs hs-boot | | runhaskell runghc stack
elixir | ex exs | ex exs | mix.lock | elixir
zig | | zig zon | |
sql | postgresql mysql sqlite plpgsql tsql | sql ddl dml pgsql psql plsql pls pkb pks prc tab viw | |
html | htm htmldjango xhtml | html htm xhtml shtml hta html5 jinja jinja2 j2 mustache handlebars hbs ejs njk twig liquid cshtml razor jsp aspx ascx | |
css | | css | |
scss | sass less | scss sass less styl pcss postcss | |
vue | | vue | |
svelte | | svelte | |
astro | | astro | |
json | json5 jsonc jsonl ndjson | json json5 jsonc jsonl ndjson geojson webmanifest topojson har avsc code-workspace code-snippets | .babelrc .eslintrc .prettierrc .jshintrc .watchmanconfig composer.lock Pipfile.lock .swcrc flake.lock deno.lock |
yaml | yml | yaml yml cff | .clang-format .clang-tidy .clangd pubspec.lock yarn.lock CITATION.cff |
toml | | toml | Cargo.lock poetry.lock uv.lock Pipfile pdm.lock |
xml | svg xsl xslt | xml xsd xsl xslt svg rss atom plist storyboard xib csproj vbproj fsproj props targets resx xaml axaml wsdl xlf xliff kml gpx rng qrc ui nuspec vcxproj iml dtd | |
ini | cfg conf dosini properties editorconfig | ini cfg conf cnf properties prefs desktop service timer socket mount inf reg env-sample gitconfig | .editorconfig .gitconfig .npmrc .pylintrc .coveragerc .flake8 .gitmodules setup.cfg .isort.cfg |
makefile | make mk | mk mak make | Makefile makefile GNUmakefile Kbuild Makefile.am Makefile.in | make gmake
cmake | | cmake | CMakeLists.txt |
dockerfile | docker containerfile | dockerfile containerfile | Dockerfile Containerfile |
hcl | terraform tf | tf tfvars hcl nomad | |
nix | | nix | | nix-shell
perl | pl pm | pl pm pod psgi plx al | cpanfile Makefile.PL Build.PL | perl
raku | perl6 | raku rakumod p6 pm6 | | raku perl6
r | rlang | r rmd-script | .Rprofile | Rscript
julia | jl | jl | | julia
dart | | dart | | dart
objective-c | objc objectivec obj-c | m mm | |
matlab | octave | matlab | | octave
fsharp | f# fs | fs fsi fsx | |
vb | vbnet visualbasic vba | vb vbs bas frm | |
groovy | gradle | groovy gradle gvy jenkinsfile | Jenkinsfile | groovy
clojure | clj cljs | clj cljs cljc edn bb | | bb clojure
erlang | erl | erl hrl escript app.src xrl yrl | rebar.config | escript
ocaml | ml | ml mli mll mly | dune dune-project | ocaml
lisp | commonlisp cl | lisp lsp cl asd el | .emacs | sbcl
emacs-lisp | elisp | emacs | |
scheme | scm | scm ss sld sps | | guile
racket | rkt | rkt rktd | | racket
fennel | fnl | fnl | |
nim | | nim nims nimble | | nim
crystal | cr | cr | | crystal
d | dlang | d di | | rdmd
v | vlang | vsh | |
odin | | odin | |
gleam | | gleam | |
elm | | elm | |
purescript | purs | purs | |
reason | rescript | re rei res resi | |
coffeescript | coffee | coffee litcoffee cson | Cakefile | coffee
livescript | | ls | |
powershell | ps1 pwsh | ps1 psm1 psd1 | | pwsh
batch | bat cmd | bat cmd | |
fish | | fish | | fish
nushell | nu | nu | | nu
awk | | awk gawk mawk | | awk gawk mawk nawk
sed | | sed | | sed
tcl | | tcl tk itcl exp | | tclsh wish expect
vim | viml vimscript | vim vimrc | .vimrc _vimrc .gvimrc .ideavimrc .exrc |
assembly | asm nasm | asm s nasm a51 | |
fortran | | f f77 f90 f95 f03 f08 for ftn fpp | |
cobol | | cob cbl cobol cpy | |
pascal | delphi | pas dpr dpk lpr pp-pascal | |
ada | | adb ads ada gpr | |
prolog | | pro prolog plt | | swipl
verilog | systemverilog sv | v sv svh vh | |
vhdl | | vhd vhdl | |
glsl | shader hlsl wgsl metal | glsl vert frag geom comp tesc tese hlsl fx fxh wgsl metal cginc shader usf ush | |
opencl | | opencl | |
protobuf | proto | proto | |
thrift | | thrift | |
graphql | gql | graphql gql graphqls | |
prisma | | prisma | |
solidity | sol | sol | |
move | | move | |
cairo | | cairo | |
vyper | | vy | |
gdscript | godot | gd tscn tres godot | |
haxe | hx | hx | |
actionscript | as3 | as | |
apex | | apex trigger | |
abap | | abap | |
puppet | | pp | |
starlark | bazel | bazel | BUILD.bazel WORKSPACE.bazel MODULE.bazel |
jsonnet | | jsonnet libsonnet | |
dhall | | dhall | |
cue | | cue | |
rego | opa | rego | |
just | | just | justfile Justfile .justfile |
meson | | | meson.build meson_options.txt meson.options |
ninja | | ninja | |
bitbake | | bb-recipe bbappend bbclass | |
qml | | qml | |
smalltalk | | st | |
lean | | lean | |
coq | rocq | coq | |
agda | | agda | |
idris | | idr | |
isabelle | | thy | |
sml | | sml sig fun | |
wat | wasm | wat wast | |
llvm | | ll | |
mlir | | mlir | |
cuda | | | |
stan | | stan | |
sas | | sas | |
stata | | do ado | |
spss | | sps-spss | |
mathematica | wolfram | wl wls nb mt | |
maxima | | mac | |
gnuplot | | gp gnuplot plt-gnuplot | |
xquery | | xq xqy xquery xqm | |
sparql | | rq sparql | |
turtle | ttl rdf | ttl n3 nt | |
cypher | | cypher cyp | |
kusto | kql | kql csl | |
pug | jade | pug jade | |
haml | | haml | |
slim | | slim | |
heex | eex leex | heex eex leex | |
http | rest | http rest | |
nginx | | nginx nginxconf | nginx.conf |
apache | | htaccess vhost | .htaccess httpd.conf apache2.conf |
caddy | | | Caddyfile |
ignore | gitignore | gitignore dockerignore npmignore magrayignore hgignore | .gitignore .dockerignore .npmignore .magrayignore .ignore .eslintignore .prettierignore .gitattributes .mailmap CODEOWNERS |
requirements | pip | | requirements.txt requirements-dev.txt constraints.txt |
gomod | | | go.mod go.sum go.work |
diff | patch | diff patch rej | |
linker | ld | ld lds | |
kconfig | | | Kconfig |
devicetree | dts | dts dtsi overlay | |
asn1 | | asn asn1 mib | |
antlr | g4 | g4 | |
ebnf | | ebnf bnf | |
yacc | bison lex flex | y yy l lex ypp | |
capnp | | capnp | |
flatbuffers | fbs | fbs | |
po | gettext | po pot | |
bicep | | bicep | |
wren | | wren | |
pony | | pony | |
vala | | vala vapi | |
eiffel | | e | |
chapel | | chpl | |
io | | io | |
j | | ijs | |
apl | | apl dyalog | |
forth | | fth 4th forth | |
postscript | ps | ps eps | |
openscad | scad | scad | |
gcode | | gcode nc | |
mojo | | mojo | |
typst | | typ | |
templ | | templ | |
applescript | | applescript scpt | | osascript
autohotkey | ahk | ahk | |
autoit | au3 | au3 | |
csv | tsv | csv tsv psv | |
"""

DOC = """
markdown | md mdx commonmark | md markdown mdown mkd mkdn mdx rmd qmd livemd mdc | |
restructuredtext | rst rest-doc | rst rest-txt | |
jupyter | ipynb notebook | ipynb | |
text | txt plain plaintext | txt text nfo me 1st | README LICENSE LICENCE COPYING AUTHORS CONTRIBUTORS CHANGELOG CHANGES NEWS TODO INSTALL NOTICE MAINTAINERS HISTORY THANKS VERSION |
asciidoc | adoc | adoc asciidoc asc | |
org | orgmode | org | |
latex | tex | tex ltx sty cls bib dtx ins | |
textile | | textile | |
mediawiki | wiki | mediawiki wiki | |
man | roff troff | man mdoc roff 1 3 5 7 8 | |
texinfo | | texi texinfo txi | |
log | | log | |
subtitles | srt vtt | srt vtt | |
"""
