package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Case is one self-contained file: a claim about Cilium with the queries that prove it.
type Case struct {
	Name    string
	Claim   string
	Options Options
	Base    string // another file of the same directory, loaded first
	Cluster string
	Check   []struct {
		Policy, Schema, Parse, Warn string
		OK                          bool
	}
	Queries []Query
}

func runTest(s *settings) (int, error) {
	var files []string
	for _, path := range s.set.Args() {
		if info, err := os.Stat(path); err != nil {
			return 1, err
		} else if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found, err := filepath.Glob(filepath.Join(path, "*.yaml"))
		if err != nil {
			return 1, err
		}
		files = append(files, found...)
	}
	checks, flows, failed := 0, 0, 0
	for _, file := range files {
		one, failures, err := runCase(file, s.verbose)
		if err != nil {
			failures = append(failures, err.Error())
		}
		for _, failure := range failures {
			fmt.Printf("%s: %s\n", filepath.Base(file), failure)
		}
		if len(failures) > 0 {
			failed++
		}
		checks, flows = checks+len(one.Check), flows+len(one.Queries)
	}
	fmt.Printf("%d cases, %d policy checks, %d flows, %d failed\n", len(files), checks, flows, failed)
	if failed > 0 || len(files) == 0 {
		return 1, nil
	}
	return 0, nil
}

func readCase(file string) (*Case, *Manifests, error) {
	one := &Case{}
	text, err := os.ReadFile(file)
	if err != nil {
		return one, nil, err
	}
	if err := yaml.UnmarshalStrict(text, one); err != nil {
		return one, nil, err
	}
	manifests := newManifests()
	if one.Base != "" {
		if err := manifests.readPaths([]string{filepath.Join(filepath.Dir(file), one.Base)}); err != nil {
			return one, nil, err
		}
	}
	return one, manifests, manifests.readText("cluster", []byte(one.Cluster))
}

func runCase(file string, verbose bool) (*Case, []string, error) {
	one, manifests, err := readCase(file)
	if err != nil {
		return one, nil, err
	}
	world, err := newWorld(manifests, &one.Options)
	if err != nil {
		return one, nil, err
	}
	findings, err := world.loadPolicies()
	if err != nil {
		return one, nil, err
	}
	failures := one.checkFailures(findings)
	for _, answer := range world.answers(one.Queries) {
		if verbose {
			writeLine(os.Stdout, answer)
		}
		for _, failure := range answer.Failures {
			failures = append(failures, answer.Name+": "+failure)
		}
	}
	return one, failures, nil
}

// checkFailures holds the findings against the case: a refusal that no entry expects fails too.
func (c *Case) checkFailures(findings []*Finding) []string {
	var failures []string
	byName := map[string]*Finding{}
	for _, finding := range findings {
		byName[finding.Policy] = finding
	}
	expected := map[string]bool{}
	for _, entry := range c.Check {
		expected[entry.Policy] = true
		finding := byName[entry.Policy]
		if finding == nil {
			failures = append(failures, entry.Policy+": no such policy in the case")
			continue
		}
		if entry.OK && finding.refused() {
			failures = append(failures, "expected ok: "+finding.String())
		}
		schema := strings.Join(finding.Schema, "\n")
		if entry.Schema != "" && !strings.Contains(schema, entry.Schema) {
			failures = append(failures, fmt.Sprintf("%s: expected schema refusal %q, got %q", entry.Policy, entry.Schema, schema))
		}
		if entry.Parse != "" && !strings.Contains(finding.Parse, entry.Parse) {
			failures = append(failures, fmt.Sprintf("%s: expected parse refusal %q, got %q", entry.Policy, entry.Parse, finding.Parse))
		}
		warns := func(text string) bool { return strings.Contains(text, entry.Warn) }
		if entry.Warn != "" && !slices.ContainsFunc(finding.Warn, warns) {
			failures = append(failures, fmt.Sprintf("%s: expected warning %q, got %v", entry.Policy, entry.Warn, finding.Warn))
		}
	}
	for _, finding := range findings {
		if finding.refused() && !expected[finding.Policy] {
			failures = append(failures, "unexpected refusal: "+finding.String())
		}
	}
	return failures
}

// loadPolicies puts every policy of the manifests into the repository; a refused one is left out.
func (w *World) loadPolicies() ([]*Finding, error) {
	var findings []*Finding
	for _, object := range w.manifests.Policies {
		finding, err := w.setPolicy(object)
		if err != nil {
			return nil, err
		}
		findings = append(findings, finding)
	}
	for _, object := range w.manifests.NetworkPolicies {
		if err := w.setNetworkPolicy(object); err != nil {
			return nil, err
		}
	}
	w.base = maps.Clone(w.policies)
	return findings, nil
}
