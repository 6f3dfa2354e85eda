"""Verifies webhooks in the contracts that Tidings speaks, before anything of them is parsed.

    from tidings_verify import WebhookRefused, verify

    webhook = verify(request.headers, request.get_data(), secret="whsec_…")
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Optional, Sequence, Tuple, Union

__all__ = ["PROFILES", "Webhook", "WebhookRefused", "basic", "bearer", "sign_for_test", "verify"]

Headers = Union[Mapping[str, Any], Iterable[Tuple[str, str]]]

TOLERANCE_S = 300
# More signatures than a rotation ever makes are not looked at.
_MAX_SIGNATURES = 8

_REASONS = {
    "secret_missing": "No secret was given. Pass the secret of the endpoint, as it was shown when it was made.",
    "secret_malformed": "The secret is none of this contract. For Standard Webhooks it starts with whsec_, or with whpk_ where the "
    "endpoint signs with ed25519.",
    "private_key_given": "This is the private key of the sender (whsk_). Verify with the public key of the endpoint, which starts with whpk_.",
    "header_missing": "A header that the contract needs is missing. Something between the sender and you may remove it, or the request "
    "is not a webhook.",
    "header_malformed": "A header does not have the form that the contract gives it. The request is probably not a webhook.",
    "body_missing": "There is no body. Pass the raw bytes of the request, read before anything else reads them.",
    "body_parsed": "The body was parsed before it was verified. JSON that is written again differs from what was signed: pass the raw "
    "bytes (Flask: request.get_data(), Django: request.body, FastAPI: await request.body()).",
    "timestamp_too_old": "The signature is right, but the request was signed too long ago. Somebody may be replaying it, or your clock "
    "is fast.",
    "timestamp_in_future": "The signature is right, but the request was signed in the future. Your clock is probably slow.",
    "signature_mismatch": "No signature fits the secret and the body. The usual causes: the secret of another endpoint, a body that was "
    "changed or decoded on its way, a secret that was rotated.",
    "key_kind_mismatch": "The request is signed with another kind of key than the secret is: v1 goes with whsec_, v1a (ed25519) with "
    "the public key whpk_.",
    "authorization_mismatch": "The Authorization header has another value than the endpoint has. Pass the whole value, like "
    'bearer("…") or basic("…", "…").',
    "algorithm_unavailable": "ed25519 needs the package cryptography: pip install tidings-verify[ed25519].",
}


class WebhookRefused(Exception):
    """A webhook that must not be trusted: answer it with 401 and do nothing else.

    `reason` is the same for every refusal of its kind, for logs and tests.
    """

    def __init__(self, reason: str, detail: Optional[str] = None) -> None:
        self.reason = reason
        where = "" if detail is None else f" ({detail})"
        super().__init__(f"{reason}{where}: {_REASONS[reason]}")


@dataclass(frozen=True)
class Webhook:
    """A webhook that was verified."""

    body: bytes
    #: the event's id: the same in every attempt, so what has come before may be dropped
    id: Optional[str]
    #: the time of the attempt, in Unix seconds
    timestamp: Optional[int]
    #: whether id and time are signed, too; if not, whoever has seen one webhook can change them
    is_time_signed: bool

    def text(self) -> str:
        """The body as text in UTF-8; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")


def verify(
    headers: Headers,
    body: Union[bytes, bytearray, memoryview, str],
    *,
    secret: Union[str, Sequence[str]],
    profile: str = "standard-webhooks",
    tolerance_s: float = TOLERANCE_S,
    now: Optional[float] = None,
) -> Webhook:
    """Verifies a webhook.

    :param headers: a mapping with names in any case, or name-value pairs
    :param body: the raw bytes; a str is taken as UTF-8
    :param secret: the endpoint's secret, or several while it is rotated. For Standard Webhooks `whsec_…` or the public key `whpk_…`;
        for leah and lessonly the whole value of the Authorization header, as `basic` and `bearer` make it
    :param tolerance_s: how far the time of signing may be from now. Only Standard Webhooks signs a time
    :param now: the time to compare with, in Unix seconds; default: now
    :raises WebhookRefused: with a `reason`; nothing of the request may be trusted then
    :raises ValueError: there is no such profile
    """
    contract = _contract(profile)
    secrets = _secrets(secret)
    found = _lower(headers)
    raw = _bytes(body)
    problem = contract.check(found, raw, secrets)
    if problem is not None:
        raise WebhookRefused(problem)
    timestamp = _time(found.get("webhook-timestamp"), contract.signs_time)
    if contract.signs_time and timestamp is not None:
        age = (time.time() if now is None else now) - timestamp
        if age > tolerance_s:
            raise WebhookRefused("timestamp_too_old", f"{age:.0f} s")
        if age < -tolerance_s:
            raise WebhookRefused("timestamp_in_future", f"{-age:.0f} s")
    return Webhook(raw, found.get("webhook-id"), timestamp, contract.signs_time)


