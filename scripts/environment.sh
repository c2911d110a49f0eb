# Makes or updates the virtual environment; sourced by the Makefile.
# Works without Debian's python3-venv: then the environment is made without pip, and the outer pip installs into it.

environment() {
    python=$1
    venv=$2
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.11 ..." >&2
        return 1
    }
    if ! [ -x "$venv/bin/python" ]; then
        "$python" -m venv "$venv" >/dev/null 2>&1 || "$python" -m venv --without-pip "$venv" || return 1
    fi
    if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        set -- "$venv/bin/python" -m pip
    else
        set -- "$python" -m pip --python "$venv/bin/python"
    fi
    echo "installing into $venv ..."
    "$@" install --disable-pip-version-check --quiet --constraint constraints.txt --editable '.[test,bench,fast]'
}
