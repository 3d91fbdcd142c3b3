"""A gRPC service, and its client.

orders.py                    serves shop.Orders and grpc.health.v1.Health until SIGTERM
orders.py ADDRESS METHOD     calls a method, such as /shop.Orders/List, and prints the status and the answer
"""

from __future__ import annotations

import signal
import sys
from concurrent import futures

import grpc

PORT = 9000
CALL_SECONDS = 5
DRAIN_SECONDS = 10
# HealthCheckResponse{status: SERVING}, of https://github.com/grpc/grpc/blob/master/doc/health-checking.md
SERVING = b"\x08\x01"


def main() -> None:
    """Serve, or call a method."""
    match sys.argv[1:]:
        case [address, method]:
            print(*call(address, method))
        case _:
            serve()


def serve() -> None:
    """Serve until SIGTERM, and then until the open calls are answered."""
    server = grpc.server(futures.ThreadPoolExecutor(4))
    services = {"shop.Orders": {"List": b"2 orders"}, "grpc.health.v1.Health": {"Check": SERVING}}
    for name, methods in services.items():
        handlers = {method: always(answer) for method, answer in methods.items()}
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(name, handlers)])
    server.add_insecure_port(f"[::]:{PORT}")
    server.start()
    signal.signal(signal.SIGTERM, lambda *_: server.stop(DRAIN_SECONDS))
    server.wait_for_termination()


def always(answer: bytes) -> grpc.RpcMethodHandler:
    """Return a method with one answer; without a serializer, messages are bytes."""
    return grpc.unary_unary_rpc_method_handler(lambda request, context: answer)


def call(address: str, method: str) -> tuple[str, str]:
    """Return the name of a call's status, and the answer or what is said of the error."""
    with grpc.insecure_channel(address) as channel:
        try:
            answer = channel.unary_unary(method)(b"", timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            return error.code().name, error.details()
    return "OK", answer.decode()


if __name__ == "__main__":
    main()
