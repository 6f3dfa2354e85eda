// A receiver to copy from: it verifies the signature, skips what it has already seen, and answers before it works.
//
//	WEBHOOK_SECRET=whsec_... PORT=4000 go run .
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	tolerance     = 5 * time.Minute
	maxBodyBytes  = 1 << 20
	maxRemembered = 10_000
)

type event struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// In production this is a table with a unique column, written in the same transaction as the event's effects:
// it outlives a restart, and an event whose processing failed is not taken for one that was processed.
type memory struct {
	sync.Mutex
	seen  map[string]bool
	order []string // oldest first
}

func (m *memory) isNew(id string) bool {
	m.Lock()
	defer m.Unlock()
	if m.seen[id] {
		return false
	}
	m.seen[id] = true
	m.order = append(m.order, id)
	if len(m.order) > maxRemembered {
		delete(m.seen, m.order[0])
		m.order = m.order[1:]
	}
	return true
}

// isGenuine tells whether one of the signatures is ours, over exactly these bytes, and at most five minutes old.
func isGenuine(key []byte, header http.Header, body []byte) bool {
	timestamp := header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", header.Get("webhook-id"), timestamp)
	mac.Write(body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// Several while a secret is being rotated. hmac.Equal takes the same time wherever they differ.
	for _, candidate := range strings.Fields(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(expected), []byte(candidate)) {
			return true
		}
	}
	return false
}

// What takes time belongs here, or rather in a queue: the sender has been answered.
func handle(id string, e event) {
	fmt.Println(id, e.Type, string(e.Data))
}

func main() {
	encoded, found := strings.CutPrefix(os.Getenv("WEBHOOK_SECRET"), "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !found || err != nil {
		log.Fatal("WEBHOOK_SECRET is missing: the whsec_... that was shown with the endpoint")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "4000"
	}
	remembered := &memory{seen: map[string]bool{}}
	receive := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
		var e event
		switch {
		case r.Method != http.MethodPost:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case err != nil:
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		case !isGenuine(key, r.Header, body):
			w.WriteHeader(http.StatusUnauthorized)
		case json.Unmarshal(body, &e) != nil:
			w.WriteHeader(http.StatusBadRequest)
		default:
			w.WriteHeader(http.StatusNoContent)
			if id := r.Header.Get("webhook-id"); remembered.isNew(id) {
				go handle(id, e) // the answer leaves when this function returns
			}
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on http://127.0.0.1:" + port)
	server := &http.Server{Handler: http.HandlerFunc(receive), ReadTimeout: 30 * time.Second}
	log.Fatal(server.Serve(listener))
}
