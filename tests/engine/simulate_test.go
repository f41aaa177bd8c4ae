package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/policy/testutils"
	"github.com/cilium/cilium/pkg/policy/types"
	"github.com/cilium/cilium/pkg/u8proto"
)

// TestAgainstSimulator holds the policy maps against the naive rule-by-rule simulator that Cilium ships for its own
// fuzzing: every pod of every case cluster, every peer, many ports, both directions. It finds a judge that feeds the
// engine wrongly (identities, named ports, resources), which the cases alone might not.
func TestAgainstSimulator(t *testing.T) {
	files, _ := filepath.Glob("cases/*.yaml")
	more, _ := filepath.Glob(filepath.Join(os.Getenv("CILIUM_POLICIES_ENGINE_CASES"), "*.yaml"))
	if os.Getenv("CILIUM_POLICIES_ENGINE_CASES") != "" {
		files = append(files, more...)
	}
	total := 0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			one, manifests, err := readCase(file)
			if err != nil {
				t.Fatal(err)
			}
			if one.Options.AnyCluster {
				t.Skip("the engine's aggregate identities differ from the simulator here")
			}
			world, err := newWorld(manifests, &one.Options)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := world.loadPolicies(); err != nil {
				t.Fatal(err)
			}
			total += compare(t, world)
		})
	}
	if total < 100000 {
		t.Fatalf("only %d verdicts were compared", total)
	}
	t.Logf("%d verdicts compared", total)
}

