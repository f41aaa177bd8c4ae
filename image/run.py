"""The image's entry point: the command, found without site-packages, its modules in one file (`image/bytecode.py`)."""

import sys

sys.argv[0] = "cilium-policies"
sys.path.insert(0, "/app/lib")


class Modules:
    """Finds modules in one file. To look for each of two hundred in its folder took an eighth of a build of a hundred
    objects; what the file lacks is found as ever."""

    def __init__(self, place):
        import marshal
        import posix
        from _frozen_importlib import ModuleSpec

        self._spec, self._loads, self._pread = ModuleSpec, marshal.loads, posix.pread
        self._file = posix.open(place, posix.O_RDONLY | posix.O_CLOEXEC)
        size = int.from_bytes(posix.pread(self._file, 4, 0), "little")
        self._codes = 4 + size
        # by name: source, whether it is a package, place, size
        self._index = marshal.loads(posix.pread(self._file, size, 4))

    def find_spec(self, name, path=None, target=None):
        found = self._index.get(name)
        if found is None:
            return None
        spec = self._spec(name, self, origin=found[0], is_package=found[1])
        spec.has_location = True
        if found[1]:
            spec.submodule_search_locations.append(found[0].rpartition("/")[0])
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        _, _, at, size = self._index[module.__name__]
        exec(self._loads(self._pread(self._file, size, self._codes + at)), module.__dict__)


sys.meta_path.insert(0, Modules("/app/modules"))

from cilium_policies.cli import program  # noqa: E402

program()
