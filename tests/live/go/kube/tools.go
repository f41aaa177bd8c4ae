//go:build tools

// Package live names the programs that `make live` builds.
package live

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
