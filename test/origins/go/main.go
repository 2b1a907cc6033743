// An origin in Go that checks the assertion, with nothing but the standard library.
//
//	ISSUER=https://example.com/_session AUDIENCE=origin PORT=3000 go run .
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
)

type caller struct {
	Subject     string   `json:"subject"`
	Permissions []string `json:"permissions"`
}

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func main() {
	issuer := env("ISSUER", "")
	v := verifier{issuer, env("AUDIENCE", "origin"), &keySet{url: issuer + "/.well-known/jwks.json"}}
	handler := func(w http.ResponseWriter, r *http.Request) {
		var who *caller
		w.Header().Set("Content-Type", "application/json")
		if claims, err := v.verify(r.Header.Get("Session-Assertion")); err == nil {
			who = &caller{claims.Subject, claims.Permissions}
		} else {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_ = json.NewEncoder(w).Encode(who)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+env("PORT", "3000"), http.HandlerFunc(handler)))
}
