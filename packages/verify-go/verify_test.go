package verify

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

type vector struct {
	Name    string
	Profile Profile
	Secrets []string
	Headers map[string]string
	Body    []byte `json:"body_base64"`
	Now     int64
	Outcome string
}

func outcomeOf(t *testing.T, header http.Header, body []byte, options Options) string {
	t.Helper()
	webhook, err := Verify(header, body, options)
	if err == nil {
		if string(webhook.Body) != string(body) {
			t.Error("the body is another one")
		}
		return "accepted"
	}
	if len(err.Error()) < 40 {
		t.Errorf("%q does not say what to do", err)
	}
	return string(ReasonOf(err))
}

func TestEachVectorHasItsOutcome(t *testing.T) {
	text, err := os.ReadFile("../verify/vectors/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	known := map[Profile]bool{}
	for _, each := range vectors {
		known[each.Profile] = true
		t.Run(each.Name, func(t *testing.T) {
			header := http.Header{}
			for name, value := range each.Headers {
				header.Set(name, value)
			}
			options := Options{Secrets: each.Secrets, Profile: each.Profile, Now: time.Unix(each.Now, 0)}
			if outcome := outcomeOf(t, header, each.Body, options); outcome != each.Outcome {
				t.Errorf("%s instead of %s", outcome, each.Outcome)
			}
		})
	}
	if len(known) != len(contracts) {
		t.Errorf("vectors for %d of %d profiles", len(known), len(contracts))
	}
}

func TestWhatIsSignedForATestIsAccepted(t *testing.T) {
	secrets := map[Profile]string{
		StandardWebhooks: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		ReadingSteps:     "a secret with ü",
		ScormAPI:         "k",
		Leah:             Basic("ada", "pässword"),
		Lessonly:         Bearer("t0ken"),
	}
	for profile := range contracts {
		body := []byte("{}")
		options := Options{Profile: profile, Secrets: []string{secrets[profile]}}
		header, err := SignForTest("msg_test", time.Now(), body, options)
		if err != nil {
			t.Fatal(err)
		}
		if outcome := outcomeOf(t, header, body, options); outcome != "accepted" {
			t.Errorf("%s: %s", profile, outcome)
		}
		options.Secrets = []string{secrets[profile] + "BBBB"}
		if outcome := outcomeOf(t, header, body, options); outcome == "accepted" {
			t.Errorf("%s: accepted with another secret", profile)
		}
	}
}

func TestAProfileThatThereIsNot(t *testing.T) {
	_, err := Verify(http.Header{}, nil, Options{Profile: "none", Secrets: []string{"s"}})
	if err == nil || !strings.Contains(err.Error(), `no profile "none"`) {
		t.Errorf("%v", err)
	}
}
