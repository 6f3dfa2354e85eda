package main

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Longer than any endpoint's timeout.
const hangLimit = 65 * time.Second

// behaviours says how a group of endpoints answers: ok (the default), fail or hang.
var behaviours atomic.Pointer[map[string]string]

// receive serves /<group>/<number of the endpoint>.
func receive(w http.ResponseWriter, r *http.Request) {
	arrived := time.Now()
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return
	}
	group, endpoint, _ := strings.Cut(r.URL.Path[1:], "/")
	behaviour := ""
	if known := behaviours.Load(); known != nil {
		behaviour = (*known)[group]
	}
	if run := current.Load(); numberAfter(body, `"run":`) == run.number {
		number, _ := strconv.Atoi(endpoint)
		run.arrive(arrival{
			group:    group,
			event:    numberAfter(body, `"n":`),
			endpoint: number,
			at:       arrived,
			accepted: behaviour != "fail" && behaviour != "hang",
		})
	}
	switch behaviour {
	case "hang":
		select {
		case <-r.Context().Done():
		case <-time.After(hangLimit):
		}
	case "fail":
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// numberAfter reads the number that stands behind the label, or -1: parsing the whole body would cost the machine more.
func numberAfter(body []byte, label string) int {
	at := bytes.Index(body, []byte(label))
	if at < 0 {
		return -1
	}
	number, digits := 0, body[at+len(label):]
	for _, digit := range digits {
		if digit < '0' || digit > '9' {
			break
		}
		number = number*10 + int(digit-'0')
	}
	return number
}
