"""Cilium itself on one machine: its agent and eBPF programs, a kube-apiserver, pods as network namespaces.

`make live` runs it; docs/live.md, which it writes, says what is asked and what came out.
"""
