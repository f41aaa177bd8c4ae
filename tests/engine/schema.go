package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cilium/cilium/pkg/k8s/apis/cilium.io/client"
	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	sigsjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// crd is what an API server checks of one kind: its OpenAPI schema and the fields that schema knows.
type crd struct {
	validator  validation.SchemaValidator
	structural *schema.Structural
}

// CRDSet holds the two policy kinds of one Cilium version.
type CRDSet struct {
	name  string // "" for the linked version
	kinds map[string]*crd
}

const (
	kindCNP  = "CiliumNetworkPolicy"
	kindCCNP = "CiliumClusterwideNetworkPolicy"
)

var crdFiles = map[string]string{
	kindCNP:  "ciliumnetworkpolicies.yaml",
	kindCCNP: "ciliumclusterwidenetworkpolicies.yaml",
}

var linkedCRDs *CRDSet

// ownCRDs are the schemas of the Cilium version this program is linked with.
func ownCRDs() (*CRDSet, error) {
	if linkedCRDs != nil {
		return linkedCRDs, nil
	}
	set := &CRDSet{kinds: map[string]*crd{}}
	for kind, name := range map[string]string{kindCNP: client.CNPCRDName, kindCCNP: client.CCNPCRDName} {
		definition := client.GetPregeneratedCRD(quiet, name)
		made, err := newCRD(&definition)
		if err != nil {
			return nil, err
		}
		set.kinds[kind] = made
	}
	linkedCRDs = set
	return set, nil
}

// readCRDs takes the schemas from a directory with the two CRD files, as Cilium's source keeps them.
func readCRDs(name, directory string) (*CRDSet, error) {
	set := &CRDSet{name: name, kinds: map[string]*crd{}}
	for kind, file := range crdFiles {
		text, err := os.ReadFile(filepath.Join(directory, file))
		if err != nil {
			return nil, err
		}
		var definition apiextv1.CustomResourceDefinition
		if err := yaml.Unmarshal(text, &definition); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if set.kinds[kind], err = newCRD(&definition); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return set, nil
}

func newCRD(definition *apiextv1.CustomResourceDefinition) (*crd, error) {
	for _, version := range definition.Spec.Versions {
		if version.Name != "v2" || version.Schema == nil {
			continue
		}
		// The round trip through JSON fills in what the API server defaults in a schema.
		raw, err := json.Marshal(version.Schema)
		if err != nil {
			return nil, err
		}
		var external apiextv1.CustomResourceValidation
		if err := json.Unmarshal(raw, &external); err != nil {
			return nil, err
		}
		var internal apiext.CustomResourceValidation
		err = apiextv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(&external, &internal, nil)
		if err != nil {
			return nil, err
		}
		validator, _, err := validation.NewSchemaValidator(internal.OpenAPIV3Schema)
		if err != nil {
			return nil, err
		}
		structural, err := schema.NewStructural(internal.OpenAPIV3Schema)
		if err != nil {
			return nil, err
		}
		return &crd{validator: validator, structural: structural}, nil
	}
	return nil, fmt.Errorf("%s has no version v2", definition.Name)
}

// refusals are what an API server would say about the object, each with the path of the field.
func (set *CRDSet) refusals(object *unstructured.Unstructured) []string {
	made := set.kinds[object.GetKind()]
	var found []string
	if version := object.GetAPIVersion(); version != "cilium.io/v2" {
		found = append(found, fmt.Sprintf("apiVersion: %q is not cilium.io/v2", version))
	}
	for _, err := range validation.ValidateCustomResource(nil, object.Object, made.validator) {
		found = append(found, err.Error())
	}
	tracked := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	for _, path := range pruning.PruneWithOptions(object.DeepCopy().Object, made.structural, true, tracked) {
		found = append(found, fmt.Sprintf("%s: unknown field", path))
	}
	found = append(found, metadataRefusals(object)...)
	if set.name != "" {
		for i := range found {
			found[i] = set.name + ": " + found[i]
		}
	}
	return found
}

// metadataRefusals checks names, labels and annotations with Kubernetes' own functions.
func metadataRefusals(object *unstructured.Unstructured) []string {
	raw, err := json.Marshal(object.Object["metadata"])
	if err != nil {
		return []string{err.Error()}
	}
	var meta metav1.ObjectMeta
	strict, err := sigsjson.UnmarshalStrict(raw, &meta)
	if err != nil {
		return []string{"metadata: " + err.Error()}
	}
	var found []string
	for _, err := range strict {
		found = append(found, "metadata: "+err.Error())
	}
	namespaced := object.GetKind() == kindCNP
	path := field.NewPath("metadata")
	for _, err := range apivalidation.ValidateObjectMeta(&meta, namespaced, apivalidation.NameIsDNSSubdomain, path) {
		found = append(found, err.Error())
	}
	if strings.Contains(meta.Name, "/") {
		found = append(found, "metadata.name: must not contain '/'")
	}
	return found
}
