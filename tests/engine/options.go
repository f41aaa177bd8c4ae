package main

import (
	"fmt"
	"log/slog"
	"reflect"

	cmtypes "github.com/cilium/cilium/pkg/clustermesh/types"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/option"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
)

// Options are the agent settings that change verdicts. The zero value is a 1.20 agent on Kubernetes.
type Options struct {
	ClusterName         string   `json:"clusterName,omitempty"`         // default "default"
	IPv6                bool     `json:"ipv6,omitempty"`                // dual stack instead of IPv4 only
	EnablePolicy        string   `json:"enablePolicy,omitempty"`        // default, always or never
	AllowLocalhost      string   `json:"allowLocalhost,omitempty"`      // always (what "auto" becomes on Kubernetes) or policy
	PolicyCIDRMatchMode []string `json:"policyCIDRMatchMode,omitempty"` // nodes, pods
	NodeSelectorLabels  bool     `json:"nodeSelectorLabels,omitempty"`  // enable-node-selector-labels
	AnyCluster          bool     `json:"anyCluster,omitempty"`          // policy-default-local-cluster=false
	NoDNSCheck          bool     `json:"noDNSCheck,omitempty"`          // toFQDNs need no DNS rule
	Labels              []string `json:"labels,omitempty"`              // the agent's `labels` setting (identity filter)
}

// The engine keeps its settings in package variables, so only one set is active at a time.
var activeOptions *Options

func (o *Options) clusterName() string {
	if o.ClusterName == "" {
		return "default"
	}
	return o.ClusterName
}

// policyCluster is the cluster name that Parse adds to selectors.
func (o *Options) policyCluster() string {
	config := cmtypes.PolicyConfig{PolicyDefaultLocalCluster: !o.AnyCluster}
	return cmtypes.LocalClusterNameForPolicies(config, o.clusterName())
}

// activate makes o the engine's settings; it returns an error for a value that no agent accepts.
func (o *Options) activate() error {
	if activeOptions != nil && reflect.DeepEqual(activeOptions, o) {
		return nil
	}
	if err := labelsfilter.ParseLabelPrefixCfg(quiet, o.Labels, nil, ""); err != nil {
		return fmt.Errorf("labels: %w", err)
	}
	config := option.Config
	config.ClusterName = o.clusterName()
	config.EnableIPv4 = true
	config.EnableIPv6 = o.IPv6
	config.PolicyCIDRMatchMode = o.PolicyCIDRMatchMode
	config.EnableNodeSelectorLabels = o.NodeSelectorLabels
	switch o.AllowLocalhost {
	case "", option.AllowLocalhostAlways, option.AllowLocalhostAuto:
		config.UnsafeDaemonConfigOption.AllowLocalhost = option.AllowLocalhostAlways
	case option.AllowLocalhostPolicy:
		config.UnsafeDaemonConfigOption.AllowLocalhost = option.AllowLocalhostPolicy
	default:
		return fmt.Errorf("allowLocalhost: %q is neither always, auto nor policy", o.AllowLocalhost)
	}
	switch o.EnablePolicy {
	case "", option.DefaultEnforcement:
		policy.SetPolicyEnabled(option.DefaultEnforcement)
	case option.AlwaysEnforce, option.NeverEnforce:
		policy.SetPolicyEnabled(o.EnablePolicy)
	default:
		return fmt.Errorf("enablePolicy: %q is neither default, always nor never", o.EnablePolicy)
	}
	api.InitEntities(o.clusterName())
	active := *o
	activeOptions = &active
	return nil
}

// quiet swallows what the engine logs; refusals come back as errors.
var quiet = slog.New(slog.DiscardHandler)
