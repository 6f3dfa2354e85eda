package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A run is what is measured together: when each event was sent, and when it arrived where.
type run struct {
	number  int
	started time.Time
	// when each event was sent, or in an open loop should have been, in ns since the start; 0: not yet
	sent []atomic.Int64
	next atomic.Int64

	mutex    sync.Mutex
	arrivals []arrival
	first    map[copyOf]struct{}
	groups   map[string]*groupCounts
}

type arrival struct {
	group    string
	event    int
	endpoint int
	at       time.Time
	accepted bool
	repeated bool
}

// copyOf is one event at one endpoint.
type copyOf struct {
	event    int
	endpoint int
	group    string
}

type groupCounts struct {
	Delivered int `json:"delivered"`
	Attempts  int `json:"attempts"`
	Repeated  int `json:"repeated"`
}

func newRun(number, events int) *run {
	return &run{
		number:   number,
		started:  time.Now(),
		sent:     make([]atomic.Int64, events),
		arrivals: make([]arrival, 0, events),
		first:    make(map[copyOf]struct{}, events),
		groups:   map[string]*groupCounts{},
	}
}

func (r *run) arrive(came arrival) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	group := r.groups[came.group]
	if group == nil {
		group = &groupCounts{}
		r.groups[came.group] = group
	}
	group.Attempts++
	if came.accepted {
		key := copyOf{came.event, came.endpoint, came.group}
		if _, came.repeated = r.first[key]; came.repeated {
			group.Repeated++
		} else {
			r.first[key] = struct{}{}
			group.Delivered++
		}
	}
	r.arrivals = append(r.arrivals, came)
}

func (r *run) counts() map[string]groupCounts {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	counts := map[string]groupCounts{}
	for name, group := range r.groups {
		counts[name] = *group
	}
	return counts
}

type groupSummary struct {
	groupCounts
	// of what was delivered, in ms since the run's start
	FirstMs float64 `json:"firstMs"`
	LastMs  float64 `json:"lastMs"`
	// from sending to arrival
	LatencyMs quantiles `json:"latencyMs"`
	// delivered in each second since the run's start
	PerSecond []int `json:"perSecond"`
}

type quantiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func (r *run) summary() map[string]groupSummary {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	summaries := map[string]groupSummary{}
	for name, counts := range r.groups {
		summary := groupSummary{groupCounts: *counts, PerSecond: []int{}}
		var latencies []float64
		for _, came := range r.arrivals {
			if came.group != name || !came.accepted || came.repeated || came.event < 0 || came.event >= len(r.sent) {
				continue
			}
			at := came.at.Sub(r.started)
			ms := at.Seconds() * 1000
			if len(latencies) == 0 || ms < summary.FirstMs {
				summary.FirstMs = ms
			}
			summary.LastMs = max(summary.LastMs, ms)
			for len(summary.PerSecond) <= int(at.Seconds()) {
				summary.PerSecond = append(summary.PerSecond, 0)
			}
			summary.PerSecond[int(at.Seconds())]++
			latencies = append(latencies, float64(at.Nanoseconds()-r.sent[came.event].Load())/1e6)
		}
		summary.LatencyMs = quantilesOf(latencies)
		summaries[name] = summary
	}
	return summaries
}

// quantilesOf sorts what it is given.
func quantilesOf(values []float64) quantiles {
	if len(values) == 0 {
		return quantiles{}
	}
	slices.Sort(values)
	at := func(share float64) float64 { return values[min(len(values)-1, int(share*float64(len(values))))] }
	return quantiles{P50: at(0.50), P95: at(0.95), P99: at(0.99), Max: values[len(values)-1]}
}
