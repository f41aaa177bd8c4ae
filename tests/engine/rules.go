package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/endpoint/regeneration"
	"github.com/cilium/cilium/pkg/identity"
	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	"github.com/cilium/cilium/pkg/k8s"
	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	cilium_v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	k8sutils "github.com/cilium/cilium/pkg/k8s/utils"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	policyk8s "github.com/cilium/cilium/pkg/policy/k8s"
	"github.com/cilium/cilium/pkg/policy/types"
	policyutils "github.com/cilium/cilium/pkg/policy/utils"
	"github.com/cilium/cilium/pkg/u8proto"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// loaded is one policy object inside the repository.
type loaded struct {
	name    string
	entries types.PolicyEntries
}

// setPolicy checks one CNP or CCNP and, unless refused, puts it into the repository in place of its predecessor.
func (w *World) setPolicy(object *unstructured.Unstructured) (*Finding, error) {
	own, err := ownCRDs()
	if err != nil {
		return nil, err
	}
	finding, cnp, _ := check(object, []*CRDSet{own}, w.options)
	if finding.refused() {
		return finding, nil
	}
	policyk8s.ResolveToServices(w.db.ReadTxn(), w.svcTable, w.beTable, cnp)
	rules, err := cnp.Parse(quiet, w.options.policyCluster())
	if err != nil {
		finding.Parse = err.Error()
		return finding, nil
	}
	kind := ipcachetypes.ResourceKindCNP
	if cnp.Namespace == "" {
		kind = ipcachetypes.ResourceKindCCNP
	}
	resource := ipcachetypes.NewResourceID(kind, cnp.Namespace, cnp.Name)
	w.replace(resource, finding.Policy, policyutils.RulesToPolicyEntries(rules))
	return finding, nil
}

func (w *World) setNetworkPolicy(object *slim_networkingv1.NetworkPolicy) error {
	entries, err := k8s.ParseNetworkPolicy(quiet, w.options.policyCluster(), object)
	name := joinName("NetworkPolicy", k8sutils.ExtractNamespaceOrDefault(&object.ObjectMeta), object.Name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	namespace := k8sutils.ExtractNamespaceOrDefault(&object.ObjectMeta)
	w.replace(ipcachetypes.NewResourceID(ipcachetypes.ResourceKindNetpol, namespace, object.Name), name, entries)
	return nil
}

// replace changes the rules of one object; no entries means that the object is gone.
func (w *World) replace(resource ipcachetypes.ResourceID, name string, entries types.PolicyEntries) {
	affected, _, _ := w.repo.ReplaceByResource(entries, resource)
	if len(entries) == 0 {
		delete(w.policies, resource)
	} else {
		w.policies[resource] = &loaded{name: name, entries: entries}
	}
	if affected != nil && affected.Len() > 0 {
		w.forget(affected.AsSlice())
	}
}

// forget drops policy maps that no longer hold: of these subjects, or all of them.
func (w *World) forget(subjects []identity.NumericIdentity) {
	if subjects == nil {
		subjects = slices.Collect(maps.Keys(w.maps))
	}
	for _, id := range subjects {
		if made := w.maps[id]; made != nil {
			made.Detach(quiet)
			made.SelectorPolicy.Supersede()
			delete(w.maps, id)
		}
	}
}

// policyMap distils the policy of one subject, or returns the one made before.
func (w *World) policyMap(subject *identity.Identity) (*policy.EndpointPolicy, error) {
	if made := w.maps[subject.ID]; made != nil {
		return made, nil
	}
	selected, _, err := w.repo.ComputeSelectorPolicy(subject)
	if err != nil {
		return nil, err
	}
	// The fallback redirect stands for a proxy that is up, whatever its port.
	redirects := map[string]uint16{policy.FallbackRedirectID: math.MaxUint16}
	made := selected.DistillPolicy(quiet, &endpoint{world: w, id: subject.ID}, redirects)
	if err := made.Ready(); err != nil {
		return nil, err
	}
	w.maps[subject.ID] = made
	return made, nil
}

// endpoint is the owner of a policy map: a pod with its named ports.
type endpoint struct {
	world *World
	id    identity.NumericIdentity
}

func (e *endpoint) GetID() uint64              { return uint64(e.id) }
func (e *endpoint) PolicyDebug(string, ...any) {}
func (e *endpoint) IsHost() bool               { return false }
func (e *endpoint) GetIngressNamedPort(name string, proto u8proto.U8proto) uint16 {
	port, _ := e.world.namedPorts[e.id].GetNamedPort(name, proto)
	return port
}
func (e *endpoint) PreviousMapStateSizes() policy.MapStateSizes { return policy.MapStateSizes{} }
func (e *endpoint) RegenerateIfAlive(*regeneration.ExternalRegenerationMetadata) <-chan bool {
	done := make(chan bool)
	close(done)
	return done
}

// policyNames turns the rule labels of a map entry into Kind/namespace/name, Cilium's own rules into a remark.
func policyNames(meta policy.RuleMeta) []string {
	var names []string
	for _, list := range meta.LabelArray() {
		var kind, namespace, name string
		for _, label := range list {
			switch label.Key {
			case k8sconst.PolicyLabelDerivedFrom, policy.LabelKeyPolicyDerivedFrom:
				kind = label.Value
			case k8sconst.PolicyLabelNamespace:
				namespace = label.Value
			case k8sconst.PolicyLabelName:
				name = label.Value
			}
		}
		switch {
		case strings.HasPrefix(kind, "allow-any-"):
			names = append(names, noDefaultDeny)
		case strings.HasPrefix(kind, "allow-localhost-"):
			names = append(names, allowLocalhost)
		case name != "":
			names = append(names, joinName(kind, namespace, name))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

const (
	noDefaultDeny  = "(no policy has default deny)"
	allowLocalhost = "(allow-localhost)"
)

// closers are the policies that switched default deny on for the subject in one direction.
func (w *World) closers(subject *identity.Identity, ingress bool) []string {
	var names []string
	for _, object := range w.policies {
		for _, entry := range object.entries {
			if entry.Ingress == ingress && entry.DefaultDeny && entry.Subject.Matches(subject.LabelArray) {
				names = append(names, object.name)
				break
			}
		}
	}
	slices.Sort(names)
	return names
}

// fqdnSelectors are all toFQDNs selectors of the loaded policies.
func (w *World) fqdnSelectors() []*api.FQDNSelector {
	var found []*api.FQDNSelector
	seen := map[string]bool{}
	for _, object := range w.policies {
		for _, entry := range object.entries {
			for _, peer := range entry.L3 {
				if selector, ok := peer.GetFQDNSelector(); ok && !seen[selector.SelectorKey()] {
					seen[selector.SelectorKey()] = true
					found = append(found, selector)
				}
			}
		}
	}
	return found
}

func cidrGroupLabels(group *cilium_v2.CiliumCIDRGroup) labels.Labels {
	set := labels.Labels{}
	for key, value := range k8sutils.RemoveCiliumLabels(group.Labels) {
		plain := labels.NewLabel(key, value, labels.LabelSourceCIDRGroup)
		set[plain.Key] = plain
		encoded := labels.EncodedCIDRGroupLabel(plain.Key, plain.Value, plain.Source)
		set[encoded.Key] = encoded
	}
	reference := api.LabelForCIDRGroupRef(group.Name)
	set[reference.Key] = reference
	return set
}
