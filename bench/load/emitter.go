package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A stream is events of one kind: by so many emitters, each of which waits for its answer (a closed loop), or at a rate
// (an open loop), whatever the answers.
type stream struct {
	Name    string   `json:"name"`
	Targets []target `json:"targets"`
	Events  int      `json:"events"`
	// closed loop
	Emitters int `json:"emitters"`
	// open loop: events a second
	Rate float64 `json:"rate"`
	// open loop: at random moments, the same in every run, instead of in step
	Random bool `json:"random"`
	// events in a request; more than one uses the batch API
	Batch int `json:"batch"`
}

type target struct {
	Path string `json:"path"`
	Type string `json:"type"`
}

type streamResult struct {
	Accepted int            `json:"accepted"`
	Refused  map[string]int `json:"refused"`
	// in ms since the run's start
	FirstSentMs  float64   `json:"firstSentMs"`
	LastAnswerMs float64   `json:"lastAnswerMs"`
	AnswerMs     quantiles `json:"answerMs"`

	mutex   sync.Mutex
	answers []float64
}

// In an open loop, requests that wait for an answer at once; those above it are late, and counted from when they were due.
const maxInFlight = 1024

func emit(r *run, url, key string, streams []stream) map[string]*streamResult {
	transport := &http.Transport{MaxIdleConns: 4 * maxInFlight, MaxIdleConnsPerHost: maxInFlight, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: time.Minute}
	results := map[string]*streamResult{}
	var running sync.WaitGroup
	for _, each := range streams {
		e := &emitter{run: r, client: client, url: url, key: key, stream: each}
		e.result.Refused = map[string]int{}
		results[each.Name] = &e.result
		running.Add(1)
		go func() {
			defer running.Done()
			if each.Rate > 0 {
				e.openLoop()
			} else {
				e.closedLoop()
			}
			e.result.AnswerMs = quantilesOf(e.result.answers)
		}()
	}
	running.Wait()
	return results
}

type emitter struct {
	run    *run
	client *http.Client
	url    string
	key    string
	stream stream
	result streamResult
}

func (e *emitter) closedLoop() {
	requests := make(chan int)
	var emitters sync.WaitGroup
	for range e.stream.Emitters {
		emitters.Add(1)
		go func() {
			defer emitters.Done()
			for at := range requests {
				e.send(at, time.Now())
			}
		}()
	}
	for at := 0; at < e.stream.Events; at += max(1, e.stream.Batch) {
		requests <- at
	}
	close(requests)
	emitters.Wait()
}

func (e *emitter) openLoop() {
	places := make(chan struct{}, maxInFlight)
	var sending sync.WaitGroup
	started := time.Now()
	random := rand.New(rand.NewPCG(1, uint64(e.stream.Events)))
	inGaps := 0.0
	for at := range e.stream.Events {
		due := started.Add(time.Duration(inGaps / e.stream.Rate * float64(time.Second)))
		if e.stream.Random {
			inGaps += random.ExpFloat64()
		} else {
			inGaps++
		}
		time.Sleep(time.Until(due))
		places <- struct{}{}
		sending.Add(1)
		go func() {
			defer sending.Done()
			e.send(at, due)
			<-places
		}()
	}
	sending.Wait()
}

// send emits the stream's event number `at`, and in a batch those that follow.
func (e *emitter) send(at int, due time.Time) {
	events := min(max(1, e.stream.Batch), e.stream.Events-at)
	chosen := e.stream.Targets[at%len(e.stream.Targets)]
	path := chosen.Path
	var body bytes.Buffer
	if e.stream.Batch > 1 {
		path += "/batch"
		body.WriteString(`{"events":[`)
	}
	for n := range events {
		if n > 0 {
			body.WriteByte(',')
		}
		number := int(e.run.next.Add(1)) - 1
		e.run.sent[number].Store(due.Sub(e.run.started).Nanoseconds())
		e.writeEvent(&body, e.stream.Targets[(at+n)%len(e.stream.Targets)].Type, number)
	}
	if e.stream.Batch > 1 {
		body.WriteString(`]}`)
	}
	status := e.post(path, &body)
	e.note(events, status, due, time.Now())
}

// writeEvent writes an event as products send them: some 300 bytes of data.
func (e *emitter) writeEvent(body *bytes.Buffer, eventType string, number int) {
	fmt.Fprintf(body, `{"type":%q,"data":{"bench":{"run":%d,"n":%d},"student":{"id":"stu_%08d","name":"Ada Lovelace",`+
		`"class":"5b"},"lesson":{"id":"les_%06d","title":"The water cycle","language":"en-GB"},"score":0.87,`+
		`"minutes":23.5,"answers":[true,true,false,true],"completed_at":"2024-01-15T10:30:00.000Z"}}`,
		eventType, e.run.number, number, number, number%1000)
}

func (e *emitter) post(path string, body io.Reader) string {
	request, err := http.NewRequest(http.MethodPost, e.url+path, body)
	if err != nil {
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-API-Key", e.key)
	response, err := e.client.Do(request)
	if err != nil {
		return "no answer"
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return "no answer"
	}
	return strconv.Itoa(response.StatusCode)
}

func (e *emitter) note(events int, status string, due, answered time.Time) {
	e.result.mutex.Lock()
	defer e.result.mutex.Unlock()
	sentMs := due.Sub(e.run.started).Seconds() * 1000
	if len(e.result.answers) == 0 || sentMs < e.result.FirstSentMs {
		e.result.FirstSentMs = sentMs
	}
	e.result.LastAnswerMs = max(e.result.LastAnswerMs, answered.Sub(e.run.started).Seconds()*1000)
	e.result.answers = append(e.result.answers, answered.Sub(due).Seconds()*1000)
	if status == "202" {
		e.result.Accepted += events
	} else {
		e.result.Refused[status] += events
	}
}
