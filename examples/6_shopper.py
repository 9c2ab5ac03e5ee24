#!/usr/bin/env python3
"""A stranger to the shop: speaks HTTP, knows nothing of Holdfast, and finds out whether the shop can be trusted.

    ./dev up                                  # prints the addresses, as JSON
    examples/6_shopper.py up.json             # the file of that line, in the folder that it names as "state"

Fills a few shelves, places orders from several threads, and waits until each is decided. Soon after, orders, stock and money
must agree, whatever was killed and started again meanwhile. Exit 0: they do. 1: they do not, and it says where. 3: no answer.
"""
import argparse
import collections
import http.client
import json
import random
import sys
import threading
import time
import urllib.parse
from decimal import Decimal

PATIENCE = 180  # seconds for a server that is away, and for all orders to be decided


class NoAnswer(Exception):
    pass


def ask(base, method, path, body=None, headers=None):
    """(status, JSON). A program that is away, or cannot say now, is asked again: every request here may be repeated."""
    url = urllib.parse.urlsplit(base)
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
            connection.request(method, path, body and json.dumps(body), headers or {})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status < 500:
                return answer.status, json.loads(text, parse_float=Decimal)
            trouble = f"{answer.status} {text.decode()}"
        except (OSError, http.client.HTTPException) as away:
            trouble = repr(away)
        finally:
            connection.close()
        if time.monotonic() > until:
            raise NoAnswer(f"{method} {base}{path}: no answer in {PATIENCE} s: {trouble}")
        time.sleep(0.05)


class Shopper:
    def __init__(self, shop, orders, seed):
        self.shop, self.orders, self.random = shop, orders, random.Random(seed)
        self.run = f"{random.SystemRandom().getrandbits(64):x}"  # keys of another run are not ours
        self.shelves = {7000 + n: 40 * (n + 1) for n in range(4)}  # the first ones run out
        self.baskets = [self.basket(n) for n in range(orders)]
        self.placed, self.wrong = {}, []

    def basket(self, n):
        products = self.random.sample(sorted(self.shelves), self.random.randint(1, 2))
        return {"customerId": n + 1, "totalAmount": self.random.randint(100, 99999) / 100, "currency": "INR",
                "items": [{"productId": p, "qty": self.random.randint(1, 3)} for p in products]}

    def fill_shelves(self):
        for product, amount in self.shelves.items():
            ask(self.shop["inventory"], "PUT", f"/stock/{product}", {"onHand": amount})

    def place(self, numbers):
        try:
            for n in numbers:
                self.place_one(n)
        except NoAnswer as silence:
            self.wrong.append(str(silence))

    def place_one(self, n):
        status, said = ask(self.shop["order"], "POST", "/orders", self.baskets[n], {"Idempotency-Key": f"shopper-{self.run}-{n}"})
        if status == 201:
            self.placed[n] = said["id"]
        else:
            self.wrong.append(f"basket {n}: {status} {said}")

    def place_all(self):
        threads = [threading.Thread(target=self.place, args=(range(t, self.orders, 4),)) for t in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def order(self, order_id):
        status, order = ask(self.shop["order"], "GET", f"/orders/{order_id}")
        if status != 200:
            raise NoAnswer(f"order {order_id} was answered 201 and is now: {status} {order}")
        return order

    def wait_until_decided(self):
        until = time.monotonic() + PATIENCE
        for n, order_id in self.placed.items():
            while self.order(order_id)["status"] == "pending":
                if time.monotonic() > until:
                    self.wrong.append(f"order {order_id}: pending for {PATIENCE} s")
                    break
                time.sleep(0.05)

    def compare_until_they_agree(self):
        """An order is cancelled before its money is back: what does not agree yet is asked again."""
        until, said = time.monotonic() + PATIENCE, list(self.wrong)
        while True:
            self.wrong = list(said)
            statuses = self.compare()
            if self.wrong == said or time.monotonic() > until:
                return statuses
            time.sleep(0.2)

    def compare(self):
        if len(set(self.placed.values())) != self.orders:
            self.wrong.append(f"{self.orders} baskets, {len(set(self.placed.values()))} orders")
        taken, statuses = collections.Counter(), collections.Counter()
        for n, order_id in self.placed.items():
            order, basket = self.order(order_id), self.baskets[n]
            statuses[order["status"]] += 1
            self.expect(f"order {order_id}: customer", order["customerId"], basket["customerId"])
            self.expect(f"order {order_id}: amount", Decimal(order["totalAmount"]), Decimal(str(basket["totalAmount"])))
            self.expect(f"order {order_id}: items", order["items"], basket["items"])
            status, payment = ask(self.shop["payment"], "GET", f"/payments/{order_id}")
            charged = status == 200 and payment["status"] == "charged"
            self.expect(f"order {order_id}, {order['status']}: charged", charged, order["status"] == "confirmed")
            if charged:
                self.expect(f"order {order_id}: charged amount", Decimal(payment["amount"]), Decimal(order["totalAmount"]))
                for item in basket["items"]:
                    taken[item["productId"]] += item["qty"]
        for product, amount in self.shelves.items():
            on_hand = ask(self.shop["inventory"], "GET", f"/stock/{product}")[1]["onHand"]
            self.expect(f"product {product}: on hand", on_hand, amount - taken[product])
        return statuses

    def expect(self, what, found, wanted):
        if found != wanted:
            self.wrong.append(f"{what}: {found}, expected {wanted}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("addresses", help="a file with the line of ./dev up")
    arguments.add_argument("--orders", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    with open(given.addresses, encoding="utf-8") as line:
        shopper = Shopper(json.load(line), given.orders, given.seed)
    try:
        shopper.fill_shelves()
        shopper.place_all()
        shopper.wait_until_decided()
        statuses = shopper.compare_until_they_agree()
    except NoAnswer as silence:
        print(silence, file=sys.stderr)
        return 3
    print(f"{len(shopper.placed)} orders: {', '.join(f'{count} {status}' for status, count in sorted(statuses.items()))}")
    for fault in shopper.wrong:
        print("WRONG", fault)
    return 1 if shopper.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
