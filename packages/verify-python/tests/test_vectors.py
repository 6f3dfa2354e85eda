"""Every vector has its outcome, and whatever is signed for a test is accepted."""

import base64
import importlib.util
import json
import pathlib
import unittest

from tidings_verify import PROFILES, WebhookRefused, basic, sign_for_test, verify

VECTORS = pathlib.Path(__file__).parents[2] / "verify" / "vectors" / "vectors.json"
HAS_ED25519 = importlib.util.find_spec("cryptography") is not None


def outcome_of(headers, body, **options):
    try:
        verify(headers, body, **options)
        return "accepted"
    except WebhookRefused as refused:
        assert len(str(refused)) > 40
        return refused.reason


class Vectors(unittest.TestCase):
    def test_each_has_its_outcome(self):
        vectors = json.loads(VECTORS.read_text())
        self.assertEqual({each["profile"] for each in vectors}, set(PROFILES))
        for each in vectors:
            with self.subTest(each["name"]):
                needs_ed25519 = any(secret.startswith("whpk_") for secret in each["secrets"]) and "v1a," in each["headers"].get(
                    "webhook-signature", ""
                )
                expected = each["outcome"] if HAS_ED25519 or not needs_ed25519 else "algorithm_unavailable"
                options = {"profile": each["profile"], "secret": each["secrets"], "now": each["now"]}
                self.assertEqual(outcome_of(each["headers"], base64.b64decode(each["body_base64"]), **options), expected)


class Forms(unittest.TestCase):
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    def test_headers_and_bodies_as_frameworks_give_them(self):
        body = '{"name":"Zoë"}'
        headers = sign_for_test(body, secret=self.secret)
        asgi = [(name.encode(), value.encode()) for name, value in headers.items()]
        upper = {name.upper(): value for name, value in headers.items()}
        lists = {name: [value] for name, value in headers.items()}
        for given in (headers, upper, lists, list(headers.items()), asgi):
            for raw in (body, body.encode(), bytearray(body.encode()), memoryview(body.encode())):
                webhook = verify(given, raw, secret=self.secret)
                self.assertEqual((webhook.text(), webhook.id, webhook.is_time_signed), (body, "msg_test", True))

    def test_a_parsed_or_a_missing_body_is_refused_in_words(self):
        headers = sign_for_test("{}", secret=self.secret)
        for body, reason in (({}, "body_parsed"), ([], "body_parsed"), (7, "body_parsed"), (None, "body_missing")):
            self.assertEqual(outcome_of(headers, body, secret=self.secret), reason)

    def test_what_is_signed_for_a_test_is_accepted(self):
        for profile in PROFILES:
            secret = {"standard-webhooks": self.secret, "leah": basic("ada", "pässword")}.get(profile, "a secret with ü")
            headers = sign_for_test("{}", profile=profile, secret=secret)
            self.assertEqual(outcome_of(headers, b"{}", profile=profile, secret=secret), "accepted")
            self.assertNotEqual(outcome_of(headers, b"{}", profile=profile, secret=secret + "BBBB"), "accepted")

    def test_a_profile_that_there_is_not(self):
        with self.assertRaisesRegex(ValueError, "There are: standard-webhooks"):
            verify({}, b"", secret="s", profile="none")


if __name__ == "__main__":
    unittest.main()
