#!/usr/bin/env python3
"""A program in another language that speaks AMQP to the shop, by pika, and knows of Holdfast only the JSON on the wire.

    ./dev up --rabbitmq                       # prints the addresses, as JSON
    examples/7_foreign_amqp.py up.json        # the file of that line, in the folder that it names as "state"

Publishes one order three times, and stock must fall once. Listens on a queue of its own, and every event must be as documented.
Publishes what nobody can read, and it must be in both dead-letter queues while the order behind it goes on. Exit 0: all of it holds.
"""
import json
import re
import sys
import time
import urllib.error
import urllib.request
import uuid

import pika

PATIENCE = 120  # seconds
PRODUCT, ON_HAND = 7700, 10
DEAD_LETTERS = ["inventory.order-created.dlq", "payment.order-created.dlq"]
FIRST_FOREIGN_ORDER = 1_000_000_000  # far from the numbers that the shop gives


class Wrong(Exception):
    pass


def expect(what, found, wanted=True):
    if found != wanted:
        raise Wrong(f"{what}: {found!r}, expected {wanted!r}")


def until(what, holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise Wrong(f"not within {PATIENCE} s: {what}")
        time.sleep(0.05)


def ask(url, method="GET", body=None):
    with urllib.request.urlopen(urllib.request.Request(url, body and json.dumps(body).encode(), method=method)) as answer:
        return json.loads(answer.read())


def envelope(order_id, **changes):
    """DESIGN of the wire: eventId, eventType and payload are required, the rest may be there."""
    event = {"eventId": uuid.uuid4().hex, "eventType": "order.created.v1", "occurredAtUtc": "2025-08-22T09:30:00Z",
             "payload": {"orderId": order_id, "customerId": 77, "totalAmount": 30.00, "currency": "INR",
                         "items": [{"productId": PRODUCT, "qty": 2}]},
             "metadata": {"producer": "a-foreign-program", "schemaVersion": 1}}
    event.update(changes)
    return {name: value for name, value in event.items() if value is not None}


class Foreigner:
    def __init__(self, shop):
        self.shop = shop
        self.channel = pika.BlockingConnection(pika.URLParameters(shop["broker"])).channel()
        self.channel.confirm_delivery()

    def publish(self, body, **properties):
        """Mandatory and confirmed: pika raises where no queue takes it."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.channel.basic_publish(self.shop["exchange"], "order.created.v1", body, pika.BasicProperties(
            content_type="application/json", delivery_mode=2, **properties), mandatory=True)

    def on_hand(self):
        return ask(f"{self.shop['inventory']}/stock/{PRODUCT}")["onHand"]

    def paid(self, order_id):
        try:
            return ask(f"{self.shop['payment']}/payments/{order_id}")["status"]
        except urllib.error.HTTPError:
            return None

    def place(self):
        order = {"customerId": 77, "totalAmount": 12.50, "currency": "INR", "items": [{"productId": PRODUCT, "qty": 1}]}
        return ask(self.shop["order"] + "/orders", "POST", order)["id"]

    def status(self, order_id):
        return ask(f"{self.shop['order']}/orders/{order_id}")["status"]

    def three_times_is_once(self):
        ask(f"{self.shop['inventory']}/stock/{PRODUCT}", "PUT", {"onHand": ON_HAND})
        number = FIRST_FOREIGN_ORDER + uuid.uuid4().int % 1_000_000_000
        event = envelope(number)
        for _ in range(3):
            self.publish(event, message_id=event["eventId"], type=event["eventType"])
        until("stock fell for the foreign order", lambda: self.on_hand() != ON_HAND)
        until("payment charged the foreign order", lambda: self.paid(number) == "charged")
        behind = self.place()  # went through the same queue after the copies
        until("the order behind it is confirmed", lambda: self.status(behind) == "confirmed")
        expect("on hand after three copies of 2 and an order of 1", self.on_hand(), ON_HAND - 3)

    def events_are_as_documented(self):
        queue = self.channel.queue_declare("", exclusive=True).method.queue
        for pattern in ("order.#", "stock.#", "payment.#"):
            self.channel.queue_bind(queue, self.shop["exchange"], pattern)
        number = self.place()
        wanted = {"order.created.v1", "stock.reserved.v1", "payment.charged.v1", "order.confirmed.v1"}
        seen = {}
        def one_more():
            method, properties, body = self.channel.basic_get(queue, auto_ack=True)
            if method and json.loads(body)["payload"]["orderId"] == number:
                seen[method.routing_key] = (properties, json.loads(body))
            return wanted <= seen.keys()
        until(f"all events of order {number}", one_more)
        for event_type, (properties, event) in seen.items():
            self.check(event_type, properties, event, str(number))
        created, reserved = seen["order.created.v1"][1], seen["stock.reserved.v1"][1]
        expect("payload of order.created", created["payload"],
               {"orderId": number, "customerId": 77, "totalAmount": 12.5, "currency": "INR",
                "items": [{"productId": PRODUCT, "qty": 1}]})
        expect("cause of stock.reserved", reserved["metadata"]["causationId"], created["eventId"])
        expect("one trace", reserved["metadata"]["traceId"], created["metadata"]["traceId"])

    def check(self, event_type, properties, event, key):
        expect(event_type + ": eventType", event["eventType"], event_type)
        expect(event_type + ": eventId", bool(re.fullmatch("[0-9a-f]{32}", event["eventId"])))
        expect(event_type + ": occurredAtUtc", bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", event["occurredAtUtc"])))
        expect(event_type + ": fields", set(event), {"eventId", "eventType", "occurredAtUtc", "payload", "metadata"})
        metadata = event["metadata"]
        expect(event_type + ": metadata", {"traceId", "correlationId", "producer", "schemaVersion"} <= set(metadata))
        expect(event_type + ": schemaVersion", metadata["schemaVersion"], 1)
        expect(event_type + ": message_id", uuid.UUID(properties.message_id).hex, event["eventId"])
        expect(event_type + ": type", properties.type, event_type)
        expect(event_type + ": content_type", properties.content_type, "application/json")
        expect(event_type + ": persistent", properties.delivery_mode, 2)
        expect(event_type + ": correlation_id", properties.correlation_id, metadata["correlationId"])
        expect(event_type + ": app_id", properties.app_id, metadata["producer"])
        expect(event_type + ": timestamp", abs(properties.timestamp - time.time()) < 600)
        expect(event_type + ": holdfast-key", properties.headers["holdfast-key"], key)
        expect(event_type + ": traceparent", properties.headers["traceparent"].split("-")[1], metadata["traceId"])

    def poison_stops_nobody(self):
        mark = uuid.uuid4().hex
        number = FIRST_FOREIGN_ORDER * 3
        wrong_payload = envelope(number)["payload"] | {"items": "two", "note": mark}
        poison = {
            "no JSON": f"these bytes are no JSON {mark}".encode(),
            "JSON, no envelope": json.dumps([1, 2, mark]).encode(),
            "no eventId": envelope(number, eventId=None, metadata={"producer": mark}),
            "no payload": envelope(number, payload=None, metadata={"producer": mark}),
            "a field of another type": envelope(number, eventType=7, metadata={"producer": mark}),
            "a payload that breaks the contract": envelope(number, payload=wrong_payload),
            "bytes that are no text": b"\x00\xff\xfe\x80" + mark.encode() + b"\x00",
            "nothing at all": b"",
        }
        bodies = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in poison.values()]
        for body in bodies:
            self.publish(body)
        behind = self.place()
        until("the order behind the poison is confirmed", lambda: self.status(behind) == "confirmed")
        for queue in DEAD_LETTERS:
            until(f"all {len(bodies)} kinds are in {queue}", lambda: set(bodies) <= self.bodies_in(queue))

    def bodies_in(self, queue):
        """Looked at and left there: what is not acked when the channel closes is given back."""
        channel = self.channel.connection.channel()
        bodies = set()
        while (got := channel.basic_get(queue))[0]:
            bodies.add(got[2])
            expect(f"{queue}: reason of {got[2][:40]!r}", got[1].headers["holdfast-reason"], "invalid")
        channel.close()
        return bodies


def main():
    with open(sys.argv[1], encoding="utf-8") as line:
        foreigner = Foreigner(json.load(line))
    try:
        for act in (foreigner.three_times_is_once, foreigner.events_are_as_documented, foreigner.poison_stops_nobody):
            act()
            print(f"{act.__name__.replace('_', ' ')}: yes")
    except Wrong as wrong:
        print(f"WRONG {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
