package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/cilium/statedb"

	cmtypes "github.com/cilium/cilium/pkg/clustermesh/types"
	envoypolicy "github.com/cilium/cilium/pkg/envoy/policy"
	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	"github.com/cilium/cilium/pkg/k8s"
	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/labelsfilter"
	"github.com/cilium/cilium/pkg/loadbalancer"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/source"
	ciliumtypes "github.com/cilium/cilium/pkg/types"
)

// World is one cluster inside the engine: identities, Services, policy repository and the policy maps made so far.
type World struct {
	options   *Options
	manifests *Manifests

	ids        map[string]*identity.Identity // by sorted label list
	nextPod    identity.NumericIdentity
	nextLocal  identity.NumericIdentity
	namedPorts map[identity.NumericIdentity]ciliumtypes.NamedPortMap
	allNamed   multiMap

	workloads map[string][]*Workload // "namespace/name" and "namespace/Kind/name"
	services  map[string]*Service    // "namespace/name"
	podIDs    map[*Workload]*identity.Identity
	hostAPI   *identity.Identity

	db       *statedb.DB
	svcTable statedb.RWTable[*loadbalancer.Service]
	beTable  statedb.RWTable[*loadbalancer.Backend]

	repo     *policy.Repository
	policies map[ipcachetypes.ResourceID]*loaded
	base     map[ipcachetypes.ResourceID]*loaded // those of the manifests
	added    map[ipcachetypes.ResourceID]*loaded // those that a serve request brought
	maps     map[identity.NumericIdentity]*policy.EndpointPolicy
}

// multiMap is the agent's table of named ports, as its constructor returns it.
type multiMap interface {
	ciliumtypes.NamedPortMultiMap
	Update(nid identity.NumericIdentity, old, new ciliumtypes.NamedPortMap) bool
}

func (w *World) GetNamedPorts() ciliumtypes.NamedPortMultiMap { return w.allNamed }

// newWorld gives every pod its identity and fills the Service tables; it loads no policy.
func newWorld(manifests *Manifests, options *Options) (*World, error) {
	if err := options.activate(); err != nil {
		return nil, err
	}
	w := &World{
		options: options, manifests: manifests,
		ids: map[string]*identity.Identity{}, nextPod: identity.MinimalNumericIdentity, nextLocal: identity.MinLocalIdentity,
		namedPorts: map[identity.NumericIdentity]ciliumtypes.NamedPortMap{}, allNamed: ciliumtypes.NewNamedPortMultiMap(),
		workloads: map[string][]*Workload{}, services: map[string]*Service{}, podIDs: map[*Workload]*identity.Identity{},
		policies: map[ipcachetypes.ResourceID]*loaded{}, maps: map[identity.NumericIdentity]*policy.EndpointPolicy{},
	}
	reserved := identity.ListReservedIdentities()
	w.repo = policy.NewPolicyRepository(quiet, reserved, nil,
		envoypolicy.NewEnvoyL7RulesTranslator(quiet, nil), identitymanager.NewIDManager(quiet), nil)
	w.repo.SetNamedPortsGetter(w)
	w.repo.UpdateIdentities(reserved, nil)
	hostLabels := labels.Labels{}
	hostLabels.MergeLabels(labels.LabelHost)
	hostLabels.MergeLabels(labels.LabelKubeAPIServer)
	w.hostAPI = identity.NewIdentity(hostAPIServer, hostLabels)
	w.announce(w.hostAPI)
	for _, work := range manifests.Workloads {
		w.addWorkload(work)
	}
	return w, w.addServices()
}

// hostAPIServer is the own node when it runs the API server. The agent relabels identity 1 there; here both views
// of the host exist side by side, so the second takes a number that is reserved and unused (below 100: no aggregate).
const hostAPIServer = identity.NumericIdentity(99)

func (w *World) addWorkload(work *Workload) {
	names := []string{work.Name}
	if work.Owner != "" {
		names = append(names, work.Owner)
	}
	for _, name := range names {
		short := work.Namespace + "/" + name
		w.workloads[short] = append(w.workloads[short], work)
	}
	long := work.Namespace + "/" + work.Kind + "/" + work.Name
	w.workloads[long] = append(w.workloads[long], work)
	if !work.Pod.Spec.HostNetwork {
		w.podIDs[work] = w.podIdentity(work.Pod)
	}
}

// podIdentity labels a pod as the agent does for a new endpoint.
func (w *World) podIdentity(pod *slim_corev1.Pod) *identity.Identity {
	ports, podLabels := k8s.GetPodMetadata(quiet, w.manifests.namespace(pod.Namespace), pod)
	kept, _ := labelsfilter.Filter(labels.Map2Labels(podLabels, labels.LabelSourceK8s))
	for _, label := range k8s.NamedPortsIdentityLabels(ports) {
		kept[label.Key] = label
	}
	return w.identityOf(kept, &w.nextPod, ports)
}

