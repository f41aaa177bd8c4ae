package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/u8proto"
)

// Query asks whether one new connection may pass.
type Query struct {
	Name     string `json:"name,omitempty"`
	From     End    `json:"from"`
	To       End    `json:"to"`
	Port     any    `json:"port"`
	Protocol string `json:"protocol,omitempty"`
	Expect   string `json:"expect,omitempty"`
	L7       string `json:"l7,omitempty"`
	By       string `json:"by,omitempty"`
	NotBy    string `json:"notBy,omitempty"`
}

// Direction is the answer of one end's policy map.
type Direction struct {
	Verdict string   `json:"verdict"`      // allow or deny
	By      []string `json:"by,omitempty"` // deciding policies, or Cilium's synthetic rules in brackets
	L7      []string `json:"l7,omitempty"` // what a proxy lets through
	Note    string   `json:"note,omitempty"`
	// Selected tells a pod that some policy selects in this direction, enforced or not, from one without any.
	Selected bool `json:"selected,omitempty"`
}

// Answer is allow only if both ends allow it, for each pair of pods that the query names.
type Answer struct {
	Name     string    `json:"name,omitempty"`
	Verdict  string    `json:"verdict,omitempty"`
	Egress   Direction `json:"egress"`
	Ingress  Direction `json:"ingress"`
	Error    string    `json:"error,omitempty"`
	Failures []string  `json:"failures,omitempty"` // unmet expectations of the query
}

const (
	allow     = "allow"
	deny      = "deny"
	unmanaged = "not a managed endpoint"
)

// pair is one flow between two identities.
type pair struct {
	from, to side
	port     uint16
	protocol u8proto.U8proto
}

// answers resolves all ends before it asks, so that new identities invalidate policy maps once.
func (w *World) answers(queries []Query) []Answer {
	pairs := make([][]pair, len(queries))
	found := make([]Answer, len(queries))
	for i := range queries {
		var err error
		if pairs[i], err = w.pairs(&queries[i]); err != nil {
			found[i].Error = err.Error()
		}
	}
	for i := range queries {
		if found[i].Error == "" {
			found[i] = w.askAll(pairs[i])
		}
		found[i].Name = queries[i].title()
		found[i].Failures = queries[i].failures(&found[i])
	}
	return found
}

func (q *Query) title() string {
	if q.Name != "" {
		return q.Name
	}
	return fmt.Sprintf("%s -> %s %s/%s", q.From.text(), q.To.text(), portText(q.Port), q.protocolName())
}

func (e *End) text() string {
	for _, part := range []string{e.Pod, e.Service, e.Entity, e.FQDN, e.CIDR} {
		if part != "" {
			return part
		}
	}
	return fmt.Sprintf("%s/%v", e.Namespace, e.Labels)
}

func (q *Query) protocolName() string {
	if q.Protocol == "" {
		return "TCP"
	}
	return strings.ToUpper(q.Protocol)
}

func (w *World) pairs(query *Query) ([]pair, error) {
	protocol, err := u8proto.ParseProtocol(query.protocolName())
	if err != nil {
		return nil, err
	}
	from, err := w.sides(&query.From, query.Port, protocol)
	if err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	to, err := w.sides(&query.To, query.Port, protocol)
	if err != nil {
		return nil, fmt.Errorf("to: %w", err)
	}
	var found []pair
	for _, source := range from {
		for _, target := range to {
			port, err := target.numberOf(query.Port, protocol)
			if err != nil {
				return nil, err
			}
			if port == 0 {
				return nil, fmt.Errorf("port 0 is no port of a packet")
			}
			found = append(found, pair{from: source, to: target, port: port, protocol: protocol})
		}
	}
	return found, nil
}

// askAll reports the first refused pair, or the first one.
func (w *World) askAll(pairs []pair) Answer {
	var first Answer
	for i, one := range pairs {
		answer := w.ask(&one)
		if i == 0 || answer.Error != "" || answer.Verdict == deny {
			first = answer
		}
		if answer.Error != "" || answer.Verdict == deny {
			break
		}
	}
	return first
}

