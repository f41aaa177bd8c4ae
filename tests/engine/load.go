package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
	slim_networkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	cilium_v2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
)

// Manifests are the objects of one cluster that matter to policy; every other kind is ignored.
type Manifests struct {
	Namespaces      map[string]map[string]string // name to labels
	Workloads       []*Workload
	Services        []*Service
	Slices          []*EndpointSlice
	CIDRGroups      []*cilium_v2.CiliumCIDRGroup
	Policies        []*unstructured.Unstructured // CNP and CCNP
	NetworkPolicies []*slim_networkingv1.NetworkPolicy
}

// Service and EndpointSlice hold the few fields the judge follows.
type Service struct {
	Metadata struct {
		Name, Namespace string
		Labels          map[string]string
	}
	Spec struct {
		Selector     map[string]string
		ExternalName string
		Ports        []struct {
			Name, Protocol string
			Port           int
			TargetPort     any
		}
	}
}

type EndpointSlice struct {
	Metadata struct {
		Name, Namespace string
		Labels          map[string]string
	}
	Endpoints []struct{ Addresses []string }
	Ports     []struct {
		Name, Protocol string
		Port           int
	}
}

var kindsRead = []string{
	"Namespace", "Service", "EndpointSlice", "CiliumCIDRGroup", "NetworkPolicy", "List", "ResourceList",
	"CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy",
	"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob",
	"DeploymentConfig", "Rollout", "CloneSet", // the same shape, of OpenShift, Argo Rollouts and OpenKruise
}

func newManifests() *Manifests {
	return &Manifests{Namespaces: map[string]map[string]string{}}
}

// readPaths adds every YAML or JSON file; a directory stands for its files, "-" for stdin.
func (m *Manifests) readPaths(paths []string) error {
	for _, path := range paths {
		if path == "-" {
			text, err := io.ReadAll(os.Stdin)
			if err != nil {
				return err
			}
			if err := m.readText("stdin", text); err != nil {
				return err
			}
			continue
		}
		err := filepath.WalkDir(path, func(file string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			if file != path && !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(file)) {
				return nil
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			return m.readText(file, text)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readText adds every document of one YAML or JSON stream; name says in errors which one it was.
func (m *Manifests) readText(name string, text []byte) error {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for number := 1; ; number++ {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: document %d: %w", name, number, err)
		}
		if !mayMatter(document) {
			continue
		}
		raw, err := yaml.YAMLToJSON(document)
		if err != nil {
			return fmt.Errorf("%s: document %d: %w", name, number, err)
		}
		if err := m.add(raw); err != nil {
			return fmt.Errorf("%s: document %d: %w", name, number, err)
		}
	}
}

// mayMatter is false for a block-style document whose kind is not read: parsing CRDs takes most of the time.
func mayMatter(document []byte) bool {
	for line := range bytes.Lines(document) {
		rest, found := bytes.CutPrefix(line, []byte("kind:"))
		if !found {
			continue
		}
		kind := strings.Trim(strings.TrimSpace(string(rest)), `"'`)
		kind, _, _ = strings.Cut(kind, " #")
		return slices.Contains(kindsRead, strings.TrimSpace(kind))
	}
	return true
}

// add files one object under its kind; lists are flattened.
func (m *Manifests) add(raw []byte) error {
	var head struct {
		APIVersion, Kind string
		Items            []json.RawMessage
		Metadata         struct {
			Name, Namespace string
			Labels          map[string]string
		}
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		if raw[0] != '{' {
			return nil // a scalar or a sequence is no object
		}
		var kind struct{ Kind string }
		if json.Unmarshal(raw, &kind); !slices.Contains(kindsRead, kind.Kind) {
			return nil
		}
		if !strings.HasPrefix(kind.Kind, "Cilium") {
			return err
		}
	}
	group, _, _ := strings.Cut(head.APIVersion, "/")
	switch head.Kind {
	case "List", "ResourceList":
		for _, item := range head.Items {
			if err := m.add(item); err != nil {
				return err
			}
		}
	case "Namespace":
		m.Namespaces[head.Metadata.Name] = head.Metadata.Labels
	case "Service":
		if head.APIVersion == "v1" {
			return appendDecoded(raw, &m.Services)
		}
	case "EndpointSlice":
		return appendDecoded(raw, &m.Slices)
	case "CiliumCIDRGroup":
		return appendDecoded(raw, &m.CIDRGroups)
	case "NetworkPolicy":
		if group == "networking.k8s.io" {
			return appendDecoded(raw, &m.NetworkPolicies)
		}
	case "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy":
		object := map[string]any{}
		if err := json.Unmarshal(raw, &object); err != nil {
			return err
		}
		policy := &unstructured.Unstructured{Object: object}
		if head.Kind == kindCCNP {
			// kustomize and Flux set one on every object; the API server takes it off what is cluster-scoped.
			unstructured.RemoveNestedField(object, "metadata", "namespace")
		}
		m.Policies = append(m.Policies, policy)
	default:
		if slices.Contains(kindsRead, head.Kind) {
			return m.addWorkload(raw)
		}
	}
	return nil
}

func appendDecoded[T any](raw []byte, list *[]*T) error {
	object := new(T)
	if err := json.Unmarshal(raw, object); err != nil {
		return err
	}
	*list = append(*list, object)
	return nil
}

// namespace returns the labels the API server would give it, known or not.
func (m *Manifests) namespace(name string) *slim_corev1.Namespace {
	labels := map[string]string{"kubernetes.io/metadata.name": name}
	for key, value := range m.Namespaces[name] {
		labels[key] = value
	}
	namespace := &slim_corev1.Namespace{}
	namespace.Name = name
	namespace.Labels = labels
	return namespace
}
