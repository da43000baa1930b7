// An image registry of another make than Debian's, for tests: go-containerregistry's, over TLS, in memory.
// Usage: onaregistry ADDRESS CERTIFICATE KEY [without-referrers]
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	if len(os.Args) < 4 {
		log.Fatal("usage: onaregistry ADDRESS CERTIFICATE KEY [without-referrers]")
	}
	hasReferrers := len(os.Args) < 5 || os.Args[4] != "without-referrers"
	server := &http.Server{
		Addr:              os.Args[1],
		ReadHeaderTimeout: 5 * time.Second,
		Handler:           registry.New(registry.WithReferrersSupport(hasReferrers)),
	}
	log.Fatal(server.ListenAndServeTLS(os.Args[2], os.Args[3]))
}
