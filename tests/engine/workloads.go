package main

import (
	"encoding/json"
	"fmt"
	"maps"

	slim_corev1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/core/v1"
)

// Workload is one Pod, or the pods that a controller makes from its template.
type Workload struct {
	Kind, Namespace, Name string
	Owner                 string // a Pod's controller by name, or ""
	Pod                   *slim_corev1.Pod
	ControlPlane          string // the `component` label of a hostNetwork pod
}

type podTemplate struct {
	Metadata struct {
		Name, Namespace string
		Labels          map[string]string
		OwnerReferences []struct{ Kind, Name string }
	}
	Spec json.RawMessage
}

func (m *Manifests) addWorkload(raw []byte) error {
	var object struct {
		Kind     string
		Metadata struct{ Name, Namespace string }
		Spec     struct {
			Template    podTemplate
			JobTemplate struct {
				Spec struct{ Template podTemplate }
			}
		}
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return err
	}
	work := &Workload{Kind: object.Kind, Namespace: object.Metadata.Namespace, Name: object.Metadata.Name}
	template := object.Spec.Template
	switch object.Kind {
	case "Pod":
		if err := json.Unmarshal(raw, &template); err != nil {
			return err
		}
		if owners := template.Metadata.OwnerReferences; len(owners) > 0 {
			work.Owner = owners[0].Name
		}
	case "CronJob":
		template = object.Spec.JobTemplate.Spec.Template
	}
	if work.Namespace == "" {
		work.Namespace = "default"
	}
	pod, err := podOf(work, template)
	if err != nil {
		return fmt.Errorf("%s %s/%s: %w", work.Kind, work.Namespace, work.Name, err)
	}
	work.Pod = pod
	if pod.Spec.HostNetwork {
		work.ControlPlane = pod.Labels["component"]
	}
	m.Workloads = append(m.Workloads, work)
	return nil
}

func podOf(work *Workload, template podTemplate) (*slim_corev1.Pod, error) {
	pod := &slim_corev1.Pod{}
	pod.Namespace, pod.Name = work.Namespace, work.Name
	pod.Labels = maps.Clone(template.Metadata.Labels)
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	maps.Copy(pod.Labels, controllerLabels(work))
	if len(template.Spec) > 0 {
		if err := json.Unmarshal(template.Spec, &pod.Spec); err != nil {
			return nil, err
		}
	}
	if pod.Spec.ServiceAccountName == "" {
		pod.Spec.ServiceAccountName = olderServiceAccount(template.Spec)
	}
	for c := range pod.Spec.Containers {
		ports := pod.Spec.Containers[c].Ports
		for p := range ports {
			if ports[p].Protocol == "" {
				ports[p].Protocol = slim_corev1.ProtocolTCP
			}
		}
	}
	return pod, nil
}

// olderServiceAccount reads the deprecated alias; the admission plugin fills in "default".
func olderServiceAccount(spec json.RawMessage) string {
	var old struct{ ServiceAccount string }
	if len(spec) > 0 && json.Unmarshal(spec, &old) == nil && old.ServiceAccount != "" {
		return old.ServiceAccount
	}
	return "default"
}

// controllerLabels are what controllers add to their pods: the identity filter must be seen to drop or keep them.
func controllerLabels(work *Workload) map[string]string {
	jobLabels := func(name string) map[string]string {
		return map[string]string{
			"batch.kubernetes.io/job-name": name, "job-name": name,
			"batch.kubernetes.io/controller-uid": "0", "controller-uid": "0",
		}
	}
	switch work.Kind {
	case "Deployment", "ReplicaSet":
		return map[string]string{"pod-template-hash": "0"}
	case "StatefulSet":
		return map[string]string{
			"controller-revision-hash": work.Name + "-0", "apps.kubernetes.io/pod-index": "0",
			"statefulset.kubernetes.io/pod-name": work.Name + "-0",
		}
	case "DaemonSet":
		return map[string]string{"controller-revision-hash": "0", "pod-template-generation": "1"}
	case "Job":
		return jobLabels(work.Name)
	case "CronJob":
		return jobLabels(work.Name + "-0")
	}
	return nil
}
