// Command cosign is Sigstore's own, without the clients of key services in clouds: keys in files are enough to rehearse
// a release, and those clients are half of what there is to compile.
package main

import (
	"log"

	"github.com/sigstore/cosign/v2/cmd/cosign/cli"
)

func main() {
	if err := cli.New().Execute(); err != nil {
		log.Fatal(err)
	}
}
