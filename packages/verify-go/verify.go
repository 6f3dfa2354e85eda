// Package verify verifies webhooks in the contracts that Tidings speaks, before anything of them is parsed.
//
//	webhook, err := verify.Verify(request.Header, body, verify.Options{Secrets: []string{"whsec_…"}})
package verify

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Profile is the name under which Tidings knows a contract.
type Profile string

const (
	StandardWebhooks Profile = "standard-webhooks"
	ReadingSteps     Profile = "reading-steps"
	ScormAPI         Profile = "scorm-api"
	Leah             Profile = "leah"
	Lessonly         Profile = "lessonly"
)

// DefaultTolerance is how far the time of signing may be from now.
const DefaultTolerance = 5 * time.Minute

// More signatures than a rotation ever makes are not looked at.
const maxSignatures = 8

// Reason says why a webhook was refused. It is the same for every refusal of its kind, for logs and tests.
type Reason string

const (
	SecretMissing         Reason = "secret_missing"
	SecretMalformed       Reason = "secret_malformed"
	PrivateKeyGiven       Reason = "private_key_given"
	HeaderMissing         Reason = "header_missing"
	HeaderMalformed       Reason = "header_malformed"
	TimestampTooOld       Reason = "timestamp_too_old"
	TimestampInFuture     Reason = "timestamp_in_future"
	SignatureMismatch     Reason = "signature_mismatch"
	KeyKindMismatch       Reason = "key_kind_mismatch"
	AuthorizationMismatch Reason = "authorization_mismatch"
)

var whatToDo = map[Reason]string{
	SecretMissing:         "No secret was given. Pass the secret of the endpoint, as it was shown when it was made.",
	SecretMalformed:       "The secret is none of this contract. For Standard Webhooks it starts with whsec_, or with whpk_ where the endpoint signs with ed25519.",
	PrivateKeyGiven:       "This is the private key of the sender (whsk_). Verify with the public key of the endpoint, which starts with whpk_.",
	HeaderMissing:         "A header that the contract needs is missing. Something between the sender and you may remove it, or the request is not a webhook.",
	HeaderMalformed:       "A header does not have the form that the contract gives it. The request is probably not a webhook.",
	TimestampTooOld:       "The signature is right, but the request was signed too long ago. Somebody may be replaying it, or your clock is fast.",
	TimestampInFuture:     "The signature is right, but the request was signed in the future. Your clock is probably slow.",
	SignatureMismatch:     "No signature fits the secret and the body. The usual causes: the secret of another endpoint, a body that was changed or decoded on its way, a secret that was rotated.",
	KeyKindMismatch:       "The request is signed with another kind of key than the secret is: v1 goes with whsec_, v1a (ed25519) with the public key whpk_.",
	AuthorizationMismatch: "The Authorization header has another value than the endpoint has. Pass the whole value, like Bearer(…) or Basic(…).",
}

// Refused is the error of a webhook that must not be trusted: answer it with 401 and do nothing else.
type Refused struct {
	Reason Reason
	// Detail says what exactly, like the name of a header; it may be empty.
	Detail string
}

func (refused *Refused) Error() string {
	where := ""
	if refused.Detail != "" {
		where = " (" + refused.Detail + ")"
	}
	return string(refused.Reason) + where + ": " + whatToDo[refused.Reason]
}

func refuse(reason Reason, detail string) error { return &Refused{reason, detail} }

// ReasonOf returns why a webhook was refused; empty if err is another error or none.
func ReasonOf(err error) Reason {
	var refused *Refused
	if errors.As(err, &refused) {
		return refused.Reason
	}
	return ""
}

// Options says what is expected of a webhook.
type Options struct {
	// Secrets are the endpoint's secret, or several while it is rotated. For Standard Webhooks whsec_… or the public key whpk_…; for Leah
	// and Lessonly the whole value of the Authorization header, as Basic and Bearer make it.
	Secrets []string
	// Profile is StandardWebhooks if it is empty.
	Profile Profile
	// Tolerance is DefaultTolerance if it is 0. Only Standard Webhooks signs a time.
	Tolerance time.Duration
	// Now is the time to compare with; the zero value means now.
	Now time.Time
}

// Webhook is a webhook that was verified.
type Webhook struct {
	Body []byte
	// ID is the event's id: the same in every attempt, so what has come before may be dropped.
	ID string
	// Timestamp is the time of the attempt; zero if the request has none.
	Timestamp time.Time
	// IsTimeSigned says whether id and time are signed, too; if not, whoever has seen one webhook can change them.
	IsTimeSigned bool
}