// identityOf returns the identity with these labels, making it from the given number range when it is new.
func (w *World) identityOf(set labels.Labels, next *identity.NumericIdentity, ports ciliumtypes.NamedPortMap) *identity.Identity {
	key := string(set.SortedList())
	if known := w.ids[key]; known != nil {
		return known
	}
	made := identity.NewIdentity(*next, set)
	*next++
	w.ids[key] = made
	if len(ports) > 0 {
		w.namedPorts[made.ID] = ports
		w.allNamed.Update(made.ID, nil, ports)
	}
	w.announce(made)
	return made
}

// announce tells both selector caches; policy maps made before do not know the identity.
func (w *World) announce(id *identity.Identity) {
	added := identity.IdentityMap{id.ID: id.LabelArray}
	w.repo.UpdateIdentities(added, nil)
	wait := &sync.WaitGroup{}
	w.repo.GetSelectorCache().UpdateIdentities(added, nil, wait)
	wait.Wait()
	w.forget(nil)
}

// cidrIdentity is an address outside the cluster: its own prefix, world, and every CIDR group that holds it.
func (w *World) cidrIdentity(address netip.Addr, extra labels.Labels) *identity.Identity {
	set := labels.GetCIDRLabels(netip.PrefixFrom(address, address.BitLen()))
	for _, group := range w.manifests.CIDRGroups {
		for _, text := range group.Spec.ExternalCIDRs {
			if prefix, err := netip.ParsePrefix(string(text)); err == nil && prefix.Contains(address) {
				for key, label := range cidrGroupLabels(group) {
					set[key] = label
				}
			}
		}
	}
	for key, label := range extra {
		set[key] = label
	}
	return w.identityOf(set, &w.nextLocal, nil)
}

// addServices fills Cilium's Service and backend tables, from which toServices is resolved.
func (w *World) addServices() error {
	w.db = statedb.New()
	var err error
	if w.svcTable, err = loadbalancer.NewServicesTable(loadbalancer.DefaultConfig, w.db); err != nil {
		return err
	}
	if w.beTable, err = loadbalancer.NewBackendsTable(w.db); err != nil {
		return err
	}
	txn := w.db.WriteTxn(w.svcTable, w.beTable)
	for _, service := range w.manifests.Services {
		if service.Metadata.Namespace == "" {
			service.Metadata.Namespace = "default"
		}
		w.services[service.Metadata.Namespace+"/"+service.Metadata.Name] = service
		w.svcTable.Insert(txn, &loadbalancer.Service{
			Name:     loadbalancer.NewServiceName(service.Metadata.Namespace, service.Metadata.Name),
			Source:   source.Kubernetes,
			Labels:   labels.Map2Labels(service.Metadata.Labels, labels.LabelSourceK8s),
			Selector: service.Spec.Selector,
		})
	}
	for _, slice := range w.manifests.Slices {
		name := loadbalancer.NewServiceName(slice.Metadata.Namespace, slice.Metadata.Labels["kubernetes.io/service-name"])
		for _, address := range sliceAddresses(slice) {
			w.beTable.Insert(txn, &loadbalancer.Backend{
				ServiceName: name, Source: source.Kubernetes,
				Address: loadbalancer.NewL3n4Addr(loadbalancer.TCP, cmtypes.AddrClusterFrom(address, 0), 0, loadbalancer.ScopeExternal),
			})
		}
	}
	txn.Commit()
	return nil
}

func sliceAddresses(slice *EndpointSlice) []netip.Addr {
	var found []netip.Addr
	for _, endpoint := range slice.Endpoints {
		for _, text := range endpoint.Addresses {
			if address, err := netip.ParseAddr(text); err == nil && !slices.Contains(found, address) {
				found = append(found, address)
			}
		}
	}
	return found
}

// pick finds a workload by "namespace/name" or "namespace/Kind/name".
func (w *World) pick(name string) ([]*Workload, error) {
	found := w.workloads[name]
	if len(found) == 0 {
		return nil, fmt.Errorf("pod %s: no such Pod or workload", name)
	}
	kinds := map[string]bool{}
	for _, work := range found {
		kinds[work.Kind] = true
	}
	if len(kinds) > 1 && !kinds["Pod"] && strings.Count(name, "/") == 1 {
		return nil, fmt.Errorf("pod %s: several kinds have this name, write namespace/Kind/name", name)
	}
	return found, nil
}
