"""Stripe's own client talks to the stand-in, checks its signatures, and every answer is compared with Stripe's description.

Arguments: the stand-in's address, its key, its signing secret, the description, and the port of the webhook that this program answers.
"""
import json
import queue
import sys
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import jsonschema
import stripe
from stripe import StripeClient

url, key, secret, description, port = sys.argv[1:6]
spec = json.load(open(description, encoding="utf-8"))
schemas = spec["components"]["schemas"]
checked, events, kept = {}, queue.Queue(), []


def as_schema(node):
    """OpenAPI 3.0 says `nullable`, JSON Schema says `null`."""
    if isinstance(node, list):
        return [as_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {word: as_schema(value) for word, value in node.items() if word != "nullable"}
    return {"anyOf": [found, {"type": "null"}]} if node.get("nullable") is True else found


document = {"components": as_schema(spec["components"])}


def check(schema, value, what):
    jsonschema.Draft202012Validator({**document, **as_schema(schema)}).validate(value)
    checked[what] = checked.get(what, 0) + 1


def operation(method, path):
    steps = path.split("/")
    for template, operations in spec["paths"].items():
        wanted = template.split("/")
        if len(wanted) == len(steps) and all(w.startswith("{") or w == s for w, s in zip(wanted, steps)) and method in operations:
            return template, operations[method]
    raise AssertionError(f"{method} {path} is no call of Stripe's")


class Checked(stripe.HTTPClient):
    """The client's own way to talk, with a look at each answer."""

    name = "checked"

    def request(self, method, url, headers, post_data=None):
        data = post_data.encode() if isinstance(post_data, str) else post_data
        request = urllib.request.Request(url, data=data, headers=dict(headers), method=method.upper())
        try:
            with urllib.request.urlopen(request) as answer:
                status, body, headers = answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            status, body, headers = error.code, error.read(), dict(error.headers)
        template, described = operation(method.lower(), urllib.parse.urlsplit(url).path)
        described = described["responses"]["200" if status == 200 else "default"]
        check(described["content"]["application/json"]["schema"], json.loads(body), f"{method.upper()} {template} {status}")
        return body.decode(), status, {name.lower(): value for name, value in headers.items()}

    def close(self):
        pass


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = stripe.Webhook.construct_event(body, self.headers["stripe-signature"], secret)
            events.put((event.type, json.loads(body)))
            self.send_response(200)
        except Exception as error:  # what is wrong is said by the test
            events.put((f"refused: {error!r}", None))
            self.send_response(400)
        self.end_headers()

    def log_message(self, *_):
        pass


def heard(*wanted):
    """Waits for these messages; each that comes is compared with its description, and kept until it is waited for."""
    for kind in wanted:
        while kind not in kept:
            arrived, event = events.get(timeout=20)
            assert event is not None, arrived
            check({"$ref": f"#/components/schemas/event.{arrived}"}, event, f"event {arrived}")
            kept.append(arrived)
        kept.remove(kind)


def form(path, **values):
    """What a browser posts, without following where it is sent."""
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(Stay)
    try:
        with opener.open(f"{url}{path}", urllib.parse.urlencode(values).encode()) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        if error.code == 303:
            return error.headers["location"]
        if error.code == 204:
            return ""
        raise


server = HTTPServer(("127.0.0.1", int(port)), Webhook)
threading.Thread(target=server.serve_forever, daemon=True).start()
api = StripeClient(key, base_addresses={"api": url}, stripe_version="2026-09-30.endive", http_client=Checked(), max_network_retries=0).v1


def page(amount, reference):
    return api.checkout.sessions.create({
        "mode": "payment", "success_url": "https://panel.example/back", "cancel_url": "https://panel.example/cancel",
        "client_reference_id": reference, "customer_creation": "always", "customer_email": "anna@example.com",
        "allowed_payment_method_types": ["card"], "adaptive_pricing": {"enabled": False}, "metadata": {"reference": reference},
        "payment_intent_data": {"setup_future_usage": "off_session", "metadata": {"reference": reference}},
        "line_items": [{"quantity": 1, "price_data": {"currency": "eur", "unit_amount": amount, "product_data": {"name": "A plan"}}}],
    })


def saved(card):
    """A customer with this card, by paying a page with it."""
    session = page(1071, card)
    goes = form(f"/c/pay/{session.id}", card=card)
    if "/3ds/" in goes:
        heard("payment_intent.requires_action")
        goes = form(urllib.parse.urlsplit(goes).path, answer="yes")
    assert goes == "https://panel.example/back", goes
    heard("payment_intent.created", "payment_intent.succeeded", "charge.succeeded", "checkout.session.completed")
    session = api.checkout.sessions.retrieve(session.id)
    assert (session.status, session.payment_status) == ("complete", "paid")
    intent = api.payment_intents.retrieve(session.payment_intent)
    assert (intent.status, intent.amount_received, intent.metadata["reference"]) == ("succeeded", 1071, card)
    method = api.payment_methods.retrieve(intent.payment_method)
    assert method.customer == session.customer and method.card.last4 == card[-4:]
    return session.customer, method.id, intent


def charge(customer, method, name):
    return api.payment_intents.create({
        "amount": 2000, "currency": "eur", "customer": customer, "payment_method": method, "off_session": True, "confirm": True,
        "allowed_payment_method_types": ["card"], "metadata": {"charge": name}, "description": "Invoice 1",
    }, {"idempotency_key": name})


def declined(customer, method, name):
    try:
        charge(customer, method, name)
    except stripe.CardError as error:
        heard("payment_intent.payment_failed", "charge.failed")
        return error
    raise AssertionError("was not declined")


account = api.accounts.retrieve_current()
assert account.charges_enabled

customer, method, first = saved("4242424242424242")
paid = charge(customer, method, "good-1")
assert paid.status == "succeeded" and charge(customer, method, "good-1").id == paid.id, "once for a key"
heard("payment_intent.succeeded")
try:
    api.payment_intents.create({"amount": 1, "currency": "eur", "customer": customer, "payment_method": method, "confirm": True},
                               {"idempotency_key": "good-1"})
    raise AssertionError("other parameters under the same key")
except stripe.IdempotencyError:
    pass
try:
    api.payment_intents.create({"amount": 1, "currency": "eur", "customer": customer, "payment_method": method, "confirm": True})
    raise AssertionError("below the minimum")
except stripe.InvalidRequestError as error:
    assert error.code == "amount_too_small"
assert [intent.id for intent in api.payment_intents.list({"customer": customer, "limit": 1}).auto_paging_iter()] == [paid.id, first.id]

for number, word in [("4000000000000341", "insufficient_funds"), ("4000000000009987", "lost_card")]:
    error = declined(*saved(number)[:2], f"declined-{word}")
    assert (error.code, error.error.decline_code, error.error.payment_intent.status) == ("card_declined", word, "requires_payment_method")

customer, method, _ = saved("4000002760003184")
error = declined(customer, method, "challenge-1")
assert error.code == "authentication_required"
asked = api.payment_intents.confirm(error.error.payment_intent.id, {"payment_method": method, "return_url": "https://panel.example/invoice"})
assert asked.status == "requires_action"
assert form(urllib.parse.urlsplit(asked.next_action.redirect_to_url.url).path, answer="yes") == "https://panel.example/invoice"
heard("payment_intent.requires_action", "payment_intent.succeeded")
error = declined(customer, method, "challenge-2")
assert api.payment_intents.cancel(error.error.payment_intent.id).status == "canceled"
heard("payment_intent.canceled")

def setup(reference, **whose):
    return api.checkout.sessions.create({
        "mode": "setup", "currency": "eur", "success_url": "https://panel.example/cards", "cancel_url": "https://panel.example/cards",
        "client_reference_id": reference, "allowed_payment_method_types": ["card"], "metadata": {"reference": reference},
        "setup_intent_data": {"metadata": {"reference": reference}}, **whose,
    })


session = setup("card_1", customer=customer)
assert (session.payment_status, session.amount_total, api.setup_intents.retrieve(session.setup_intent).status) == (
    "no_payment_required", None, "requires_payment_method")
assert "declined" in form(f"/c/pay/{session.id}", card="4000000000000002")
assert form(f"/c/pay/{session.id}", card="4242424242424242") == "https://panel.example/cards"
heard("setup_intent.created", "setup_intent.setup_failed", "setup_intent.succeeded", "checkout.session.completed")
added = api.setup_intents.retrieve(session.setup_intent)
assert (added.status, added.usage, added.metadata["reference"], added.customer) == ("succeeded", "off_session", "card_1", customer)
assert api.payment_methods.retrieve(added.payment_method).customer == customer
assert charge(customer, added.payment_method, "added-1").status == "succeeded"
heard("payment_intent.succeeded")
session = setup("card_2", customer_creation="always", customer_email="b@example.com")
goes = form(f"/c/pay/{session.id}", card="4000002760003184")
heard("setup_intent.requires_action")
assert form(urllib.parse.urlsplit(goes).path, answer="yes") == "https://panel.example/cards"
heard("setup_intent.succeeded", "checkout.session.completed")
session = api.checkout.sessions.retrieve(session.id)
assert session.status == "complete" and session.customer == api.setup_intents.retrieve(session.setup_intent).customer

session = page(1500, "slow")
form(f"/c/pay/{session.id}", card="4000000000000077")
heard("payment_intent.processing", "checkout.session.completed")
form("/simulator/settle")
heard("payment_intent.succeeded", "checkout.session.async_payment_succeeded")

session = page(1500, "refused")
assert "declined" in form(f"/c/pay/{session.id}", card="4000000000000002")
heard("payment_intent.payment_failed")
assert api.checkout.sessions.expire(session.id).status == "expired"
heard("checkout.session.expired")

refund = api.refunds.create({"payment_intent": first.id, "amount": 71, "metadata": {"refund": "1"}}, {"idempotency_key": "refund-1"})
assert (refund.status, api.refunds.retrieve(refund.id).amount) == ("succeeded", 71)
heard("charge.refunded", "refund.created")
assert [found.id for found in api.refunds.list({"payment_intent": first.id}).data] == [refund.id]
assert api.charges.retrieve(refund.charge).amount_refunded == 71

form("/simulator/dispute")
heard("charge.dispute.created")
disputed = api.events.list({"types": ["charge.dispute.created"]}).data[0].data.object
assert api.disputes.retrieve(disputed.id).status == "needs_response"

assert api.checkout.sessions.list({"payment_intent": first.id}).data[0].client_reference_id == "4242424242424242"
listed = api.events.list({"types": ["refund.created"], "created": {"gte": 0}})
assert [event.data.object.id for event in listed.data] == [refund.id] and api.events.retrieve(listed.data[0].id).type == "refund.created"
assert api.customers.retrieve(api.customers.create({"email": "b@example.com", "metadata": {"tenant": "1"}}).id).metadata["tenant"] == "1"
changed = api.customers.update(customer, {"name": "Anna", "email": "a@example.com", "address": {"line1": "1", "country": "DE"}, "metadata": {"tenant": "2"}})
assert (changed.name, changed.address.line1, changed.metadata["tenant"]) == ("Anna", "1", "2")
try:
    api.payment_intents.retrieve("pi_made_up")
    raise AssertionError("there is no such intent")
except stripe.InvalidRequestError as error:
    assert error.code == "resource_missing"

print(f"stripe-check: {sum(checked.values())} answers and messages of {len(checked)} kinds are as Stripe describes them")
