// Command judge asks Cilium's own policy engine: is a policy accepted, and may a flow pass?
//
// Nothing of the policy semantics lives here: parser, schema, identities, repository and policy map are Cilium's.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

const usage = `judge COMMAND [flags]
  check FILE...                              schema, metadata and Parse of every policy; exit 1 if one is refused
  flows --cluster FILES --queries FILE       one JSON answer a line; exit 1 if an expectation fails, 2 if a policy is refused
  identities --cluster FILES                 identity labels of every pod
  test DIRECTORY|FILE...                     self-contained cases; exit 1 if one fails
  serve                                      JSON requests on stdin, one a line; JSON answers on stdout
FILES may be files, directories and "-", repeated or separated by commas.`

// paths is a flag that takes files repeatedly or separated by commas.
type paths []string

func (p *paths) String() string { return strings.Join(*p, ",") }
func (p *paths) Set(text string) error {
	*p = append(*p, strings.Split(text, ",")...)
	return nil
}

// settings are the flags of the commands that load a cluster.
type settings struct {
	set         *flag.FlagSet
	options     Options
	cluster     paths
	crds        paths
	queries     string
	strict      bool
	skipInvalid bool
	verbose     bool
}

func newSettings(command string) *settings {
	s := &settings{set: flag.NewFlagSet(command, flag.ExitOnError)}
	s.set.Var(&s.cluster, "cluster", "manifests of the cluster")
	s.set.Var(&s.crds, "crds", "check against the CRDs in NAME=DIRECTORY too")
	s.set.StringVar(&s.queries, "queries", "", "file with a list of queries, or a mapping with queries")
	s.set.BoolVar(&s.strict, "strict", false, "check: warnings fail")
	s.set.BoolVar(&s.skipInvalid, "skip-invalid", false, "flows: drop a refused policy, as a cluster does")
	s.set.BoolVar(&s.verbose, "v", false, "test: print every answer")
	s.set.StringVar(&s.options.ClusterName, "cluster-name", "", "agent: cluster-name")
	s.set.BoolVar(&s.options.IPv6, "ipv6", false, "agent: enable-ipv6")
	s.set.StringVar(&s.options.EnablePolicy, "enable-policy", "", "agent: default, always or never")
	s.set.StringVar(&s.options.AllowLocalhost, "allow-localhost", "", "agent: always or policy")
	s.set.Var((*paths)(&s.options.PolicyCIDRMatchMode), "policy-cidr-match-mode", "agent: nodes, pods")
	s.set.BoolVar(&s.options.NodeSelectorLabels, "node-selector-labels", false, "agent: enable-node-selector-labels")
	s.set.BoolVar(&s.options.AnyCluster, "any-cluster", false, "agent: policy-default-local-cluster=false")
	s.set.BoolVar(&s.options.NoDNSCheck, "no-dns-check", false, "toFQDNs need no DNS rule of the pod")
	return s
}

func main() {
	// The engine logs through the default logger too; answers belong on stdout alone.
	slog.SetDefault(quiet)
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(64)
	}
	s := newSettings(os.Args[1])
	_ = s.set.Parse(os.Args[2:])
	commands := map[string]func(*settings) (int, error){
		"check": runCheck, "flows": runFlows, "identities": runIdentities, "test": runTest,
		"serve": func(*settings) (int, error) { return 0, serve(os.Stdin, os.Stdout) },
	}
	run, known := commands[os.Args[1]]
	if !known {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(64)
	}
	code, err := run(s)
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

func runCheck(s *settings) (int, error) {
	manifests := newManifests()
	if err := manifests.readPaths(s.set.Args()); err != nil {
		return 1, err
	}
	own, err := ownCRDs()
	if err != nil {
		return 1, err
	}
	sets := []*CRDSet{own}
	for _, text := range s.crds {
		name, directory, found := strings.Cut(text, "=")
		if !found {
			directory = name
		}
		set, err := readCRDs(name, directory)
		if err != nil {
			return 1, err
		}
		sets = append(sets, set)
	}
	if err := s.options.activate(); err != nil {
		return 1, err
	}
	code := 0
	for _, object := range manifests.Policies {
		finding, _, _ := check(object, sets, &s.options)
		fmt.Println(finding)
		if finding.refused() || (s.strict && len(finding.Warn) > 0) {
			code = 1
		}
	}
	return code, nil
}

// loadWorld reads the cluster and its policies.
func (s *settings) loadWorld() (*World, []*Finding, error) {
	manifests := newManifests()
	if err := manifests.readPaths(s.cluster); err != nil {
		return nil, nil, err
	}
	world, err := newWorld(manifests, &s.options)
	if err != nil {
		return nil, nil, err
	}
	findings, err := world.loadPolicies()
	return world, findings, err
}

func runFlows(s *settings) (int, error) {
	text, err := os.ReadFile(s.queries)
	if err != nil {
		return 1, err
	}
	queries, err := parseQueries(text)
	if err != nil {
		return 1, fmt.Errorf("%s: %w", s.queries, err)
	}
	world, findings, err := s.loadWorld()
	if err != nil {
		return 1, err
	}
	for _, finding := range findings {
		if finding.refused() {
			fmt.Fprintln(os.Stderr, finding)
			if !s.skipInvalid {
				return 2, nil
			}
		}
	}
	code := 0
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, answer := range world.answers(queries) {
		if len(answer.Failures) > 0 {
			code = 1
		}
		writeLine(out, answer)
	}
	return code, nil
}

// parseQueries reads a list, or a mapping with `queries` or `flows`.
func parseQueries(text []byte) ([]Query, error) {
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	var list []Query
	if json.Unmarshal(raw, &list) == nil {
		return list, nil
	}
	var mapping struct{ Queries, Flows []Query }
	err = json.Unmarshal(raw, &mapping)
	return append(mapping.Queries, mapping.Flows...), err
}

func runIdentities(s *settings) (int, error) {
	world, _, err := s.loadWorld()
	if err != nil {
		return 1, err
	}
	for _, line := range world.identities() {
		fmt.Println(line)
	}
	return 0, nil
}

// identities gives one line per pod: its name and the labels of its identity.
func (w *World) identities() []string {
	var lines []string
	for _, work := range w.manifests.Workloads {
		made := w.workloadSide(work, false)
		lines = append(lines, fmt.Sprintf("%s %s/%s: %s", work.Kind, work.Namespace, work.Name, made.id.LabelArray))
	}
	return lines
}

func writeLine(out io.Writer, value any) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
}