func (w *World) ask(one *pair) Answer {
	answer := Answer{Verdict: allow}
	var err error
	if answer.Egress, err = w.direction(&one.from, &one.to, one, false); err == nil {
		answer.Ingress, err = w.direction(&one.to, &one.from, one, true)
	}
	if err != nil {
		answer.Error = err.Error()
	}
	if answer.Egress.Verdict == deny || answer.Ingress.Verdict == deny {
		answer.Verdict = deny
	}
	return answer
}

func key(ingress bool) policy.Key {
	if ingress {
		return policy.IngressKey()
	}
	return policy.EgressKey()
}

// direction asks the policy map of the subject about its peer.
func (w *World) direction(subject, peer *side, one *pair, ingress bool) (Direction, error) {
	if !subject.managed {
		return Direction{Verdict: allow, Note: unmanaged}, nil
	}
	made, err := w.policyMap(subject.id)
	if err != nil {
		return Direction{}, err
	}
	id := peer.id
	entry, meta, found := made.Lookup(key(ingress).WithIdentity(id.ID).WithPortProto(one.protocol, one.port))
	note := ""
	if !entry.IsDeny() && peer.fqdn != "" && !w.options.NoDNSCheck && !ingress {
		entry, meta, found = made.Lookup(key(ingress).WithIdentity(peer.plain.ID).WithPortProto(one.protocol, one.port))
		if !entry.IsDeny() {
			id = peer.plain
		} else if dnsAllows(made, peer.fqdn) {
			entry, meta, found = made.Lookup(key(ingress).WithIdentity(id.ID).WithPortProto(one.protocol, one.port))
		} else {
			note = "toFQDNs matches, but no DNS rule of this pod lets it learn the address"
		}
	}
	answer := Direction{Verdict: allow, By: policyNames(meta), Note: note, Selected: made.SelectorPolicy.EgressPolicyEnabled}
	if ingress {
		answer.Selected = made.SelectorPolicy.IngressPolicyEnabled
	}
	if entry.IsDeny() {
		answer.Verdict = deny
		if !found || len(answer.By) == 0 {
			answer.By = w.closers(subject.id, ingress)
		}
	} else if entry.IsRedirectEntry() {
		answer.L7 = w.proxied(made, id, one, ingress)
	}
	return answer, nil
}

// failures compares the answer with what the query expects.
func (q *Query) failures(answer *Answer) []string {
	if answer.Error != "" {
		return []string{answer.Error}
	}
	var failed []string
	if q.Expect != "" && q.Expect != answer.Verdict {
		failed = append(failed, fmt.Sprintf("expected %s, got %s", q.Expect, answer.Verdict))
	}
	deciding := answer.deciding()
	if q.By != "" && !slices.Contains(deciding, q.By) {
		failed = append(failed, fmt.Sprintf("expected %s among the deciding policies, got %v", q.By, deciding))
	}
	if q.NotBy != "" && slices.Contains(deciding, q.NotBy) {
		failed = append(failed, fmt.Sprintf("%s is among the deciding policies", q.NotBy))
	}
	proxied := append(slices.Clone(answer.Egress.L7), answer.Ingress.L7...)
	switch {
	case q.L7 == "none" && len(proxied) > 0:
		failed = append(failed, fmt.Sprintf("expected no proxy, got %v", proxied))
	case q.L7 != "" && q.L7 != "none" && !slices.ContainsFunc(proxied, func(text string) bool { return strings.HasPrefix(text, q.L7) }):
		failed = append(failed, fmt.Sprintf("expected l7 %s, got %v", q.L7, proxied))
	}
	return failed
}

// deciding lists the policies behind the answers of both ends.
func (a *Answer) deciding() []string {
	return append(slices.Clone(a.Egress.By), a.Ingress.By...)
}

// selects is true if the selector of a policy chose the identity.
func selects(selector policy.CachedSelector, id *identity.Identity) bool {
	return selector.IsWildcard() || selector.Selects(id.ID)
}
