package fakes

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
)

// Tokens is the endpoint that turns a service account's signed word into a
// bearer token.
type Tokens struct {
	*httptest.Server

	mu     sync.Mutex
	issued map[string]bool
	status int
}

// NewTokens starts the endpoint, and writes to a file the key of a service
// account that leads to it.
func NewTokens(file, project string) (*Tokens, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	t := &Tokens{issued: map[string]bool{}}
	t.Server = httptest.NewServer(http.HandlerFunc(t.serve))
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": project, "private_key_id": "1",
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email": "launcher@" + project + ".iam.gserviceaccount.com", "client_id": "1", "token_uri": t.URL + "/token",
	})
	if err != nil {
		return nil, err
	}
	return t, os.WriteFile(file, account, 0o600)
}

// SetStatus has all requests answered with that status; 0 issues tokens.
func (t *Tokens) SetStatus(status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status = status
}

// Valid reports whether a header bears a token that was issued here.
func (t *Tokens) Valid(authorization string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.issued[strings.TrimPrefix(authorization, "Bearer ")]
}

func (t *Tokens) serve(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if t.status != 0 {
		w.WriteHeader(t.status)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"the account is disabled"}`)
		return
	}
	token := fmt.Sprintf("token-%d", len(t.issued)+1)
	t.issued[token] = true
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`, token)
}
