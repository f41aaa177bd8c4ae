package main

import (
	"fmt"
	"slices"

	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// try asks with some policies changed or left out, and puts everything back.
func (w *World) try(request *Request, reply *Reply) error {
	var changed []*unstructured.Unstructured
	if request.Policies != nil {
		objects, err := readPolicies(*request.Policies)
		if err != nil {
			return err
		}
		changed = objects
	}
	touched := map[ipcachetypes.ResourceID]*loaded{}
	for resource, object := range w.policies {
		if slices.Contains(request.Delete, object.name) {
			touched[resource] = object
		}
	}
	if len(touched) < len(request.Delete) {
		return fmt.Errorf("delete: not all of %v are loaded", request.Delete)
	}
	for resource := range touched {
		w.replace(resource, "", nil)
	}
	for _, object := range changed {
		resource := resourceOf(object)
		if _, known := touched[resource]; !known {
			touched[resource] = w.policies[resource]
		}
		finding, err := w.setPolicy(object)
		if err != nil {
			return err
		}
		reply.Findings = append(reply.Findings, finding)
		if finding.refused() {
			w.replace(resource, "", nil) // the agent enforces nothing of a refused object
		}
	}
	w.reply(request, reply)
	for resource, object := range touched {
		w.restore(resource, object)
	}
	return nil
}