def sign_for_test(
    body: Union[bytes, str],
    *,
    secret: Union[str, Sequence[str]],
    profile: str = "standard-webhooks",
    id: str = "msg_test",
    timestamp: Optional[int] = None,
) -> dict[str, str]:
    """Makes the headers of a webhook, for the tests of a receiver. For ed25519 the secret is the private key, `whsk_…`."""
    at = int(time.time()) if timestamp is None else timestamp
    signed = _contract(profile).sign(id, at, _bytes(body), _secrets(secret))
    return {"content-type": "application/json", "webhook-id": id, "webhook-timestamp": str(at), **signed}


def basic(username: str, password: str) -> str:
    """The value of an Authorization header with a user name and a password (RFC 7617, in UTF-8)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def bearer(token: str) -> str:
    """The value of an Authorization header with a token (RFC 6750)."""
    return "Bearer " + token


class _StandardWebhooks:
    """https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""

    signs_time = True

    def check(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Optional[str]:
        message_id = _required(headers, "webhook-id")
        at = _required(headers, "webhook-timestamp")
        signatures = [each for each in _required(headers, "webhook-signature").split(" ") if each][:_MAX_SIGNATURES]
        if not any(re.match(r"v1a?,", each) for each in signatures):
            raise WebhookRefused("header_malformed", "webhook-signature has neither v1 nor v1a")
        signed = f"{message_id}.{at}.".encode() + body
        is_right = has_kind = False
        for version, key in [self._key(secret) for secret in secrets]:
            for signature in signatures:
                given, _, text = signature.partition(",")
                if given != version:
                    continue
                has_kind = True
                raw = _base64(text)
                # Each is tried, so that the time tells nothing of which one fits.
                if raw is not None and (_is_hmac if version == "v1" else _is_ed25519)(key, raw, signed):
                    is_right = True
        if is_right:
            return None
        return "signature_mismatch" if has_kind else "key_kind_mismatch"

    def sign(self, message_id: str, at: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
        signed = f"{message_id}.{at}.".encode() + body
        return {"webhook-signature": " ".join(self._signature(secret, signed) for secret in secrets)}

    @staticmethod
    def _key(secret: str) -> Tuple[str, bytes]:
        if secret.startswith("whsk_"):
            raise WebhookRefused("private_key_given")
        is_public = secret.startswith("whpk_")
        key = _base64(secret.split("_", 1)[1]) if is_public or secret.startswith("whsec_") else None
        if key is None or (is_public and len(key) != 32):
            raise WebhookRefused("secret_malformed")
        return ("v1a" if is_public else "v1"), key

    @staticmethod
    def _signature(secret: str, signed: bytes) -> str:
        prefix, _, text = secret.partition("_")
        key = _base64(text)
        if key is None or prefix not in ("whsec", "whsk"):
            raise WebhookRefused("secret_malformed")
        if prefix == "whsec":
            return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        private_key = _ed25519().Ed25519PrivateKey.from_private_bytes(key[:32])
        return "v1a," + base64.b64encode(private_key.sign(signed)).decode()


class _HexHeader:
    """The hexadecimal HMAC-SHA256 of the body, in a header; further headers are checked where they are there."""

    signs_time = False

    def __init__(self, name: str, prefix: str = "", fixed: Optional[Mapping[str, str]] = None) -> None:
        self._name, self._prefix, self._fixed = name, prefix, dict(fixed or {})

    def check(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Optional[str]:
        value = _required(headers, self._name)
        for name, expected in self._fixed.items():
            if headers.get(name, expected) != expected:
                raise WebhookRefused("header_malformed", f"{name}: {expected} is expected")
        text = value[len(self._prefix) :]
        if not value.startswith(self._prefix) or not re.fullmatch(r"([0-9a-fA-F]{2})+", text):
            raise WebhookRefused("header_malformed", self._name)
        signature = bytes.fromhex(text)
        fits = [_is_hmac(secret.encode(), signature, body) for secret in secrets]
        return None if any(fits) else "signature_mismatch"

    def sign(self, _id: str, _at: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
        digest = hmac.new(secrets[0].encode(), body, hashlib.sha256).hexdigest()
        return {self._name: self._prefix + digest, **self._fixed}


class _Authorization:
    """No signature: the value of the Authorization header is the secret."""

    signs_time = False

    def check(self, headers: Mapping[str, str], _body: bytes, secrets: Sequence[str]) -> Optional[str]:
        value = _required(headers, "authorization").encode()
        fits = [hmac.compare_digest(secret.encode(), value) for secret in secrets]
        return None if any(fits) else "authorization_mismatch"

    def sign(self, _id: str, _at: int, _body: bytes, secrets: Sequence[str]) -> dict[str, str]:
        return {"authorization": secrets[0]}


#: The contracts, by the names under which Tidings knows them.
PROFILES = {
    "standard-webhooks": _StandardWebhooks(),
    "reading-steps": _HexHeader("x-readingsteps-signature", "sha256="),
    "scorm-api": _HexHeader("x-allure-signature", fixed={"x-allure-signature-algorithm": "sha256"}),
    "leah": _Authorization(),
    "lessonly": _Authorization(),
}


def _contract(profile: str) -> Any:
    if profile not in PROFILES:
        raise ValueError(f"There is no profile {profile}. There are: {', '.join(PROFILES)}")
    return PROFILES[profile]


def _secrets(secret: Union[str, Sequence[str], None]) -> Sequence[str]:
    secrets = [secret] if isinstance(secret, str) else list(secret or [])
    if not secrets or "" in secrets:
        raise WebhookRefused("secret_missing")
    return secrets


def _lower(headers: Headers) -> dict[str, str]:
    """Names in lower case; values of a repeated header are joined by a blank."""
    pairs = headers.items() if isinstance(headers, Mapping) or hasattr(headers, "items") else headers
    found: dict[str, str] = {}
    for name, value in pairs:
        values = [value] if isinstance(value, (str, bytes)) else list(value or [])
        for each in values:
            text = each.decode("latin-1") if isinstance(each, bytes) else each
            key = (name.decode("latin-1") if isinstance(name, bytes) else name).lower()
            found[key] = f"{found[key]} {text}" if key in found else text
    return found


def _required(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    if value == "":
        raise WebhookRefused("header_missing", name)
    return value


def _bytes(body: object) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    raise WebhookRefused("body_missing" if body is None else "body_parsed")


def _time(value: Optional[str], is_signed: bool) -> Optional[int]:
    if value is not None and re.fullmatch(r"[0-9]{1,12}", value):
        return int(value)
    if is_signed:
        raise WebhookRefused("header_malformed", "webhook-timestamp")
    return None


def _base64(text: str) -> Optional[bytes]:
    if not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text):
        return None
    try:
        # The padding may be left out, as in the specification's own libraries.
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except binascii.Error:
        return None


def _is_hmac(key: bytes, signature: bytes, data: bytes) -> bool:
    return hmac.compare_digest(hmac.digest(key, data, "sha256"), signature)


def _is_ed25519(key: bytes, signature: bytes, data: bytes) -> bool:
    from_bytes = _ed25519().Ed25519PublicKey.from_public_bytes
    from cryptography.exceptions import InvalidSignature

    try:
        from_bytes(key).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _ed25519() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise WebhookRefused("algorithm_unavailable") from None
    return ed25519
