from __future__ import annotations

import errno
import inspect

import pytest

from rag_app import errors
from rag_app.errors import DiskError, MissingExtra, RagError, disk_errors, needs


def test_every_error_for_the_user_is_a_rag_error_and_is_drawn_in_the_tree() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert len(kinds) > 10
    assert [kind.__name__ for kind in kinds if not issubclass(kind, RagError)] == []
    assert [kind.__name__ for kind in kinds if kind.__name__ not in (errors.__doc__ or "")] == []


def test_an_error_says_what_happened_and_what_to_do() -> None:
    error = RagError("It broke.", hint="Mend it.")
    assert (str(error), error.message, error.hint) == ("It broke.", "It broke.", "Mend it.")


def test_an_absent_package_becomes_the_command_that_installs_it() -> None:
    with pytest.raises(MissingExtra) as caught, needs("no_such_package", extra="local"):
        import no_such_package.part  # noqa: F401
    assert caught.value.message == "This needs the package no_such_package, which is not installed."
    assert caught.value.hint == "Run `pip install '.[local]'` in the folder of rag-app's source."
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_package_that_lacks_a_package_of_its_own_is_not_called_absent() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_package"), needs("faiss", extra="local"):
        import no_such_package  # noqa: F401


def test_other_failures_of_an_import_pass_untouched() -> None:
    with pytest.raises(ImportError, match="wrong version"), needs("faiss", extra="local"):
        raise ImportError("wrong version", name="faiss")
    with pytest.raises(ModuleNotFoundError, match="unnamed"), needs("faiss", extra="local"):
        raise ModuleNotFoundError("unnamed")


def test_what_is_present_is_imported_without_more_ado() -> None:
    with needs("json", extra="local"):
        import json
    assert json.loads("1") == 1


def test_a_full_disk_names_what_was_being_written() -> None:
    with pytest.raises(DiskError) as caught, disk_errors("the index /data/index"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.message == "Could not write the index /data/index: No space left on device."
    assert caught.value.hint.startswith("Free some space")


def test_an_error_of_the_disk_without_a_number_keeps_its_words() -> None:
    with pytest.raises(DiskError, match=r"Could not write it: strange\."), disk_errors("it"):
        raise OSError("strange")


def test_what_is_no_error_of_the_disk_passes_untouched() -> None:
    with pytest.raises(ValueError, match="mine"), disk_errors("it"):
        raise ValueError("mine")
