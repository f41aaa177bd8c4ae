"""No circle of imports, also among the modules of one package."""

from __future__ import annotations

import grimp


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = grimp.build_graph("cilium_policies")
    above = {one: graph.find_modules_directly_imported_by(one) for one in graph.modules}
    free = {one for one, used in above.items() if not used}
    while free:  # Kahn's way: whoever needs nothing any more is taken away
        above = {one: used - free for one, used in above.items() if one not in free}
        free = {one for one, used in above.items() if not used}
    assert sorted(above) == []
