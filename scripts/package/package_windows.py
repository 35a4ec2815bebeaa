"""What Windows shows of a program under "Properties, Details", in the form PyInstaller reads. Not run there yet."""

_FORM = """\
VSVersionInfo(
    ffi=FixedFileInfo(
        filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0x0, OS=0x40004, fileType=0x1, subtype=0x0,
        date=(0, 0),
    ),
    kids=[
        StringFileInfo([StringTable("040904B0", [
            StringStruct("CompanyName", "Agent Workstation authors"),
            StringStruct("FileDescription", {description!r}),
            StringStruct("FileVersion", {version!r}),
            StringStruct("InternalName", {name!r}),
            StringStruct("LegalCopyright", "MIT licence; see LICENSE and THIRD_PARTY.txt"),
            StringStruct("OriginalFilename", {file!r}),
            StringStruct("ProductName", "Agent Workstation"),
            StringStruct("ProductVersion", {version!r}),
        ])]),
        VarFileInfo([VarStruct("Translation", [0x0409, 1200])]),
    ],
)
"""


def version_file(name: str, version: str, has_console: bool) -> str:
    """The text of a version file; `version` is one to four numbers, whatever follows them counts as zero."""
    numbers = [int(part) if part.isdecimal() else 0 for part in version.split(".")[:4]]
    return _FORM.format(
        numbers=tuple([*numbers, 0, 0, 0, 0][:4]),
        description="Agent Workstation (commands)" if has_console else "Agent Workstation",
        version=version,
        name=name,
        file=f"{name}.exe",
    )
