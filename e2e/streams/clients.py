"""Writes a topic, or reads one, with a client of Kafka that is not ours.

    clients.py write CLIENT BROKER TOPIC COMPRESSION < lines    keys are the numbers of the lines
    clients.py aborted BROKER TOPIC < lines                     in a transaction that is taken back
    clients.py read CLIENT BROKER TOPIC COUNT                   a JSON object a message
"""

import json
import sys
import time


def write(client, broker, topic, compression):
    lines = sys.stdin.read().splitlines()
    if client == "kafka-python":
        from kafka import KafkaProducer

        p = KafkaProducer(bootstrap_servers=broker, compression_type=None if compression == "none" else compression, acks="all")
        for i, line in enumerate(lines):
            p.send(topic, key=str(i).encode(), value=line.encode(), headers=[("trace", str(i).encode())])
        p.flush()
        p.close()
        return
    from confluent_kafka import Producer

    p = Producer({"bootstrap.servers": broker, "compression.type": compression, "enable.idempotence": True})
    for i, line in enumerate(lines):
        p.produce(topic, key=str(i), value=line, headers=[("trace", str(i).encode())])
    if p.flush(30):
        sys.exit("messages are left")


def aborted(broker, topic):
    from confluent_kafka import Producer

    p = Producer({"bootstrap.servers": broker, "transactional.id": "taken-back"})
    p.init_transactions(30)
    p.begin_transaction()
    for line in sys.stdin.read().splitlines():
        p.produce(topic, key="taken back", value=line)
    p.flush(30)
    p.abort_transaction(30)


def show(key, value, headers):
    print(json.dumps({"key": (key or b"").decode(), "value": value.decode(), "headers": {k: v.decode() for k, v in headers or []}}))


def read(client, broker, topic, count):
    end = time.time() + 60
    got = 0
    if client == "kafka-python":
        from kafka import KafkaConsumer

        c = KafkaConsumer(topic, bootstrap_servers=broker, group_id=None, auto_offset_reset="earliest", isolation_level="read_committed", consumer_timeout_ms=20000)
        for m in c:
            show(m.key, m.value, m.headers)
            got += 1
            if got == count or time.time() > end:
                break
        c.close()
        return
    from confluent_kafka import Consumer

    c = Consumer({"bootstrap.servers": broker, "group.id": "reads", "auto.offset.reset": "earliest", "isolation.level": "read_committed"})
    c.subscribe([topic])
    while got < count and time.time() < end:
        m = c.poll(1)
        if m is not None and not m.error():
            show(m.key(), m.value(), m.headers())
            got += 1
    c.close()


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "write":
        write(*rest)
    elif what == "aborted":
        aborted(*rest)
    else:
        read(rest[0], rest[1], rest[2], int(rest[3]))
