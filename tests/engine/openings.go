package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/u8proto"
)

// Matrix asks every managed pod about every peer and port at once.
type Matrix struct {
	Peers map[string]End `json:"peers"` // name to end; pods of the world need not be listed
	Ports []string       `json:"ports"` // PROTOCOL/number
	// Selected leaves out pairs that no policy selects in their direction: the pods of other builds.
	Selected bool `json:"selected,omitempty"`
}

// Opening is everything that one pair of ends may use: allowed by both, and not every pod's natural state.
type Opening struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	Ports []string `json:"ports"`
}

type matrixEnd struct {
	name string
	side side
	pod  bool // of the world; it may have replicas, so it is its own peer too
}

// openings lists the allowed ports of each ordered pair with a managed pod on at least one side.
func (w *World) openings(matrix *Matrix, reply *Reply) error {
	if matrix == nil {
		return fmt.Errorf("openings needs a matrix")
	}
	ends, err := w.matrixEnds(matrix)
	if err != nil {
		return err
	}
	var ports []pair
	for _, text := range matrix.Ports {
		name, number, _ := strings.Cut(text, "/")
		protocol, err := u8proto.ParseProtocol(name)
		if err != nil {
			return err
		}
		port, err := (&side{}).numberOf(number, protocol)
		if err != nil {
			return err
		}
		ports = append(ports, pair{port: port, protocol: protocol})
	}
	for _, from := range ends {
		for _, to := range ends {
			if from.name == to.name && !from.pod {
				continue
			}
			if counts, err := w.counts(&from.side, &to.side, matrix.Selected); err != nil {
				return err
			} else if !counts {
				continue
			}
			var open []string
			for i, port := range ports {
				reply.Asked++
				allowed, err := w.bothAllow(&from.side, &to.side, &port)
				if err != nil {
					return err
				}
				if allowed {
					open = append(open, matrix.Ports[i])
				}
			}
			if len(open) > 0 {
				reply.Openings = append(reply.Openings, Opening{From: from.name, To: to.name, Ports: open})
			}
		}
	}
	return nil
}

// matrixEnds are the pods of the world, one for each identity, and the given peers.
func (w *World) matrixEnds(matrix *Matrix) ([]matrixEnd, error) {
	var ends []matrixEnd
	seen := map[identity.NumericIdentity]bool{}
	for _, work := range w.manifests.Workloads {
		made := w.workloadSide(work, false)
		if made.managed && !seen[made.id.ID] {
			seen[made.id.ID] = true
			ends = append(ends, matrixEnd{work.Namespace + "/" + work.Kind + "/" + work.Name, made, true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(matrix.Peers)) {
		end := matrix.Peers[name]
		sides, err := w.sides(&end, float64(1), u8proto.TCP)
		if err != nil {
			return nil, fmt.Errorf("peer %s: %w", name, err)
		}
		ends = append(ends, matrixEnd{name, sides[0], false})
	}
	return ends, nil
}

// counts is false for a pair that policy has no say in: no end is a pod, or only the own node calls.
func (w *World) counts(from, to *side, selected bool) (bool, error) {
	if !from.managed && (!to.managed || from.id.LabelArray.Has("reserved:host")) {
		return false, nil
	}
	if !selected {
		return true, nil
	}
	for _, ingress := range []bool{false, true} {
		subject := from
		if ingress {
			subject = to
		}
		if !subject.managed {
			continue
		}
		made, err := w.policyMap(subject.id)
		if err != nil {
			return false, err
		}
		if (ingress && made.SelectorPolicy.IngressPolicyEnabled) || (!ingress && made.SelectorPolicy.EgressPolicyEnabled) {
			return true, nil
		}
	}
	return false, nil
}

func (w *World) bothAllow(from, to *side, port *pair) (bool, error) {
	for _, ingress := range []bool{false, true} {
		subject, peer := from, to
		if ingress {
			subject, peer = to, from
		}
		if !subject.managed {
			continue
		}
		made, err := w.policyMap(subject.id)
		if err != nil {
			return false, err
		}
		entry, _, _ := made.Lookup(key(ingress).WithIdentity(peer.id.ID).WithPortProto(port.protocol, port.port))
		if entry.IsDeny() {
			return false, nil
		}
	}
	return true, nil
}

// podInfos lists every workload with its container ports.
func (w *World) podInfos() []PodInfo {
	var found []PodInfo
	for _, work := range w.manifests.Workloads {
		info := PodInfo{
			Name: work.Namespace + "/" + work.Kind + "/" + work.Name, Namespace: work.Namespace,
			HostNetwork: work.Pod.Spec.HostNetwork, Labels: work.Pod.Labels, Ports: map[string][]int{},
		}
		if id := w.podIDs[work]; id != nil {
			info.Identity = id.ID.Uint32()
		}
		for _, container := range work.Pod.Spec.Containers {
			for _, port := range container.Ports {
				protocol := string(port.Protocol)
				info.Ports[protocol] = append(info.Ports[protocol], int(port.ContainerPort))
			}
		}
		found = append(found, info)
	}
	return found
}