type contract struct {
	signsTime bool
	check     func(header http.Header, body []byte, secrets []string) error
	sign      func(id string, at int64, body []byte, secrets []string) (map[string]string, error)
}

var contracts = map[Profile]contract{
	StandardWebhooks: {true, checkStandard, signStandard},
	ReadingSteps:     hexHeader("X-ReadingSteps-Signature", "sha256=", nil),
	ScormAPI:         hexHeader("X-Allure-Signature", "", map[string]string{"X-Allure-Signature-Algorithm": "sha256"}),
	Leah:             authorization(),
	Lessonly:         authorization(),
}

// Verify verifies a webhook. The body is the raw bytes of the request. The error is a *Refused; nothing of the request may be
// trusted then.
func Verify(header http.Header, body []byte, options Options) (*Webhook, error) {
	found, err := contractOf(options.Profile)
	if err != nil {
		return nil, err
	}
	if err := requireSecrets(options.Secrets); err != nil {
		return nil, err
	}
	if err := found.check(header, body, options.Secrets); err != nil {
		return nil, err
	}
	at, err := timeIn(header.Get("webhook-timestamp"), found.signsTime)
	if err != nil {
		return nil, err
	}
	if found.signsTime {
		if err := requireRecent(at, options); err != nil {
			return nil, err
		}
	}
	return &Webhook{body, header.Get("webhook-id"), at, found.signsTime}, nil
}

// SignForTest makes the headers of a webhook, for the tests of a receiver. For ed25519 the secret is the private key, whsk_….
func SignForTest(id string, at time.Time, body []byte, options Options) (http.Header, error) {
	found, err := contractOf(options.Profile)
	if err != nil {
		return nil, err
	}
	if err := requireSecrets(options.Secrets); err != nil {
		return nil, err
	}
	signed, err := found.sign(id, at.Unix(), body, options.Secrets)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	header.Set("content-type", "application/json")
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	for name, value := range signed {
		header.Set(name, value)
	}
	return header, nil
}

// Basic is the value of an Authorization header with a user name and a password (RFC 7617, in UTF-8).
func Basic(username, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}

// Bearer is the value of an Authorization header with a token (RFC 6750).
func Bearer(token string) string { return "Bearer " + token }

func contractOf(profile Profile) (contract, error) {
	if profile == "" {
		profile = StandardWebhooks
	}
	found, isKnown := contracts[profile]
	if !isKnown {
		return contract{}, fmt.Errorf("verify: there is no profile %q", profile)
	}
	return found, nil
}

func requireSecrets(secrets []string) error {
	for _, secret := range secrets {
		if secret == "" {
			return refuse(SecretMissing, "")
		}
	}
	if len(secrets) == 0 {
		return refuse(SecretMissing, "")
	}
	return nil
}

func required(header http.Header, name string) (string, error) {
	value := strings.Join(header.Values(name), " ")
	if value == "" {
		return "", refuse(HeaderMissing, name)
	}
	return value, nil
}

func timeIn(value string, isSigned bool) (time.Time, error) {
	seconds, err := strconv.ParseUint(value, 10, 40)
	if err == nil {
		return time.Unix(int64(seconds), 0), nil
	}
	if isSigned {
		return time.Time{}, refuse(HeaderMalformed, "webhook-timestamp")
	}
	return time.Time{}, nil
}

func requireRecent(at time.Time, options Options) error {
	now, tolerance := options.Now, options.Tolerance
	if now.IsZero() {
		now = time.Now()
	}
	if tolerance == 0 {
		tolerance = DefaultTolerance
	}
	age := now.Sub(at)
	if age > tolerance {
		return refuse(TimestampTooOld, age.Round(time.Second).String())
	}
	if age < -tolerance {
		return refuse(TimestampInFuture, (-age).Round(time.Second).String())
	}
	return nil
}

// checkStandard: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
func checkStandard(header http.Header, body []byte, secrets []string) error {
	id, err := required(header, "webhook-id")
	if err != nil {
		return err
	}
	at, err := required(header, "webhook-timestamp")
	if err != nil {
		return err
	}
	value, err := required(header, "webhook-signature")
	if err != nil {
		return err
	}
	signatures := strings.Fields(value)
	if len(signatures) > maxSignatures {
		signatures = signatures[:maxSignatures]
	}
	isKnown := false
	for _, signature := range signatures {
		isKnown = isKnown || strings.HasPrefix(signature, "v1,") || strings.HasPrefix(signature, "v1a,")
	}
	if !isKnown {
		return refuse(HeaderMalformed, "webhook-signature has neither v1 nor v1a")
	}
	signed := append([]byte(id+"."+at+"."), body...)
	isRight, hasKind := false, false
	for _, secret := range secrets {
		version, key, err := standardKey(secret)
		if err != nil {
			return err
		}
		// Each is tried, so that the time tells nothing of which one fits.
		for _, signature := range signatures {
			given, text, _ := strings.Cut(signature, ",")
			if given != version {
				continue
			}
			hasKind = true
			raw, err := decodeBase64(text)
			if err == nil && fits(version, key, raw, signed) {
				isRight = true
			}
		}
	}
	if isRight {
		return nil
	}
	if hasKind {
		return refuse(SignatureMismatch, "")
	}
	return refuse(KeyKindMismatch, "")
}

