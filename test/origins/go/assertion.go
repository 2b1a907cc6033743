package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"time"
)

// What the clocks of two machines may differ by, in seconds.
const leeway = 5

type claims struct {
	Issuer      string   `json:"iss"`
	Audience    string   `json:"aud"`
	Subject     string   `json:"sub"`
	Sid         string   `json:"sid"`
	IssuedAt    int64    `json:"iat"`
	ExpiresAt   int64    `json:"exp"`
	Permissions []string `json:"permissions"`
}

type verifier struct {
	issuer, audience string
	keys             *keySet
}

// verify returns what the assertion says, or why it says nothing to us.
func (v verifier) verify(assertion string) (*claims, error) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return nil, errors.New("not an assertion")
	}
	var header struct{ Alg, Kid, Typ string }
	if err := decode(parts[0], &header); err != nil {
		return nil, err
	}
	if header.Typ != "session-assertion+jwt" {
		return nil, errors.New("not an assertion")
	}
	key, err := v.keys.find(header.Kid)
	if err != nil {
		return nil, err
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !isSignedBy(key, header.Alg, parts[0]+"."+parts[1], signature) {
		return nil, errors.New("not signed by the issuer")
	}
	var c claims
	if err := decode(parts[1], &c); err != nil {
		return nil, err
	}
	now := time.Now().Unix()
	switch {
	case c.Issuer != v.issuer || c.Audience != v.audience:
		return nil, errors.New("from or for somebody else")
	case c.ExpiresAt+leeway <= now || c.IssuedAt-leeway > now || c.IssuedAt == 0:
		return nil, errors.New("not valid now")
	case c.Subject == "" || c.Sid == "":
		return nil, errors.New("a claim is missing")
	}
	return &c, nil
}

// isSignedBy takes the algorithm that goes with the key, and no other.
func isSignedBy(key any, alg, input string, signature []byte) bool {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		if alg != "ES256" || len(signature) != 64 {
			return false
		}
		digest := sha256.Sum256([]byte(input))
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(key, digest[:], r, s)
	case ed25519.PublicKey:
		return alg == "EdDSA" && ed25519.Verify(key, []byte(input), signature)
	}
	return false
}

func decode(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
