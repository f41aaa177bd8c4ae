package main

import (
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/u8proto"
)

// proxied describes what the proxy lets through on this port and peer; requests themselves are not simulated.
func (w *World) proxied(made *policy.EndpointPolicy, id *identity.Identity, one *pair, ingress bool) []string {
	rules := made.SelectorPolicy.L4Policy.Egress.PortRules
	if ingress {
		rules = made.SelectorPolicy.L4Policy.Ingress.PortRules
	}
	var found []string
	for filter := range rules.Filters() {
		if !w.covers(filter, made, id, one, ingress) {
			continue
		}
		for selector, rule := range filter.PerSelectorPolicies {
			if rule != nil && selects(selector, id) {
				found = append(found, describe(rule)...)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (w *World) covers(filter *policy.L4Filter, made *policy.EndpointPolicy, id *identity.Identity, one *pair, ingress bool) bool {
	if filter.U8Proto != u8proto.ANY && filter.U8Proto != one.protocol {
		return false
	}
	if filter.PortName != "" {
		if ingress {
			return made.PolicyOwner.GetIngressNamedPort(filter.PortName, one.protocol) == one.port
		}
		number, err := w.allNamed.GetNamedPort(filter.PortName, one.protocol, slices.Values([]identity.NumericIdentity{id.ID}))
		return err == nil && number == one.port
	}
	if filter.Port == 0 || filter.Port == one.port {
		return true
	}
	return filter.EndPort != 0 && filter.Port <= one.port && one.port <= filter.EndPort
}

func describe(rule *policy.PerSelectorPolicy) []string {
	var found []string
	for _, name := range rule.L7Rules.DNS {
		found = append(found, "dns("+dnsText(name)+")")
	}
	for _, request := range rule.L7Rules.HTTP {
		text := strings.TrimSpace(request.Method + " " + request.Path)
		if text == "" {
			text = "*"
		}
		found = append(found, "http("+text+")")
	}
	if len(rule.ServerNames) > 0 || rule.TerminatingTLS != nil || rule.OriginatingTLS != nil {
		found = append(found, "tls")
	}
	return found
}

func dnsText(rule api.PortRuleDNS) string {
	if rule.MatchName != "" {
		return rule.MatchName
	}
	return rule.MatchPattern
}

// dnsAllows is true if some egress DNS rule of the pod lets it look the name up through the proxy.
func dnsAllows(made *policy.EndpointPolicy, fqdn string) bool {
	for filter := range made.SelectorPolicy.L4Policy.Egress.PortRules.Filters() {
		for _, rule := range filter.PerSelectorPolicies {
			if rule == nil {
				continue
			}
			for _, name := range rule.L7Rules.DNS {
				selector := api.FQDNSelector(name)
				if pattern, err := selector.ToRegex(); err == nil && pattern.MatchString(fqdn) {
					return true
				}
			}
		}
	}
	return false
}
