"""Configuration and code of a run, from real files and real git repositories."""

import hashlib
import subprocess

import pytest

import fink_t2
from fink_t2.training.retraining.provenance import provenance_of

CONTENT = b"seed = 3\n"


def git(folder, *words):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *words], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """A repository with a package and a configuration, all committed."""
    root = tmp_path / "checkout"
    for folder in ("package", "conf"):
        (root / folder).mkdir(parents=True)
    (root / "package" / "__init__.py").write_text("")
    (root / "conf" / "x.toml").write_bytes(CONTENT)
    (root / "README.md").write_text("first\n")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "all")
    return root


def test_a_committed_package(checkout):
    made_by = provenance_of(checkout / "conf" / "x.toml", CONTENT, checkout / "package")
    assert made_by.configuration == "conf/x.toml"
    assert made_by.configuration_sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert made_by.version == fink_t2.__version__
    assert made_by.commit == git(checkout, "rev-parse", "HEAD")
    assert made_by.tree_is_clean is True


def test_the_hash_is_of_the_content_that_was_read(checkout):
    path = checkout / "conf" / "x.toml"
    path.write_text("seed = 4\n")
    made_by = provenance_of(path, CONTENT, checkout / "package")
    assert made_by.configuration_sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_only_changes_of_the_package_count(checkout):
    (checkout / "README.md").write_text("second\n")
    path = checkout / "conf" / "x.toml"
    assert provenance_of(path, CONTENT, checkout / "package").tree_is_clean is True
    (checkout / "package" / "__init__.py").write_text("CHANGED = True\n")
    assert provenance_of(path, CONTENT, checkout / "package").tree_is_clean is False


def test_a_package_that_is_installed_within_another_checkout(checkout):
    installed = checkout / ".venv" / "package"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    made_by = provenance_of(checkout / "conf" / "x.toml", CONTENT, installed)
    assert (made_by.commit, made_by.tree_is_clean) == (None, None)
    assert made_by.configuration == str(checkout / "conf" / "x.toml")


def test_without_git(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    made_by = provenance_of(checkout / "conf" / "x.toml", CONTENT, checkout / "package")
    assert (made_by.commit, made_by.tree_is_clean) == (None, None)


def test_a_configuration_outside_the_checkout_keeps_its_path(checkout, tmp_path):
    path = tmp_path / "other.toml"
    path.write_bytes(CONTENT)
    made_by = provenance_of(path, CONTENT, checkout / "package")
    assert made_by.configuration == str(path)
    assert made_by.commit is not None
