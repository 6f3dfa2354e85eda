// The load of the benchmarks: emitters and receiver in one program, so that one clock tells how long an event took.
//
// It is told what to do over HTTP on -control. What it uses is not counted.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// current is the run that emissions and arrivals belong to; what arrives late from an earlier one is answered, not counted.
var current atomic.Pointer[run]

func main() {
	receiverPort := flag.Int("receiver", 0, "the port at which endpoints are served, on 127.0.1.1 and the addresses after it")
	origins := flag.Int("origins", 1, "at how many addresses")
	controlAddress := flag.String("control", "127.0.0.1:0", "where it is told what to do")
	flag.Parse()

	current.Store(newRun(0, 0))
	control := http.NewServeMux()
	control.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	control.HandleFunc("POST /runs", openRun)
	control.HandleFunc("POST /behaviours", setBehaviours)
	control.HandleFunc("POST /emissions", emitStreams)
	control.HandleFunc("GET /counts", func(w http.ResponseWriter, _ *http.Request) { answer(w, current.Load().counts()) })
	control.HandleFunc("GET /summary", func(w http.ResponseWriter, _ *http.Request) { answer(w, current.Load().summary()) })

	receiver := &http.Server{Handler: http.HandlerFunc(receive), IdleTimeout: time.Hour}
	for n := range *origins {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.1.%d:%d", n+1, *receiverPort))
		if err != nil {
			log.Fatal(err)
		}
		go func() { log.Fatal(receiver.Serve(listener)) }()
	}
	log.Fatal(http.ListenAndServe(*controlAddress, control))
}

func openRun(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Run        int               `json:"run"`
		Events     int               `json:"events"`
		Behaviours map[string]string `json:"behaviours"`
	}
	if !read(w, r, &asked) {
		return
	}
	behaviours.Store(&asked.Behaviours)
	current.Store(newRun(asked.Run, asked.Events))
}

func setBehaviours(w http.ResponseWriter, r *http.Request) {
	var asked map[string]string
	if read(w, r, &asked) {
		behaviours.Store(&asked)
	}
}

func emitStreams(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		URL     string   `json:"url"`
		Key     string   `json:"key"`
		Streams []stream `json:"streams"`
	}
	if read(w, r, &asked) {
		answer(w, emit(current.Load(), asked.URL, asked.Key, asked.Streams))
	}
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, value any) {
	if err := json.NewEncoder(w).Encode(value); err != nil {
		log.Print(err)
	}
}
