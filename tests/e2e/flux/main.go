// Two commands of the flux CLI, on the libraries that it calls itself: flux cannot be had as an ordinary Go module.
//
//	flux build kustomization NAME --path DIR --kustomization-file FILE --dry-run [--copy ROOT]
//	flux envsubst [--strict]
//
// `build` follows fluxcd/flux2 internal/build: generate a kustomization.yaml where none is, build with the plugin
// configuration of kustomize-controller, substitute, label with the owner. `envsubst` reads line by line as flux does,
// with the same limit on a line's length. flux edits DIR and puts it back afterwards; here a copy of DIR is edited, or
// with `--copy` one of ROOT, where DIR reaches for components beside it.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/envsubst"
	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "✗", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) > 0 && args[0] == "envsubst":
		return substitute(os.Stdin, os.Stdout, len(args) > 1 && args[1] == "--strict")
	case len(args) > 2 && args[0] == "build" && (args[1] == "kustomization" || args[1] == "ks"):
		flags := map[string]string{}
		for i := 3; i < len(args); i++ {
			if args[i] != "--dry-run" && i+1 < len(args) {
				flags[args[i]] = args[i+1]
				i++
			}
		}
		return build(args[2], flags["--path"], flags["--copy"], flags["--kustomization-file"], os.Stdout)
	}
	return fmt.Errorf("only `envsubst` and `build kustomization` are here, got %q", args)
}

func substitute(in io.Reader, out io.Writer, strict bool) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line, err := envsubst.EvalEnv(lines.Text(), strict)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, line)
	}
	return nil // a line beyond the scanner's buffer ends the loop, and flux does not look why
}

func build(name, dir, root, file string, out io.Writer) error {
	ks, err := kustomization(name, file)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "flux-build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if root == "" {
		root = dir
	}
	if err := os.CopyFS(work, os.DirFS(root)); err != nil {
		return err
	}
	below, err := filepath.Rel(root, dir)
	if err != nil {
		return err
	}
	work = filepath.Join(work, below)
	if _, err := kustomize.NewGenerator("", ks).WriteFile(work); err != nil {
		return fmt.Errorf("failed to generate kustomization.yaml: %w", err)
	}
	m, err := kustomize.Build(filesys.MakeFsOnDisk(), filepath.Clean(work))
	if err != nil {
		return fmt.Errorf("kustomize build failed: %w", err)
	}
	if err := finish(m, ks); err != nil {
		return err
	}
	return write(m, out)
}

func kustomization(name, file string) (unstructured.Unstructured, error) {
	var ks unstructured.Unstructured
	data, err := os.ReadFile(file)
	if err != nil {
		return ks, err
	}
	for _, doc := range strings.Split("\n"+string(data), "\n---") {
		ks = unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(doc), &ks.Object); err != nil {
			return ks, err
		}
		if ks.Object != nil && ks.GetKind() == "Kustomization" && ks.GetName() == name {
			return ks, valid([]byte(doc))
		}
	}
	return ks, fmt.Errorf("failed find kustomization with name '%s' in file '%s'", name, file)
}

// valid holds the object to the controller's own type, strictly, and to what its schema requires.
func valid(doc []byte) error {
	var ks kustomizev1.Kustomization
	if err := yaml.UnmarshalStrict(doc, &ks); err != nil {
		return fmt.Errorf("failed to unmarshall kustomization: %w", err)
	}
	switch {
	case ks.APIVersion != kustomizev1.GroupVersion.String():
		return fmt.Errorf("Kustomization %s: apiVersion is %q", ks.Name, ks.APIVersion)
	case ks.Spec.Interval.Duration <= 0:
		return fmt.Errorf("Kustomization %s: spec.interval is missing", ks.Name)
	case ks.Spec.SourceRef.Kind == "" || ks.Spec.SourceRef.Name == "":
		return fmt.Errorf("Kustomization %s: spec.sourceRef is missing", ks.Name)
	}
	return nil
}

func finish(m resmap.ResMap, ks unstructured.Unstructured) error {
	_, hasPostBuild, _ := unstructured.NestedMap(ks.Object, "spec", "postBuild")
	for _, res := range m.Resources() {
		if hasPostBuild {
			changed, err := kustomize.SubstituteVariables(context.Background(), nil, ks, res, kustomize.SubstituteWithDryRun(true))
			if err != nil {
				return fmt.Errorf("var substitution failed for '%s': %w", res.GetName(), err)
			}
			if changed != nil {
				if _, err := m.Replace(res); err != nil {
					return err
				}
			}
		}
		for key, value := range map[string]string{"name": ks.GetName(), "namespace": ks.GetNamespace()} {
			if err := res.PipeE(kyaml.SetLabel("kustomize.toolkit.fluxcd.io/"+key, value)); err != nil {
				return err
			}
		}
	}
	return nil
}

func write(m resmap.ResMap, out io.Writer) error {
	for _, res := range m.Resources() {
		text, err := yaml.Marshal(res)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s---\n", text)
	}
	return nil
}
