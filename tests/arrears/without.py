"""The settings as an owner leaves them who takes the arrears app out: one line less."""

from pathlib import Path

_path = Path(__file__).resolve().parents[2] / "config" / "settings.py"
_source = _path.read_text(encoding="utf-8")
_line = '    "arrears",\n'
assert _source.count(_line) == 1, "the app stands in INSTALLED_APPS, in a line of its own"
__file__ = str(_path)
exec(compile(_source.replace(_line, ""), _path, "exec"))
