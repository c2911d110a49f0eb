"""yuqian (渝黔): tests whether a region's plan for power and water holds."""

from pathlib import Path as _Path

# In a checkout the rooms lie beside this folder. Python started there finds this folder before the installed package.
if (_Path(__file__).parent.parent / "pyproject.toml").is_file():
    __path__.append(str(_Path(__file__).parent.parent))
