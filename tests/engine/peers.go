package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/fqdn/dns"
	"github.com/cilium/cilium/pkg/identity"
	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	"github.com/cilium/cilium/pkg/labels"
	ciliumtypes "github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

// End is one side of a query; exactly one of Pod, Labels, Entity, CIDR, FQDN and Service says what it is.
type End struct {
	Pod            string            `json:"pod,omitempty"`
	Node           string            `json:"node,omitempty"` // "local": a hostNetwork pod on the other end's node
	Labels         map[string]string `json:"labels,omitempty"`
	Namespace      string            `json:"namespace,omitempty"`
	ServiceAccount string            `json:"serviceAccount,omitempty"`
	Ports          []struct {
		Name, Protocol string
		ContainerPort  int32
	} `json:"ports,omitempty"`
	Entity  string `json:"entity,omitempty"`
	CIDR    string `json:"cidr,omitempty"`
	FQDN    string `json:"fqdn,omitempty"`
	Service string `json:"service,omitempty"`
}

// side is an end as the engine sees it. A managed side has a policy map of its own.
type side struct {
	id      *identity.Identity
	managed bool
	fqdn    string             // canonical name, when id carries the labels of toFQDNs selectors
	plain   *identity.Identity // the same address without these labels
	named   ciliumtypes.NamedPortMap
	port    any // the port behind a Service, instead of the query's
}

var entities = map[string]identity.NumericIdentity{
	"host": identity.ReservedIdentityHost, "remote-node": identity.ReservedIdentityRemoteNode,
	"kube-apiserver": identity.ReservedIdentityKubeAPIServer, "ingress": identity.ReservedIdentityIngress,
	"health": identity.ReservedIdentityHealth, "init": identity.ReservedIdentityInit,
	"unmanaged": identity.ReservedIdentityUnmanaged,
}

// sides resolves an end; several mean that each of them has to be asked.
func (w *World) sides(end *End, port any, protocol u8proto.U8proto) ([]side, error) {
	switch {
	case end.Pod != "":
		return w.podSides(end)
	case end.Service != "":
		return w.serviceSides(end.Service, port, protocol)
	case end.Entity != "":
		return w.entitySides(end.Entity)
	case end.FQDN != "":
		return w.fqdnSides(end)
	case end.CIDR != "":
		address, err := parseAddress(end.CIDR)
		if err != nil {
			return nil, err
		}
		return []side{{id: w.cidrIdentity(address, nil)}}, nil
	case end.Namespace != "":
		return []side{w.adHocSide(end)}, nil
	}
	return nil, errors.New("an end needs pod, service, entity, cidr, fqdn, or labels with namespace")
}

func parseAddress(text string) (netip.Addr, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix.Addr(), nil
	}
	return netip.ParseAddr(text)
}

func (w *World) podSides(end *End) ([]side, error) {
	found, err := w.pick(end.Pod)
	if err != nil {
		return nil, err
	}
	var sides []side
	seen := map[identity.NumericIdentity]bool{}
	for _, work := range found {
		made := w.workloadSide(work, end.Node == "local")
		if !seen[made.id.ID] {
			seen[made.id.ID] = true
			sides = append(sides, made)
		}
	}
	return sides, nil
}

// workloadSide gives a hostNetwork pod its node's identity: to the network it is the node.
func (w *World) workloadSide(work *Workload, local bool) side {
	if id := w.podIDs[work]; id != nil {
		return side{id: id, managed: true, named: w.namedPorts[id.ID]}
	}
	number := identity.ReservedIdentityRemoteNode
	switch {
	case work.ControlPlane == "kube-apiserver" && local:
		number = hostAPIServer
	case work.ControlPlane == "kube-apiserver":
		number = identity.ReservedIdentityKubeAPIServer
	case local:
		number = identity.ReservedIdentityHost
	}
	named := ciliumtypes.NamedPortMap{}
	for _, container := range work.Pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name != "" {
				_ = named.AddPort(port.Name, int(port.ContainerPort), string(port.Protocol))
			}
		}
	}
	return side{id: w.reserved(number), named: named}
}

func (w *World) reserved(number identity.NumericIdentity) *identity.Identity {
	if number == hostAPIServer {
		return w.hostAPI
	}
	return identity.LookupReservedIdentity(number)
}

func (w *World) adHocSide(end *End) side {
	pod := &slim_corev1.Pod{}
	pod.Namespace, pod.Labels = end.Namespace, end.Labels
	pod.Spec.ServiceAccountName = end.ServiceAccount
	if end.ServiceAccount == "" {
		pod.Spec.ServiceAccountName = "default"
	}
	container := slim_corev1.Container{}
	for _, port := range end.Ports {
		container.Ports = append(container.Ports, slim_corev1.ContainerPort{
			Name: port.Name, ContainerPort: port.ContainerPort, Protocol: slim_corev1.Protocol(port.Protocol),
		})
	}
	pod.Spec.Containers = []slim_corev1.Container{container}
	id := w.podIdentity(pod)
	return side{id: id, managed: true, named: w.namedPorts[id.ID]}
}

