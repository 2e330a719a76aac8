"""Extension packages: a small `.vsix` of a manifest and some files, for what an editor has beside ours."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONTENT_TYPES = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension=".json" ContentType="application/json"/>
<Default Extension=".js" ContentType="application/javascript"/>
<Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>
"""
MANIFEST = """<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
<Metadata><Identity Language="en-US" Id="{name}" Version="{version}" Publisher="{publisher}"/></Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
<Dependencies/>
<Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json"/></Assets>
</PackageManifest>
"""


def make_package(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, str]) -> Path:
    """Write `PUBLISHER.NAME.vsix` into a folder; `files` maps paths in the extension to texts."""
    whole = {"version": "1.0.0", "engines": {"vscode": "^1.100.0"}, **manifest}
    target = folder / f"{whole['publisher']}.{whole['name']}.vsix"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("extension.vsixmanifest", MANIFEST.format(**whole))
        archive.writestr("extension/package.json", json.dumps(whole))
        for name, text in files.items():
            archive.writestr(f"extension/{name}", text)
    return target
