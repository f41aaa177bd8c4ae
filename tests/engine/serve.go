package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Request is one line on stdin. Policies that come with the manifests of a world stay; those of `policies` are
// replaced as a whole by the next request that carries them.
type Request struct {
	Op       string            `json:"op"`
	World    string            `json:"world"`              // name of a loaded world; "" is the one of this request alone
	Files    []string          `json:"files,omitempty"`    // load: manifests
	Text     string            `json:"text,omitempty"`     // load, once, check: a YAML stream
	Options  *Options          `json:"options,omitempty"`  // load, once, check
	Policies *string           `json:"policies,omitempty"` // load, policies, once, try: a YAML stream of CNPs and CCNPs
	Delete   []string          `json:"delete,omitempty"`   // try: Kind/namespace/name to leave out
	Queries  []Query           `json:"queries,omitempty"`  // flows, once, try
	CRDs     map[string]string `json:"crds,omitempty"`     // check: name to directory
	Matrix   *Matrix           `json:"matrix,omitempty"`   // openings
	Verdicts bool              `json:"verdicts,omitempty"` // answers are bare verdicts
}

// Reply is one line on stdout; Error says what was wrong with the request.
type Reply struct {
	Error      string     `json:"error,omitempty"`
	Findings   []*Finding `json:"findings,omitempty"`
	Answers    []Answer   `json:"answers,omitempty"`
	Verdicts   []string   `json:"verdicts,omitempty"`
	Identities []string   `json:"identities,omitempty"`
	Pods       []PodInfo  `json:"pods,omitempty"`
	Openings   []Opening  `json:"openings,omitempty"`
	Asked      int        `json:"asked,omitempty"` // openings: number of verdicts taken
}

// PodInfo describes one workload of a loaded world.
type PodInfo struct {
	Name        string            `json:"name"` // namespace/Kind/name
	Namespace   string            `json:"namespace"`
	HostNetwork bool              `json:"hostNetwork,omitempty"`
	Identity    uint32            `json:"identity,omitempty"`
	Labels      map[string]string `json:"labels"`
	Ports       map[string][]int  `json:"ports"` // protocol to container ports
}

// server keeps worlds by name, each with the policies that were added to it.
type server struct {
	worlds map[string]*World
	crds   map[string]*CRDSet
}

func serve(in io.Reader, out io.Writer) error {
	s := &server{worlds: map[string]*World{}, crds: map[string]*CRDSet{}}
	reader := bufio.NewReaderSize(in, 1<<20)
	writer := bufio.NewWriter(out)
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 1 {
			var request Request
			reply := &Reply{}
			if bad := json.Unmarshal(line, &request); bad != nil {
				reply.Error = bad.Error()
			} else if bad := s.handle(&request, reply); bad != nil {
				reply.Error = bad.Error()
			}
			writeLine(writer, reply)
			if bad := writer.Flush(); bad != nil {
				return bad
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// handle answers one request; a panic inside the engine is an error of this request and ends nothing else.
func (s *server) handle(request *Request, reply *Reply) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("the engine panicked: %v", panicked)
		}
	}()
	if request.Op == "check" {
		return s.check(request, reply)
	}
	world := s.worlds[request.World]
	if request.Op == "load" || request.Op == "once" {
		made, err := s.load(request, reply)
		if err != nil {
			return err
		}
		world = made
		if request.Op == "load" {
			s.worlds[request.World] = made
			reply.Pods = made.podInfos()
		}
	}
	if world == nil {
		return fmt.Errorf("world %q is not loaded", request.World)
	}
	if err := world.options.activate(); err != nil {
		return err
	}
	switch request.Op {
	case "load":
	case "policies":
		return world.setAdded(request.Policies, reply)
	case "once", "flows":
		world.reply(request, reply)
	case "try":
		return world.try(request, reply)
	case "openings":
		return world.openings(request.Matrix, reply)
	case "identities":
		reply.Identities = world.identities()
	case "unload":
		delete(s.worlds, request.World)
	default:
		return fmt.Errorf("unknown op %q", request.Op)
	}
	return nil
}

