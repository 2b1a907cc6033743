package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"time"
)

// keySet holds the public keys: asked for every five minutes, and for an unknown key id at most every 30 seconds.
type keySet struct {
	url     string
	lock    sync.Mutex
	askedAt time.Time
	byKid   map[string]any
}

func (k *keySet) find(kid string) (any, error) {
	k.lock.Lock()
	defer k.lock.Unlock()
	key, known := k.byKid[kid]
	age := time.Since(k.askedAt)
	if age > 5*time.Minute || (!known && age > 30*time.Second) {
		k.askedAt = time.Now()
		// What cannot be asked for stays as it was.
		if byKid, err := fetch(k.url); err == nil {
			k.byKid = byKid
		}
		key, known = k.byKid[kid]
	}
	if !known {
		return nil, errors.New("an unknown key")
	}
	return key, nil
}

func fetch(url string) (map[string]any, error) {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the keys are answered with %d", response.StatusCode)
	}
	var set struct {
		Keys []struct{ Kid, Kty, Crv, X, Y string }
	}
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil {
		return nil, err
	}
	byKid := map[string]any{}
	for _, key := range set.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(key.X)
		y, errY := base64.RawURLEncoding.DecodeString(key.Y)
		if errX != nil || errY != nil {
			continue
		}
		switch {
		case key.Kty == "EC" && key.Crv == "P-256":
			public := ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
			byKid[key.Kid] = &public
		case key.Kty == "OKP" && key.Crv == "Ed25519" && len(x) == ed25519.PublicKeySize:
			byKid[key.Kid] = ed25519.PublicKey(x)
		}
	}
	return byKid, nil
}
