// The Go peer of the speed comparison: a KRM function on kyaml that does no more than append one policy per
// namespace. It stands for what a function in Go costs at least.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/kyaml/fn/framework"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const policy = `apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata:
  name: default-deny
  namespace: %s
spec:
  endpointSelector: {}
  ingress:
  - {}
  egress:
  - {}
`

func process(list *framework.ResourceList) error {
	for _, item := range list.Items {
		if item.GetKind() != "Namespace" {
			continue
		}
		made, err := yaml.Parse(fmt.Sprintf(policy, item.GetName()))
		if err != nil {
			return err
		}
		list.Items = append(list.Items, made)
	}
	return nil
}

func main() {
	stream := &kio.ByteReadWriter{Reader: os.Stdin, Writer: os.Stdout, KeepReaderAnnotations: true}
	if err := framework.Execute(framework.ResourceListProcessorFunc(process), stream); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