func (w *World) entitySides(name string) ([]side, error) {
	switch name {
	case "world":
		if !w.options.IPv6 {
			return []side{{id: w.reserved(identity.ReservedIdentityWorld)}}, nil
		}
		return []side{
			{id: w.reserved(identity.ReservedIdentityWorldIPv4)}, {id: w.reserved(identity.ReservedIdentityWorldIPv6)},
		}, nil
	case "kube-apiserver-local":
		return []side{{id: w.hostAPI}}, nil
	case "kube-apiserver-external":
		set := labels.Labels{}
		set.MergeLabels(labels.LabelKubeAPIServer)
		set.AddWorldLabel(netip.IPv4Unspecified())
		return []side{{id: w.identityOf(set, &w.nextLocal, nil)}}, nil
	}
	number, known := entities[name]
	if !known {
		return nil, fmt.Errorf("entity %q is unknown", name)
	}
	managed := number == identity.ReservedIdentityIngress || number == identity.ReservedIdentityHealth
	return []side{{id: w.reserved(number), managed: managed}}, nil
}

// fqdnSides labels an outside address with every toFQDNs selector whose pattern matches the name. Without a given
// address a name stands for one of each family that the cluster has.
func (w *World) fqdnSides(end *End) ([]side, error) {
	name := dns.FQDN(strings.ToLower(end.FQDN))
	extra := labels.Labels{}
	for _, selector := range w.fqdnSelectors() {
		pattern, err := selector.ToRegex()
		if err != nil {
			return nil, err
		}
		if pattern.MatchString(name) {
			label := selector.IdentityLabel()
			extra[label.Key] = label
		}
	}
	if end.CIDR != "" {
		address, err := parseAddress(end.CIDR)
		if err != nil {
			return nil, err
		}
		return []side{{fqdn: name, plain: w.cidrIdentity(address, nil), id: w.cidrIdentity(address, extra)}}, nil
	}
	families := []netip.Addr{netip.IPv4Unspecified()}
	if w.options.IPv6 {
		families = append(families, netip.IPv6Unspecified())
	}
	var sides []side
	for _, family := range families {
		set := labels.Labels{}
		set.AddWorldLabel(family)
		plain := w.identityOf(set, &w.nextLocal, nil)
		set = labels.NewFrom(set)
		set.MergeLabels(extra)
		sides = append(sides, side{fqdn: name, plain: plain, id: w.identityOf(set, &w.nextLocal, nil)})
	}
	return sides, nil
}

// serviceSides follows a Service to its pods and to the port behind it; slices stand for pods outside the cluster.
func (w *World) serviceSides(name string, port any, protocol u8proto.U8proto) ([]side, error) {
	if name == "default/kubernetes" {
		return []side{{id: w.reserved(identity.ReservedIdentityKubeAPIServer), port: float64(6443)}}, nil
	}
	service := w.services[name]
	if service == nil {
		return nil, fmt.Errorf("service %s: no such Service", name)
	}
	target, err := servicePort(service, port, protocol)
	if err != nil {
		return nil, err
	}
	var sides []side
	for _, work := range w.manifests.Workloads {
		if len(service.Spec.Selector) > 0 && work.Namespace == service.Metadata.Namespace && holds(work.Pod.Labels, service.Spec.Selector) {
			made := w.workloadSide(work, false)
			made.port = target
			sides = append(sides, made)
		}
	}
	for _, slice := range w.manifests.Slices {
		if slice.Metadata.Namespace+"/"+slice.Metadata.Labels["kubernetes.io/service-name"] == name && len(service.Spec.Selector) == 0 {
			for _, address := range sliceAddresses(slice) {
				sides = append(sides, side{id: w.cidrIdentity(address, nil), port: target})
			}
		}
	}
	if len(sides) == 0 {
		return nil, fmt.Errorf("service %s: no pod and no EndpointSlice is behind it", name)
	}
	return sides, nil
}

func holds(have, want map[string]string) bool {
	for key, value := range want {
		if got, ok := have[key]; !ok || got != value {
			return false
		}
	}
	return true
}

func servicePort(service *Service, port any, protocol u8proto.U8proto) (any, error) {
	for _, candidate := range service.Spec.Ports {
		if candidate.Protocol == "" {
			candidate.Protocol = "TCP"
		}
		if candidate.Protocol != protocol.String() {
			continue
		}
		if name, ok := port.(string); (ok && candidate.Name == name) || portText(port) == strconv.Itoa(candidate.Port) {
			if candidate.TargetPort == nil {
				return float64(candidate.Port), nil
			}
			return candidate.TargetPort, nil
		}
	}
	return nil, fmt.Errorf("service %s/%s: no port %s/%s", service.Metadata.Namespace, service.Metadata.Name, portText(port), protocol)
}

// portText writes a port as YAML or JSON gave it: a number or a name.
func portText(port any) string {
	if number, ok := port.(float64); ok {
		return strconv.Itoa(int(number))
	}
	return fmt.Sprint(port)
}

// numberOf resolves a port number or name on the target.
func (s *side) numberOf(port any, protocol u8proto.U8proto) (uint16, error) {
	if s.port != nil {
		port = s.port
	}
	text := portText(port)
	if number, err := strconv.ParseUint(text, 10, 16); err == nil {
		return uint16(number), nil
	}
	number, err := s.named.GetNamedPort(text, protocol)
	if err != nil {
		return 0, fmt.Errorf("port %q: %w", text, err)
	}
	return number, nil
}
