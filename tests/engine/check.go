package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	cilium_v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slim_metav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Finding is what the API server (Schema) and the agent (Parse) say about one policy.
type Finding struct {
	Policy string   `json:"policy"` // Kind/namespace/name
	Schema []string `json:"schema,omitempty"`
	Parse  string   `json:"parse,omitempty"`
	Warn   []string `json:"warn,omitempty"`
}

func (f *Finding) refused() bool { return len(f.Schema) > 0 || f.Parse != "" }

func (f *Finding) String() string {
	lines := []string{f.Policy + ": ok"}
	if f.refused() {
		lines[0] = f.Policy + ": REFUSED"
	}
	for _, text := range f.Schema {
		lines = append(lines, "  schema: "+text)
	}
	if f.Parse != "" {
		lines = append(lines, "  parse: "+f.Parse)
	}
	for _, text := range f.Warn {
		lines = append(lines, "  warning: "+text)
	}
	return strings.Join(lines, "\n")
}

func policyName(object *unstructured.Unstructured) string {
	metadata, _ := object.Object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	namespace, _ := metadata["namespace"].(string)
	return joinName(object.GetKind(), namespace, name)
}

func joinName(kind, namespace, name string) string {
	if namespace == "" {
		return kind + "/" + name
	}
	return kind + "/" + namespace + "/" + name
}

// check judges one policy by each CRD set and by Parse; the parsed rules come back when Parse accepts it.
func check(object *unstructured.Unstructured, sets []*CRDSet, options *Options) (*Finding, *cilium_v2.CiliumNetworkPolicy, api.Rules) {
	finding := &Finding{Policy: policyName(object)}
	for _, set := range sets {
		finding.Schema = append(finding.Schema, set.refusals(object)...)
	}
	cnp, err := decodePolicy(object)
	if err != nil {
		finding.Parse = err.Error()
		return finding, nil, nil
	}
	logged := &warnings{}
	rules, err := cnp.DeepCopy().Parse(slog.New(logged), options.policyCluster())
	if err != nil {
		finding.Parse = err.Error()
	}
	finding.Warn = append(logged.texts, ruleWarnings(cnp)...)
	return finding, cnp, rules
}

// decodePolicy reads the object as the agent does: a CCNP is a CNP without namespace there.
func decodePolicy(object *unstructured.Unstructured) (*cilium_v2.CiliumNetworkPolicy, error) {
	raw, err := json.Marshal(object.Object)
	if err != nil {
		return nil, err
	}
	cnp := &cilium_v2.CiliumNetworkPolicy{}
	if err := json.Unmarshal(raw, cnp); err != nil {
		return nil, err
	}
	switch {
	case object.GetKind() == kindCCNP:
		cnp.Namespace = ""
	case cnp.Namespace == "":
		return cnp, fmt.Errorf("%s needs a namespace", kindCNP)
	}
	return cnp, nil
}

func specsOf(cnp *cilium_v2.CiliumNetworkPolicy) api.Rules {
	specs := append(api.Rules{}, cnp.Specs...)
	if cnp.Spec != nil {
		specs = append(specs, cnp.Spec)
	}
	return specs
}

// ruleWarnings names what Cilium accepts and yet does not do what the author meant.
func ruleWarnings(cnp *cilium_v2.CiliumNetworkPolicy) []string {
	var found []string
	for _, rule := range specsOf(cnp) {
		if asked := rule.EnableDefaultDeny.Ingress; asked != nil && *asked && len(rule.Ingress)+len(rule.IngressDeny) == 0 {
			found = append(found, "enableDefaultDeny.ingress is true but there is no ingress rule: no effect")
		}
		if asked := rule.EnableDefaultDeny.Egress; asked != nil && *asked && len(rule.Egress)+len(rule.EgressDeny) == 0 {
			found = append(found, "enableDefaultDeny.egress is true but there is no egress rule: no effect")
		}
		if cnp.Namespace != "" && namesOtherNamespace(rule.EndpointSelector.LabelSelector, cnp.Namespace) {
			found = append(found, "endpointSelector names a namespace, but a CiliumNetworkPolicy only selects in its own namespace")
		}
		for _, egress := range rule.Egress {
			if len(egress.ToServices) > 0 && len(egress.ToPorts) > 0 {
				found = append(found, "toServices with toPorts opens the ports to everybody while the Service is unknown")
			}
			found = append(found, negativeSelectors("egress", egress.ToEndpoints)...)
		}
		for _, ingress := range rule.Ingress {
			found = append(found, negativeSelectors("ingress", ingress.FromEndpoints)...)
		}
	}
	return found
}

func namesOtherNamespace(selector *slim_metav1.LabelSelector, own string) bool {
	if selector == nil {
		return false
	}
	for key, value := range selector.MatchLabels {
		if strings.HasSuffix(key, "io.kubernetes.pod.namespace") && value != own {
			return true
		}
	}
	return false
}

func negativeSelectors(direction string, selectors []api.EndpointSelector) []string {
	for _, selector := range selectors {
		if selector.LabelSelector == nil {
			continue
		}
		for _, expression := range selector.MatchExpressions {
			if expression.Operator == slim_metav1.LabelSelectorOpNotIn || expression.Operator == slim_metav1.LabelSelectorOpDoesNotExist {
				return []string{direction + ": a negative peer selector matches world and nodes where policy-default-local-cluster is off"}
			}
		}
	}
	return nil
}

// warnings is a log handler that keeps what Parse would write into the agent's log.
type warnings struct{ texts []string }

func (w *warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (w *warnings) WithAttrs([]slog.Attr) slog.Handler               { return w }
func (w *warnings) WithGroup(string) slog.Handler                    { return w }
func (w *warnings) Handle(_ context.Context, record slog.Record) error {
	w.texts = append(w.texts, record.Message)
	return nil
}
