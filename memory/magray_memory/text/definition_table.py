r"""Definition table: how a line looks that defines something, in languages without a grammar; data only.

A rule is a kind and a pattern that is matched after the indentation, from the margin on where it begins with
`^`. In a pattern `@` is the name, of letters, digits and `_`; `@{…}` is a name that looks like the expression
in the braces, `LISP` there a name of Lisp. `TYPE` is a type as C's relatives write it before a name, `ARGS`
balanced parentheses, `MODS` a modifier of Visual Basic. `\x40` is an at sign. The first rule that matches
decides. `outer>kind` is a rule for members: it holds right in the body of what has one of the kinds before the
`>`, and `_` in its kind is a blank. `definition_rules` reads it.
"""
# ruff: noqa: E501

from __future__ import annotations

RULES = {
    "dart": r"""
        class (?:(?:abstract|base|final|interface|sealed|mixin|macro)\s+)*class\s+@
        class (?:base\s+)?mixin\s+@
        class extension\s+(?:type\s+(?:const\s+)?)?(?!on\b)@
        enum enum\s+@
        type typedef\s+@\s*(?:<[^=]*>)?\s*=
        constructor (?:const\s+)?factory\s+\w+\.@
        property (?:(?:static|external)\s+)*(?:TYPE)?(?:get|set)\s+@
        function (?:(?:static|external|late|covariant)\s+)*(?!const\s)(?:TYPE){1,2}(?!Function\b)@\s*(?:<[^()]*>)?\(
        function (?!(?:if|for|while|switch|catch|do|assert|super|this)\b)@\s*ARGS\s*(?:async\*?|sync\*)?\s*(?:\{|=>)
        class,enum>field (?:(?:static|final|late|const|covariant|external|abstract|var)\s+)*(?:TYPE)?Function\s*ARGS\??\s+@\s*(?:=(?!=)|;)
        class,enum>field (?:(?:static|final|late|const|covariant|external|abstract|var)\s+)*TYPE@\s*(?:=(?!=)|;|$)
        class,enum>field (?:(?:static|final|late|const|covariant|external|abstract|var)\s+)+@\s*(?:=(?!=)|;)
        class,enum>constructor (?:(?:const|external)\s+)*_?[A-Z]\w*\.@\s*\(
        class,enum>constructor (?:(?:const|external)\s+)*(?!Function\b)@{_?[A-Z]\w*}\s*\(
        enum>enum_member @{[a-z]\w*}\s*(?:\(.*\)\s*)?[,;]?\s*(?://.*)?$
    """,
    "fortran": r"""
        module module\s+(?!procedure\b)@
        module submodule\s*\([^)]*\)\s*@
        module program\s+@
        type type\s*(?:,[^:]*)?(?:::\s*|\s+)@\s*$
        interface (?:abstract\s+)?interface\s+@
        function (?:(?!end\b)[\w*=]+(?:\s*\([^()]*\))?\s+){0,5}(?:function|subroutine)\s+@
    """,
    "julia": r"""
        module (?:bare)?module\s+@
        struct (?:mutable\s+)?struct\s+@
        type (?:abstract|primitive)\s+type\s+@
        macro macro\s+@
        function (?:\x40\w+\s+)*function\s+(?:\w+\.)*@{[^\W\d][\w!]*}
        function (?:\w+\.)*@{[^\W\d][\w!]*}(?:\{[^}]*\})?ARGS(?:::[\w.{},]+)?(?:\s+where\s[^=]+)?\s*=(?![=>])
        constant const\s+@
    """,
    "hcl": r"""
        resource [a-z_]+\s+"[^"]*"\s+"@{[^"]+}"\s*\{
        section [a-z_]+\s+"@{[^"]+}"\s*\{
        section @{[a-z_]+}\s*\{
    """,
    "protobuf": r"""
        module package\s+@{[\w.]+}
        message message\s+@
        enum enum\s+@
        service service\s+@
        method rpc\s+@
        message>union oneof\s+@
        message>message (?:(?:optional|required|repeated)\s+)?group\s+@
        message,union>field (?:(?:optional|required|repeated)\s+)?(?!(?:option|reserved|extensions)\b)(?:map\s*<[^>]*>|\.?[\w.]+)\s+@\s*=\s*\d
        enum>enum_member @\s*=\s*-?\d
    """,
    "thrift": r"""
        struct (?:struct|union|exception)\s+@
        enum enum\s+@
        service service\s+@
        constant const\s+\S+\s+@
        type typedef\s+\S.*\s@\s*[;,]?$
        method (?:oneway\s+)?TYPE@\s*\(
        struct>field \d+\s*:\s*(?:(?:required|optional)\s+)?[\w.]+(?:\s*<.*>)?\s+@
        enum>enum_member @\s*(?:=\s*-?\d\w*\s*)?[,;]?\s*(?:(?://|\#).*)?$
    """,
    "pascal": r"""
        module (?:unit|program|library|package)\s+@{[\w.]+}
        class @\s*(?:<[^>]*>)?\s*=\s*(?:packed\s+)?(?:class|object|record|interface|dispinterface)\b(?!\s*of\b)
        enum @\s*=\s*\(
        function (?:class\s+)?(?:procedure|function|constructor|destructor|operator)\s+(?:\w+\.)*@
        property property\s+@
    """,
    "ada": r"""
        module (?:private\s+)?package\s+(?:body\s+)?@{[\w.]+}
        function (?:(?:not\s+)?overriding\s+)?(?:procedure|function|entry)\s+"?@{[\w.+*/=<>-]+}
        class (?:task|protected)\s+(?:type\s+|body\s+)?@
        type (?:sub)?type\s+@
    """,
    "verilog": r"""
        interface interface\s+(?!class\b)@
        class (?:virtual\s+|interface\s+)?class\s+(?:automatic\s+)?@
        module (?:macromodule|module|package|program|checker)\s+(?:automatic\s+)?@
        function (?:(?:virtual|static|protected|local|pure|extern)\s+)*(?:function|task)\s+(?:[^(;]*[\s\]])?@\s*(?:[(;]|$)
        type typedef\s+[^;]*\b@\s*;
        macro `define\s+@
    """,
    "vhdl": r"""
        module (?:entity|architecture|configuration|context)\s+@\s+(?:is|of)\b
        module (?:package)\s+(?:body\s+)?@\s+is\b
        module component\s+@
        function (?:(?:pure|impure)\s+)?(?:function|procedure)\s+"?@
        type (?:sub)?type\s+@\s+is\b
        function @\s*:\s*(?:postponed\s+)?process\b
    """,
    "solidity": r"""
        class (?:abstract\s+)?(?:contract|library)\s+@
        interface interface\s+@
        struct struct\s+@
        enum enum\s+@
        event (?:event|error)\s+@\s*\(
        function (?:function|modifier)\s+@
        type type\s+@
        class>field (?:mapping\s*\(.*\)\s+|TYPE)(?:(?:public|private|internal|payable|constant|immutable|transient|override(?:\([^)]*\))?)\s+)*@\s*(?:=(?!=)|;)
        struct>field (?:mapping\s*\(.*\)\s+|TYPE)(?:payable\s+)?@\s*;
        enum>enum_member @\s*,?\s*(?:(?://|/\*).*)?$
    """,
    "groovy": r"""
        class (?:(?:public|private|protected|static|abstract|final|sealed)\s+)*(?:class|trait|record)\s+@
        interface (?:(?:public|private)\s+)*\x40?interface\s+@
        enum (?:(?:public|private|static)\s+)*enum\s+@
        task task\s+\(?@
        task tasks\.(?:register|create|named)\(\s*['"]@
        function (?:(?:public|private|protected|static|final|abstract|synchronized)\s+)+@\s*\((?!.*;\s*$)
        function (?:(?:public|private|protected|static|final|abstract|synchronized)\s+)*(?:def|void|int|long|short|byte|char|float|double|boolean|[A-Z][\w.]*(?:<[^()=]*>)?(?:\[\])*)\s+@\s*\(
        variable (?:(?:public|private|protected|static|final)\s+)*(?:def|int|long|boolean|double|[A-Z][\w.]*(?:<[^()=]*>)?(?:\[\])*)\s+@\s*(?:=(?![=~])|$)
    """,
    "fsharp": r"""
        module (?:module|namespace)\s+(?:(?:rec|private|internal|global)\s+)*@{[\w.]+}
        exception exception\s+@
        type type\s+(?:(?:private|internal)\s+)*@
        function (?:let|and)\s+(?:(?:rec|inline|private|internal)\s+)*(?!(?:rec|inline|mutable|private|internal)\b)@(?:\s+[^=:\s]|\s*\()
        constant let\s+(?:(?:mutable|private|internal)\s+)*@\s*[:=]
        method (?:(?:static|abstract)\s+)*(?:member|override|default|abstract)\s+(?:(?:val|inline|private|internal)\s+)*(?:\w+\.)?@
    """,
    "elm": r"""
        module (?:port\s+|effect\s+)?module\s+@{[\w.]+}
        type type\s+(?:alias\s+)?@
        function ^(?:port\s+)?@{[a-z]\w*}\s*:(?!:)
        function ^@{[a-z]\w*}(?:\s+[^=]+)?\s*=(?!=)
    """,
    "purescript": r"""
        module module\s+@{[\w.]+}
        class class\s+(?:.*<=\s*)?@
        type (?:data|newtype|type)\s+@
        function (?:foreign\s+import\s+)?@{[a-z_][\w']*}\s*::
        function ^@{[a-z_][\w']*}(?:\s+[^=|]+)?\s*=(?!=)
    """,
    "idris": r"""
        module module\s+@{[\w.]+}
        type (?:(?:public|export|private)\s+)*(?:data|record)\s+@
        interface (?:(?:public|export|private)\s+)*interface\s+(?:.*=>\s*)?@
        function (?:(?:public|export|private|total|partial|covering)\s+)*@{[a-z_][\w']*}\s*:(?![:=])
    """,
    "agda": r"""
        module module\s+@{[^\s(){};]+}
        type (?:data|record)\s+@{[^\s(){};]+}
        function ^@{[^\s(){}:;"]+}\s+:\s
    """,
    "lean": r"""
        module namespace\s+@{[\w.']+}
        type (?:(?:private|protected|noncomputable|unsafe|\x40\[[^\]]*\])\s+)*(?:structure|inductive|class)\s+(?:inductive\s+)?@{[^\s:(){}\[\]]+}
        function (?:(?:private|protected|noncomputable|partial|unsafe|\x40\[[^\]]*\])\s+)*(?:def|theorem|lemma|abbrev|opaque|axiom|instance|macro|syntax)\s+@{[^\s:(){}\[\]"]+}
    """,
    "coq": r"""
        module (?:Module|Section)\s+(?:(?:Type|Import|Export)\s+)?@
        type (?:#\[[^\]]*\]\s*)?(?:(?:Local|Global|Polymorphic|Program)\s+)*(?:CoInductive|Inductive|Variant|Record|Structure|Class)\s+@{[\w']+}
        function (?:#\[[^\]]*\]\s*)?(?:(?:Local|Global|Polymorphic|Program)\s+)*(?:Definition|CoFixpoint|Fixpoint|Function|Theorem|Lemma|Corollary|Proposition|Remark|Fact|Example|Instance|Axiom|Parameter|Hypothesis|Variable|Conjecture|Let|Ltac2?)\s+(?:rec\s+)?@{[\w']+}
    """,
    "isabelle": r"""
        module (?:theory|locale|class)\s+@{[\w']+}
        function (?:lemma|theorem|corollary|proposition|definition|fun|function|primrec|abbreviation|inductive)\s+@{[\w']+}
        type (?:datatype|record|type_synonym|typedef)\s+(?:'\w+\s+|\([^)]*\)\s*)?@{[\w']+}
    """,
    "crystal": r"""
        class (?:(?:abstract|private)\s+)*(?:class|struct|lib|annotation)\s+@{[\w:]+}
        module (?:private\s+)?module\s+@{[\w:]+}
        enum (?:private\s+)?enum\s+@{[\w:]+}
        function (?:(?:private|protected|abstract)\s+)*def\s+(?:self\.)?@{\w+[?!=]?}
        macro (?:private\s+)?macro\s+@
        property (?:class_)?(?:property|getter|setter)[?!]?\s+@
        type alias\s+@
        constant @{[A-Z][A-Z\d_]+}\s*=(?!=)
    """,
    "nim": r"""
        function (?:proc|func|method|iterator|converter)\s+`?@
        macro (?:template|macro)\s+`?@
        type (?:type\s+)?@\*?(?:\[[^\]]*\])?\s*(?:\{\.[^}]*\.\}\s*)?=\s*(?:ref\s+|ptr\s+)?(?:object|enum|distinct|tuple|concept)\b
        constant const\s+@
    """,
    "d": r"""
        module module\s+@{[\w.]+}
        class (?:(?:public|private|protected|package|export|static|abstract|final|shared|immutable|const)\s+)*(?:class|struct|union|template)\s+@
        interface (?:(?:public|private|package)\s+)*interface\s+@
        enum (?:(?:public|private|package)\s+)*enum\s+@
        type alias\s+@\s*(?:\([^)]*\)\s*)?=
        function (?:TYPE){1,4}@\s*\(
    """,
    "emacs-lisp": r"""
        variable \((?:defvar|defvar-local|defcustom|defconst|defface|defgroup)\s+@{LISP}
        macro \((?:cl-)?defmacro\s+@{LISP}
        class \((?:cl-defstruct|defclass)\s+\(?@{LISP}
        function \((?:(?:cl-)?def(?:un|subst|method|generic)|iter-defun|ert-deftest|transient-define-\w+|define-[\w-]+)\s+@{LISP}
        function \(defalias\s+'@{LISP}
    """,
    "lisp": r"""
        variable \((?:defvar|defparameter|defconstant|defglobal)\s+@{LISP}
        macro \((?:defmacro|define-compiler-macro|define-symbol-macro)\s+@{LISP}
        class \((?:defclass|defstruct|define-condition)\s+\(?@{LISP}
        module \(defpackage\s+[:#"]*@{[\w./-]+}
        function \(def(?:un|generic|method|type|setf|ine-modify-macro)\s+\(?@{LISP}
    """,
    "scheme racket": r"""
        macro \(define-syntax\S*\s+\(?@{LISP}
        class \(define-(?:record-type|class)\s+\(?@{LISP}
        struct \((?:define-)?struct\s+@{LISP}
        function \(define\S*\s+\(+@{LISP}
        constant \(define\S*\s+@{LISP}
        module \((?:define-library|module)\s+\(?@{[^()\s]+}
    """,
    "fennel": r"""
        function \((?:fn|lambda|λ)\s+@{LISP}
        macro \(macro\s+@{LISP}
        constant \((?:local|var|global)\s+@{LISP}
    """,
    "clojure": r"""
        module \(ns\s+(?:\^\S+\s+)*@{LISP}
        macro \((?:[\w.-]+/)?defmacro-?\s+(?:\^\S+\s+)*@{LISP}
        interface \((?:[\w.-]+/)?(?:defprotocol|definterface)\s+(?:\^\S+\s+)*@{LISP}
        class \((?:[\w.-]+/)?(?:defrecord|deftype)\s+(?:\^\S+\s+)*@{LISP}
        constant \((?:[\w.-]+/)?(?:def|defonce)\s+(?:\^(?:\{[^}]*\}|\S+)\s+)*@{LISP}
        function \((?:[\w.-]+/)?(?!default\b)def[\w-]+\s+(?:\^(?:\{[^}]*\}|\S+)\s+)*@{LISP}
    """,
    "tcl": r"""
        function proc\s+@{[\w:.-]+}
        module namespace\s+eval\s+@{[\w:]+}
        class (?:oo::|itcl::|snit::)?(?:class|type|widget)\s+(?:create\s+)?@{[\w:]+}
        method (?:method|typemethod)\s+@
    """,
    "vim": r"""
        function (?:export\s+)?(?:function!?|def!?)\s+(?:[sgbl]:)?@{[\w#.:]+}\s*\(
        class (?:export\s+)?(?:abstract\s+)?(?:class|interface|enum)\s+@
        function command!?\s+(?:-\S+\s+)*@{[A-Z]\w*}
        section augroup\s+(?!END\b)@
    """,
    "matlab": r"""
        class classdef\s+(?:\([^)]*\)\s*)?@
        function function\s+(?:(?:\[[^\]]*\]|\w+)\s*=\s*)?(?:[gs]et\.)?@
    """,
    "prolog": r"""
        module :-\s*module\(\s*@
        function ^@{[a-z]\w*}(?:\(.*\))?\s*(?::-|-->|\.\s*(?:%.*)?$)
    """,
    "erlang": r"""
        module -module\(\s*@
        struct -record\(\s*@
        macro -define\(\s*@
        type -(?:type|opaque)\s+@
        function ^@{[a-z][\w\x40]*}\s*ARGS\s*(?:when\b.*)?->
    """,
    "gleam": r"""
        function (?:pub\s+)?fn\s+@
        type (?:pub\s+)?(?:opaque\s+)?type\s+@
        constant (?:pub\s+)?const\s+@
    """,
    "odin": r"""
        function @\s*::\s*(?:#\w+\s+)*(?:proc\b|proc\{)
        struct @\s*::\s*(?:struct|union|bit_field)\b
        enum @\s*::\s*enum\b
        constant @\s*::\s
    """,
    "v": r"""
        function (?:pub\s+)?fn\s+(?:\([^)]*\)\s*)?(?:\w\.)?@
        struct (?:pub\s+)?(?:struct|union)\s+@
        interface (?:pub\s+)?interface\s+@
        enum (?:pub\s+)?enum\s+@
        type (?:pub\s+)?type\s+@
        constant (?:pub\s+)?const\s+@
    """,
    "haxe actionscript": r"""
        class (?:(?:public|private|internal|dynamic|final|extern|abstract)\s+)*(?:class|enum\s+abstract)\s+@
        class abstract\s+@
        interface (?:(?:public|private|internal|extern)\s+)*interface\s+@
        enum enum\s+@
        type typedef\s+@
        function (?:(?:public|private|protected|internal|static|override|inline|macro|dynamic|final|extern)\s+)*function\s+(?:get\s+|set\s+)?@
    """,
    "cmake": r"""
        function function\s*\(\s*@
        macro macro\s*\(\s*@
        target add_(?:library|executable|custom_target|test)\s*\(\s*(?:NAME\s+)?@{[\w.:+-]+}
        module project\s*\(\s*@
        variable option\s*\(\s*@
        variable ^set\s*\(\s*@
    """,
    "makefile": r"""
        macro define\s+@{[\w.-]+}
        variable ^(?:(?:export|override|private)\s+)*@{[A-Za-z_][\w.-]*}\s*(?:::?:?|[?+!])?=
        target ^@{[A-Za-z_][\w./+-]*}(?:\s+[\w./+%-]+)*\s*::?(?![=:])
    """,
    "dockerfile": r"""
        section FROM\s+.*\sAS\s+@{[\w.-]+}
        variable (?:ARG|ENV)\s+@
    """,
    "nix": r"""
        function @{[\w.'-]+}\s*=\s*(?:\{[^}]*\}(?:\s*\x40\s*\w+)?|\w+(?:\s*\x40\s*\{[^}]*\})?)\s*:(?!/)
        section @{[\w.'-]+}\s*=(?!=)
    """,
    "graphql": r"""
        type (?:extend\s+)?(?:type|input|union|scalar)\s+@
        interface (?:extend\s+)?interface\s+@
        enum (?:extend\s+)?enum\s+@
        type directive\s+\x40@
        function (?:query|mutation|subscription)\s+@
        type fragment\s+@
        type,interface>property @\s*(?:\((?:[^)]*$|[^)]*\)\s*:)|:\s*\[*[A-Z])
        enum>enum_member @\s*(?:\x40.*|\#.*)?$
    """,
    "prisma": r"""
        enum enum\s+@\s*\{
        model (?:model|type|view)\s+@\s*\{
        section (?:datasource|generator)\s+@\s*\{
    """,
    "powershell": r"""
        function (?:function|filter|workflow|configuration)\s+(?:\w+:)?@{[\w-]+}
        class class\s+@
        enum enum\s+@
        method (?:(?:static|hidden)\s+)*\[[^\]]+(?:\[\])?\]\s*@\s*\(
        class>property (?:(?:static|hidden)\s+)*(?:\[.+\]\s*)?(?:(?:static|hidden)\s+)*\$@\s*(?:=|;|\#|$)
        enum>enum_member @\s*(?:=\s*-?\w+\s*)?(?:\#.*)?$
    """,
    "perl": r"""
        module package\s+@{[\w:]+}
        class (?:class|role)\s+@{[\w:]+}
        function (?:async\s+)?(?:sub|method|fun)\s+@{[\w:]+}
        constant use\s+constant\s+@
        property has\s+['"]?\+?@
    """,
    "r": r"""
        function @{[\w.]+}\s*(?:<<?-|=)\s*(?:function\b|\\\()
        class @{[\w.]+}\s*(?:<<?-|=)\s*(?:R6::)?(?:R6Class|setRefClass|setClass|ggproto|new_class)\s*\(
        class set(?:Ref)?Class\(\s*["']@{[\w.]+}
        function set(?:Generic|Method|Validity)\(\s*["']@{[^"']+}
        constant ^@{[A-Z][A-Z\d_.]+}\s*(?:<-|=)(?!=)
    """,
    "objective-c": r"""
        class \x40(?:interface|implementation)\s+@
        interface \x40protocol\s+@(?!.*;)
        method [-+]\s*ARGS\s*@
        enum typedef\s+NS_\w+\([^,]*,\s*@
        struct (?:typedef\s+)?(?:struct|union|enum)\s+@\s*\{
        property \x40property\b[^;^]*\(\^\s*(?:_?(?:nullable|nonnull)\s+|_N\w+\s+)?@\s*\)
        property \x40property\b[^;^]*?[\s*>)]@\b\s*(?:[A-Z]*_\w+(?:\([^;]*\))?\s*)*;
        macro #\s*define\s+@
        function (?:TYPE){1,4}@\s*\([^;=]*$
        struct>field (?:TYPE){1,3}@\s*(?:\[[^\]]*\]\s*)*[;:]
        enum>enum_member @\s*(?:=[^;]*?|[A-Z]\w+\(.*\)\s*)?,?\s*(?:(?://|/\*).*)?$
    """,
    "scss": r"""
        macro \x40mixin\s+@{[\w-]+}
        macro ^=@{[\w-]+}
        function \x40function\s+@{[\w-]+}
        rule ^\x40layer\s+@{[\w.-]+}\s*\{
        variable ^@{\$[\w-]+}\s*:
        variable ^@{\x40(?!(?:page|media|supports|include|import|use|forward)\b)[\w-]+}:\s
        rule ^@{[.#%:*\w\[][^\{\};$\x40]*[^\{\};$\s\x40]}\s*\{
    """,
    "vb": r"""
        class (?:MODS\s+)*(?:Class|Structure|Module|Interface|Enum|Namespace|Type)\s+@{[\w.]+}
        function (?:MODS\s+)*(?:Sub|Function|Operator)\s+@
        property (?:MODS\s+)*Property\s+(?:(?:Get|Let|Set)\s+)?@
        event (?:MODS\s+)*(?:Custom\s+)?Event\s+@
        constant (?:MODS\s+)*Const\s+@
    """,
    "glsl opencl": r"""
        struct struct\s+@
        macro #\s*define\s+@
        function (?:\x40\w+(?:\([^)]*\))?\s*)*fn\s+@
        variable (?:layout\s*\([^)]*\)\s*)?(?:uniform|varying|attribute|in|out|buffer|cbuffer|const)\s+[^;(]*\b@\s*(?:\[[^\]]*\])?\s*(?:=.*)?[;{]
        function (?:TYPE){1,4}@\s*\([^;=]*$
    """,
    "assembly": r"""
        macro [%.]macro\s+@
        function ^@{[A-Za-z_$?][\w.$?\x40]*}:
        function @\s+proc\b
        constant ^@\s+equ\b
    """,
    "cobol": r"""
        module (?:\d{6})?\s*PROGRAM-ID\.\s*@{[\w-]+}
        section (?:\d{6})?\s*@{[A-Z\d][\w-]*}\s+SECTION\s*\.
        function ^(?:\d{6}| {6})? {1,4}@{(?!END-|EXIT\b|GOBACK\b|STOP\b|CONTINUE\b)[A-Z\d][\w-]*}\.\s*$
    """,
    "awk": r"""
        function func(?:tion)?\s+@
    """,
    "fish": r"""
        function function\s+@{[^\s;]+}
        function @{[\w.:-]+}\s*\(\)
    """,
    "nushell": r"""
        function (?:export\s+)?(?:def|extern)\s+(?:--\S+\s+)*(?:"@{[^"]+}"|'@{[^']+}'|@{[\w-]+})
        module (?:export\s+)?module\s+@{[\w-]+}
        constant (?:export\s+)?const\s+@{[\w-]+}
    """,
    "coffeescript livescript": r"""
        class class\s+@{[\w.]+}
        function (?:[\w.]+\.)?\x40?@\s*[:=]\s*(?:\(.*\)\s*)?[-=]>
    """,
    "sml": r"""
        module (?:structure|signature|functor)\s+@
        type (?:datatype|abstype|eqtype|type)\s+(?:'\w+\s+|\([^)]*\)\s*)?@
        exception exception\s+@
        function fun\s+(?:'\w+\s+)?@{[\w']+}
        constant val\s+(?:rec\s+)?@{[\w']+}
    """,
    "ocaml": r"""
        module module\s+(?:rec\s+|type\s+)?@
        exception exception\s+@
        class class\s+(?:(?:type|virtual)\s+)*(?:\[[^\]]*\]\s*)?@{[a-z_][\w']*}
        method method!?\s+(?:(?:private|virtual)\s+)*@{[a-z_][\w']*}
        function (?:let|and)(?:%\w+)?\s+(?:rec\s+)?(?!(?:rec|open|module|exception)\b|_\s)@{[a-z_][\w']*}(?:\s+[^=:\s]|\s*=\s*fun(?:ction)?\b)
        type (?:type|and)\s+(?:nonrec\s+)?(?:\([^)]*\)\s*|[+-]?'\w+\s+)*@{[a-z_][\w']*}
        constant let\s+(?!_\s)@{[a-z_][\w']*}\s*[:=]
        function (?:val|external)\s+@{[a-z_][\w']*}
    """,
    "reason": r"""
        module module\s+(?:type\s+)?@
        type type\s+(?:rec\s+)?@
        function let\s+(?:rec\s+)?@\s*=\s*(?:async\s*)?(?:\(.*|\w+\s*)=>
        constant let\s+(?:rec\s+)?@\s*[:=]
        function external\s+@
        exception exception\s+@
    """,
    "gdscript": r"""
        class class(?:_name)?\s+@
        event signal\s+@
        constant const\s+@
        enum enum\s+@
        function (?:static\s+)?func\s+@
        variable (?:\x40\w+(?:\([^)]*\))?\s+)*(?:static\s+)?var\s+@
        section \[\w+[^\]]*?\bname="@{[^"]+}"
    """,
    "just": r"""
        variable ^(?:export\s+)?@{[\w-]+}\s*:=
        function ^\x40?@{[\w-]+}(?:\s[^:=]*|\s+.*?)?:(?!=)
    """,
    "starlark": r"""
        function def\s+@
        target name\s*=\s*"@{[^"]+}"
        constant ^@\s*=(?!=)
    """,
    "puppet": r"""
        class (?:class|define|type|function|plan)\s+@{[\w:]+}
        section node\s+['"]?@{[\w.:-]+}
    """,
    "batch": r"""
        function ^:@{[\w.-]+}
    """,
    "wat": r"""
        function \((?:func|global|memory|table|type)\s+\$@{[\w.$-]+}
    """,
    "llvm": r"""
        function (?:define|declare)\b[^\x40]*\x40"?@{[\w.$-]+}
        type %@{[\w.]+}\s*=\s*type\b
        variable ^\x40@{[\w.$-]+}\s*=
    """,
    "stata": r"""
        function program\s+(?!drop\b)(?:define\s+)?@
    """,
    "mathematica": r"""
        function ^@{[A-Za-z$][\w$`]*}\[.*\]\s*:?=(?!=)
    """,
    "qml": r"""
        variable id\s*:\s*@
        property (?:(?:readonly|default|required)\s+)*property\s+\S+\s+@
        event signal\s+@
        function function\s+@
        class component\s+@\s*:
    """,
    "rego": r"""
        module package\s+@{[\w.]+}
        function ^(?!(?:import|else|with|not|some|every)\b)(?:default\s+)?(?!default\b)@(?:\(.*?\)|\[.*?\])?\s*(?:=|:=|if\b|contains\b|\{)
    """,
    "move": r"""
        module module\s+@{[\w:]+}
        struct (?:public\s+)?struct\s+@
        enum (?:public\s+)?enum\s+@
        function (?:(?:public(?:\([^)]*\))?|entry|native|inline)\s+)*fun\s+@
        constant const\s+@
    """,
    "abap": r"""
        class CLASS\s+@{[\w/]+}\s+(?:DEFINITION|IMPLEMENTATION)
        interface INTERFACE\s+@{[\w/]+}
        method (?:CLASS-)?METHODS?:?\s+@{[\w~/]+}
        function (?:FORM|FUNCTION|MODULE)\s+@{[\w/]+}
    """,
    "meson": r"""
        target @\s*=\s*(?:static_library|shared_library|both_libraries|shared_module|library|executable|custom_target|declare_dependency|run_target)\(
        target (?:static_library|shared_library|both_libraries|library|executable|test|benchmark|run_target)\(\s*'@{[^']+}'
        module project\(\s*'@{[^']+}'
    """,
    "raku": r"""
        class (?:(?:my|our|unit)\s+)*(?:class|role|grammar|enum|subset)\s+@{[\w:'-]+}
        module (?:(?:my|our|unit)\s+)*(?:module|package)\s+@{[\w:'-]+}
        function (?:(?:my|our|multi|proto|only)\s+)*(?:sub|method|submethod|token|rule|regex|macro)\s+!?@{[\w'-]+}
    """,
    "apex": r"""
        class (?:(?:public|private|global|protected|virtual|abstract|static|with\s+sharing|without\s+sharing|inherited\s+sharing)\s+)*class\s+@
        interface (?:(?:public|private|global)\s+)*interface\s+@
        enum (?:(?:public|private|global)\s+)*enum\s+@
        function trigger\s+@
        function (?:TYPE){1,5}@\s*\([^;=]*$
    """,
}
"""Languages → their rules, one a line."""
