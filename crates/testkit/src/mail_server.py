"""A mail server for tests: prints its port, then every mail as a line of JSON, and at the end how many there were.

Asks for the password that is its first argument, unless that is empty. never@ is refused, later@ is put off once (greylisting), data@ is refused after its mail was read. Ends with its
standard input.
"""

import asyncio
import email
import email.policy
import json
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def say(what):
    print(json.dumps(what), flush=True)


class Handler:
    def __init__(self):
        self.put_off = set()
        self.taken = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("never@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later@") and address not in self.put_off:
            self.put_off.add(address)
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(address.startswith("data@") for address in envelope.rcpt_tos):
            return "554 5.6.0 nobody wants that"
        self.taken += 1
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        parts = list(message.iter_parts())
        defects = [repr(defect) for part in [message, *parts] for defect in part.defects]
        defects += [repr(defect) for value in message.values() for defect in value.defects]
        say({
            "envelope": {"from": envelope.mail_from, "to": envelope.rcpt_tos},
            "headers": dict(message.items()),
            "type": message.get_content_type(),
            "parts": [{"type": part.get_content_type(), "text": part.get_content()} for part in parts],
            "defects": defects,
        })
        return "250 OK"


async def main():
    handler = Handler()
    password = sys.argv[1].encode()

    def authenticate(server, session, envelope, mechanism, given):
        return AuthResult(success=given.password == password, handled=False)

    def serve():
        asks = {"auth_required": True, "auth_require_tls": False, "authenticator": authenticate} if password else {}
        return SMTP(handler, hostname="localhost", **asks)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(serve, "127.0.0.1", 0)
    say({"port": server.sockets[0].getsockname()[1]})
    await loop.run_in_executor(None, sys.stdin.read)
    say({"taken": handler.taken})


asyncio.run(main())