func fits(version string, key, signature, signed []byte) bool {
	if version == "v1" {
		return hmac.Equal(hmacOf(key, signed), signature)
	}
	return ed25519.Verify(key, signed, signature)
}

func standardKey(secret string) (version string, key []byte, err error) {
	prefix, text, _ := strings.Cut(secret, "_")
	key, decodeErr := decodeBase64(text)
	switch {
	case prefix == "whsk":
		return "", nil, refuse(PrivateKeyGiven, "")
	case prefix == "whsec" && decodeErr == nil && len(key) > 0:
		return "v1", key, nil
	case prefix == "whpk" && decodeErr == nil && len(key) == ed25519.PublicKeySize:
		return "v1a", key, nil
	}
	return "", nil, refuse(SecretMalformed, "")
}

func signStandard(id string, at int64, body []byte, secrets []string) (map[string]string, error) {
	signed := append([]byte(fmt.Sprintf("%s.%d.", id, at)), body...)
	signatures := make([]string, 0, len(secrets))
	for _, secret := range secrets {
		prefix, text, _ := strings.Cut(secret, "_")
		key, err := decodeBase64(text)
		switch {
		case err == nil && prefix == "whsec":
			signatures = append(signatures, "v1,"+base64.StdEncoding.EncodeToString(hmacOf(key, signed)))
		case err == nil && prefix == "whsk" && len(key) >= ed25519.SeedSize:
			signature := ed25519.Sign(ed25519.NewKeyFromSeed(key[:ed25519.SeedSize]), signed)
			signatures = append(signatures, "v1a,"+base64.StdEncoding.EncodeToString(signature))
		default:
			return nil, refuse(SecretMalformed, "")
		}
	}
	return map[string]string{"webhook-signature": strings.Join(signatures, " ")}, nil
}

// hexHeader is a contract that puts the hexadecimal HMAC-SHA256 of the body into a header; further headers are checked where they are there.
func hexHeader(name, prefix string, fixed map[string]string) contract {
	check := func(header http.Header, body []byte, secrets []string) error {
		value, err := required(header, name)
		if err != nil {
			return err
		}
		for other, expected := range fixed {
			if given := header.Get(other); given != "" && given != expected {
				return refuse(HeaderMalformed, other+": "+expected+" is expected")
			}
		}
		text, hasPrefix := strings.CutPrefix(value, prefix)
		signature, err := hex.DecodeString(text)
		if !hasPrefix || err != nil || len(signature) == 0 {
			return refuse(HeaderMalformed, name)
		}
		isRight := false
		for _, secret := range secrets {
			if hmac.Equal(hmacOf([]byte(secret), body), signature) {
				isRight = true
			}
		}
		if !isRight {
			return refuse(SignatureMismatch, "")
		}
		return nil
	}
	sign := func(_ string, _ int64, body []byte, secrets []string) (map[string]string, error) {
		headers := map[string]string{name: prefix + hex.EncodeToString(hmacOf([]byte(secrets[0]), body))}
		for other, value := range fixed {
			headers[other] = value
		}
		return headers, nil
	}
	return contract{false, check, sign}
}

// authorization is a contract without a signature: the value of the Authorization header is the secret.
func authorization() contract {
	check := func(header http.Header, _ []byte, secrets []string) error {
		value, err := required(header, "authorization")
		if err != nil {
			return err
		}
		isRight := false
		for _, secret := range secrets {
			if subtle.ConstantTimeCompare([]byte(secret), []byte(value)) == 1 {
				isRight = true
			}
		}
		if !isRight {
			return refuse(AuthorizationMismatch, "")
		}
		return nil
	}
	sign := func(_ string, _ int64, _ []byte, secrets []string) (map[string]string, error) {
		return map[string]string{"authorization": secrets[0]}, nil
	}
	return contract{false, check, sign}
}

func hmacOf(key, data []byte) []byte {
	digest := hmac.New(sha256.New, key)
	digest.Write(data)
	return digest.Sum(nil)
}

// decodeBase64 takes base64 with or without its padding.
func decodeBase64(text string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
}