func compare(t *testing.T, world *World) int {
	subjects := map[identity.NumericIdentity]side{}
	peers := map[identity.NumericIdentity]side{}
	for _, work := range world.manifests.Workloads {
		made := world.workloadSide(work, false)
		peers[made.id.ID] = made
		if made.managed {
			subjects[made.id.ID] = made
		}
	}
	for _, name := range []string{"world", "host", "remote-node", "kube-apiserver", "kube-apiserver-local", "kube-apiserver-external", "ingress", "health"} {
		sides, err := world.entitySides(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, made := range sides {
			peers[made.id.ID] = made
		}
	}
	for _, text := range []string{"10.1.1.1", "192.168.1.10", "169.254.169.254", "8.8.8.8"} {
		address, _ := parseAddress(text)
		made := world.cidrIdentity(address, nil)
		peers[made.ID] = side{id: made}
	}
	count := 0
	for _, subject := range subjects {
		for _, peer := range peers {
			for _, ingress := range []bool{false, true} {
				if ingress && peer.id.LabelArray.Has("reserved:host") && world.options.AllowLocalhost == "" {
					continue // the simulator does not know that the own node always gets in
				}
				count += comparePair(t, world, &subject, &peer, ingress)
			}
		}
	}
	return count
}

var comparedPorts = []uint16{
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 22, 53, 80, 443, 1000, 1001, 1004, 1008, 3000, 5432, 6000, 6443, 7000,
	8000, 8010, 8011, 8080, 9100, 9464, 10250, 12345, 15432, 65535,
}

func comparePair(t *testing.T, world *World, subject, peer *side, ingress bool) int {
	target := peer
	flow := types.Flow{From: subject.id, To: peer.id}
	if ingress {
		target, flow = subject, types.Flow{From: peer.id, To: subject.id}
	}
	entries, ok := numbered(world, target)
	if !ok {
		return 0
	}
	made, err := world.policyMap(subject.id)
	if err != nil {
		t.Fatal(err)
	}
	for _, protocol := range []u8proto.U8proto{u8proto.TCP, u8proto.UDP} {
		for _, port := range comparedPorts {
			flow.Proto, flow.Dport = protocol, port
			verdict, _, _ := testutils.IteratePolicy(entries, flow)
			want := verdict.Egress
			if ingress {
				want = verdict.Ingress
			}
			entry, _, _ := made.Lookup(key(ingress).WithIdentity(peer.id.ID).WithPortProto(protocol, port))
			if entry.IsDeny() != (want == types.DecisionDenied) {
				t.Fatalf("%v and %v, ingress %v, %v/%d: the engine's deny is %v, the simulator says %v",
					subject.id.LabelArray, peer.id.LabelArray, ingress, protocol, port, entry.IsDeny(), want)
			}
		}
	}
	return 2 * len(comparedPorts)
}

// numbered are all rules with the target's numbers for named ports: the simulator panics at an unknown name.
func numbered(world *World, target *side) (types.PolicyEntries, bool) {
	var entries types.PolicyEntries
	for _, object := range world.policies {
		for _, entry := range object.entries {
			if entry.Node {
				continue // a host policy; the simulator does not tell it from one for pods
			}
			changed := *entry
			changed.L4 = nil
			for _, rule := range entry.L4 {
				kept := api.PortRule{Rules: rule.Rules}
				for _, port := range rule.Ports {
					if _, err := strconv.ParseUint(port.Port, 10, 16); err != nil {
						protocol, err := u8proto.ParseProtocol(string(port.Protocol))
						if err != nil || protocol == u8proto.ANY {
							return nil, false
						}
						number, err := target.named.GetNamedPort(port.Port, protocol)
						if err != nil {
							continue
						}
						port.Port = strconv.Itoa(int(number))
					}
					kept.Ports = append(kept.Ports, port)
				}
				if len(kept.Ports) > 0 {
					changed.L4 = append(changed.L4, kept)
				}
			}
			if len(changed.L4) == 0 && (len(entry.L4) > 0 || len(entry.L3) == 0) {
				// No port of the rule exists here, or the rule is empty: it matches nothing. The simulator would
				// read an empty rule as one for everybody; the engine (and the documentation) do not.
				changed.L3 = nil
			}
			entries = append(entries, &changed)
		}
	}
	return entries, true
}

// TestCases runs the cases as the command does, and shows that the command can fail.
func TestCases(t *testing.T) {
	files, _ := filepath.Glob("cases/*.yaml")
	if len(files) < 10 {
		t.Fatalf("%d cases", len(files))
	}
	for _, file := range files {
		one, failures, err := runCase(file, false)
		if err != nil || len(failures) > 0 {
			t.Errorf("%s: %v %v", file, err, failures)
		}
		if one.Claim == "" {
			t.Errorf("%s makes no claim", file)
		}
		wrong := slices.Clone(one.Queries)
		for i := range wrong {
			wrong[i].Expect = map[string]string{allow: deny, deny: allow}[wrong[i].Expect]
			wrong[i].L7, wrong[i].By, wrong[i].NotBy = "", "", ""
		}
		world, err := newWorld(caseManifests(t, file), &one.Options)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := world.loadPolicies(); err != nil {
			t.Fatal(err)
		}
		for _, answer := range world.answers(wrong) {
			if len(answer.Failures) != 1 {
				t.Errorf("%s: %s: a wrong expectation is not noticed", file, answer.Name)
			}
		}
	}
}

func caseManifests(t *testing.T, file string) *Manifests {
	_, manifests, err := readCase(file)
	if err != nil {
		t.Fatal(err)
	}
	return manifests
}

// TestTry puts everything back: the same question has the same answer afterwards.
func TestTry(t *testing.T) {
	one, manifests, err := readCase("cases/closed-namespace.yaml")
	if err != nil {
		t.Fatal(err)
	}
	world, err := newWorld(manifests, &one.Options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := world.loadPolicies(); err != nil {
		t.Fatal(err)
	}
	before := slices.Collect(maps.Keys(world.policies))
	request := &Request{Queries: one.Queries[:1], Delete: []string{"CiliumNetworkPolicy/shop/default-deny"}, Verdicts: true}
	reply := &Reply{}
	if err := world.try(request, reply); err != nil || reply.Verdicts[0] != allow {
		t.Fatalf("without the policy: %v %v", reply.Verdicts, err)
	}
	if answer := world.answers(one.Queries[:1])[0]; answer.Verdict != deny {
		t.Errorf("after the attempt the policy is gone: %v", answer)
	}
	if after := slices.Collect(maps.Keys(world.policies)); !slices.Equal(before, after) {
		t.Errorf("policies before %v, after %v", before, after)
	}
}
