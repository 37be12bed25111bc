"""Manual pages from what `guardian --experimental-dump-help` prints: manual.py VERSION FOLDER < dump."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def text(words: str) -> str:
    """Plain words as troff: no line of them is a request."""
    escaped = words.replace("\\", "\\\\").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in escaped.split("\n"))


def spelled(argument: dict) -> str:
    """An argument as it is typed."""
    value = argument.get("valueName", "value")
    if argument["kind"] == "positional":
        return f"\\fI{text(value)}\\fR"
    names = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument.get("names", [])]
    words = ", ".join(f"\\fB{text(name)}\\fR" for name in names)
    return words if argument["kind"] == "flag" else f"{words} \\fI{text(value)}\\fR"


def arguments(command: dict) -> list[str]:
    """Each argument with what it is for."""
    lines: list[str] = []
    for argument in command.get("arguments", []):
        if not argument.get("shouldDisplay", True):
            continue
        about = argument.get("abstract", "")
        if argument.get("defaultValue"):
            about += f" (default: {argument['defaultValue']})"
        lines += [".TP", spelled(argument), text(about)]
    return lines


def page(command: dict, names: list[str], version: str) -> str:
    """The manual page of one command, those below it named at its end."""
    title = "-".join(names)
    lines = [f'.TH "{title.upper()}" 1 "" "guardian {version}" "User Commands"', ".SH NAME"]
    lines += [f"{text(title)} \\- {text(command.get('abstract', '').rstrip('.'))}", ".SH SYNOPSIS"]
    lines += [f".B {text(' '.join(names))}", "[\\fIoptions\\fR]" + (" \\fIcommand\\fR" if below(command) else "")]
    if command.get("discussion"):
        lines += [".SH DESCRIPTION", text(command["discussion"])]
    if options := arguments(command):
        lines += [".SH OPTIONS", *options]
    if commands := below(command):
        lines.append(".SH COMMANDS")
        for each in commands:
            lines += [".TP", f"\\fB{text('-'.join([*names, each['commandName']]))}\\fR(1)", text(each.get("abstract", ""))]
    return "\n".join(lines) + "\n"


def below(command: dict) -> list[dict]:
    """The commands below one, but for the one that prints help and those that are for nobody's use."""
    commands = command.get("subcommands", [])
    return [each for each in commands if each["commandName"] != "help" and each.get("shouldDisplay", True)]


def write(command: dict, names: list[str], version: str, folder: Path) -> None:
    """The page of a command, and those of the commands below it."""
    (folder / f"{'-'.join(names)}.1").write_text(page(command, names, version), encoding="utf-8")
    for each in below(command):
        write(each, [*names, each["commandName"]], version, folder)


if __name__ == "__main__":
    write(json.load(sys.stdin)["command"], ["guardian"], sys.argv[1], Path(sys.argv[2]))