func (w *World) reply(request *Request, reply *Reply) {
	answers := w.answers(request.Queries)
	if !request.Verdicts {
		reply.Answers = answers
		return
	}
	for _, answer := range answers {
		if answer.Error != "" {
			answer.Verdict = "error: " + answer.Error
		}
		reply.Verdicts = append(reply.Verdicts, answer.Verdict)
	}
}

func (s *server) load(request *Request, reply *Reply) (*World, error) {
	manifests := newManifests()
	if err := manifests.readPaths(request.Files); err != nil {
		return nil, err
	}
	if err := manifests.readText("text", []byte(request.Text)); err != nil {
		return nil, err
	}
	options := request.Options
	if options == nil {
		options = &Options{}
	}
	world, err := newWorld(manifests, options)
	if err != nil {
		return nil, err
	}
	if reply.Findings, err = world.loadPolicies(); err != nil {
		return nil, err
	}
	return world, world.setAdded(request.Policies, reply)
}

func readPolicies(text string) ([]*unstructured.Unstructured, error) {
	manifests := newManifests()
	err := manifests.readText("policies", []byte(text))
	return manifests.Policies, err
}

// setAdded makes the policies of text the added ones of this world, in place of those added before.
func (w *World) setAdded(text *string, reply *Reply) error {
	if text == nil {
		return nil
	}
	objects, err := readPolicies(*text)
	if err != nil {
		return err
	}
	previous := w.added
	w.added = map[ipcachetypes.ResourceID]*loaded{}
	for _, object := range objects {
		if err := w.addPolicy(object, reply); err != nil {
			return err
		}
	}
	for resource := range previous {
		if w.added[resource] == nil {
			w.restore(resource, w.base[resource])
		}
	}
	return nil
}

// restore puts an object back as it was; nil means that there was none.
func (w *World) restore(resource ipcachetypes.ResourceID, object *loaded) {
	if object == nil {
		object = &loaded{}
	}
	w.replace(resource, object.name, object.entries)
}

func (w *World) addPolicy(object *unstructured.Unstructured, reply *Reply) error {
	resource := resourceOf(object)
	finding, err := w.setPolicy(object)
	if err != nil {
		return err
	}
	reply.Findings = append(reply.Findings, finding)
	if made := w.policies[resource]; made != nil && !finding.refused() {
		w.added[resource] = made
	}
	return nil
}

func resourceOf(object *unstructured.Unstructured) ipcachetypes.ResourceID {
	if object.GetKind() == kindCCNP {
		return ipcachetypes.NewResourceID(ipcachetypes.ResourceKindCCNP, "", object.GetName())
	}
	return ipcachetypes.NewResourceID(ipcachetypes.ResourceKindCNP, object.GetNamespace(), object.GetName())
}

func (s *server) check(request *Request, reply *Reply) error {
	options := request.Options
	if options == nil {
		options = &Options{}
	}
	if err := options.activate(); err != nil {
		return err
	}
	own, err := ownCRDs()
	if err != nil {
		return err
	}
	sets := []*CRDSet{own}
	for name, directory := range request.CRDs {
		set := s.crds[name+"="+directory]
		if set == nil {
			if set, err = readCRDs(name, directory); err != nil {
				return err
			}
			s.crds[name+"="+directory] = set
		}
		sets = append(sets, set)
	}
	manifests := newManifests()
	if err := manifests.readPaths(request.Files); err != nil {
		return err
	}
	if err := manifests.readText("text", []byte(request.Text)); err != nil {
		return err
	}
	for _, object := range manifests.Policies {
		finding, _, _ := check(object, sets, options)
		reply.Findings = append(reply.Findings, finding)
	}
	return nil
}
