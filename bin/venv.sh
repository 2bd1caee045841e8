# Sourced by bin/run and bin/test: an up-to-date .venv. POSIX sh; $root is the repository.

venv=$root/.venv

say() { printf '%s\n' "$@" >&2; }
die() { say "$@"; exit 1; }

python_fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null
}

# Prints a Python that we run on. $PYTHON, if set, is the only one asked.
find_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if command -v "$name" >/dev/null 2>&1 && python_fits "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# Debian keeps the venv module's other half in a package of its own.
makes_venvs() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

install_from_apt() {
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing $* with apt-get …"
        apt-get update -qq >&2
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
    else
        return 1
    fi
}

create_venv() {
    if ! python=$(find_python); then
        [ -n "${PYTHON:-}" ] || install_from_apt python3 python3-venv || true
        python=$(find_python) || die \
            "Jiexu needs Python 3.11, 3.12, 3.13 or 3.14, but ${PYTHON:-python3} is: $("${PYTHON:-python3}" --version 2>&1)." \
            "On Debian or Ubuntu type:  sudo apt-get install python3 python3-venv" \
            "On macOS type:             brew install python@3.13" \
            "A Python elsewhere is named like this:  PYTHON=/path/to/python3 $0"
    fi
    if ! makes_venvs "$python"; then
        install_from_apt python3-venv || true
        makes_venvs "$python" || die \
            "$python cannot create virtual environments. Type:  sudo apt-get install python3-venv"
    fi
    say "Creating .venv with $("$python" --version) …"
    rm -rf "$venv"
    "$python" -m venv "$venv"
}

# One line that changes when the lock file, the interpreter or the directory's place does.
wanted_stamp() {
    printf '%s %s %s' "$(cksum <"$root/$1")" \
        "$("$venv/bin/python" -c 'import sys; print(sys.version.split()[0])')" "$venv"
}

up_to_date() {
    [ -x "$venv/bin/python" ] && python_fits "$venv/bin/python" && [ -f "$venv/$1.stamp" ] &&
        [ "$(cat "$venv/$1.stamp")" = "$(wanted_stamp "$1")" ]
}

# install_locked FILE…: install the first lock file; it holds the others, so all count as installed.
install_locked() {
    up_to_date "$1" && return 0
    # Two first starts at once must not install into each other's half of an environment.
    lock=$root/.venv.lock
    until mkdir "$lock" 2>/dev/null; do
        holder=$(cat "$lock/pid" 2>/dev/null || true)
        if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
            rm -rf "$lock"
        else
            sleep 1
        fi
    done
    echo $$ >"$lock/pid"
    trap 'rm -rf "$lock"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    if ! up_to_date "$1"; then
        if ! { [ -x "$venv/bin/python" ] && python_fits "$venv/bin/python" &&
            "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
            create_venv
        fi
        say "Installing $1 …"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
            --require-hashes --only-binary :all: -r "$root/$1" || die "Installing $1 failed; see above."
        for file in "$@"; do
            wanted_stamp "$file" >"$venv/$file.stamp"
        done
    fi
    rm -rf "$lock"
    trap - EXIT INT TERM
}
