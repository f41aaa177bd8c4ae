"""Pods that stand in no rendered manifest because a Helm release makes them.

For `workloads/gather.py`:
    releases = collect.collect(inventory)                      # every Helm release that the objects show
    objects  = app_template.expand(one)                        # [] unless `app_template.recognises(one)`
    found, services, objects = charts.workloads_of(one, catalogue)   # all other releases
Synthesised objects carry the position of the release that they come from, and Helm's annotation
`meta.helm.sh/release-name`; give them to the same readers as rendered input.
"""
