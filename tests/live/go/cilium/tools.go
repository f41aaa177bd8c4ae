//go:build tools

// Package live names the programs that `make live` builds.
package live

import (
	_ "github.com/cilium/cilium/daemon"
	_ "github.com/cilium/cilium/hubble"
	_ "github.com/cilium/cilium/plugins/cilium-cni"
)
