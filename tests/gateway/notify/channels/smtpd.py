"""A mail server of aiosmtpd on a free port: prints `PORT n`, then each mail as a line of JSON.

usage: smtpd.py [--tls CERT KEY] [--login NAME PASSWORD]

The recipient says what becomes of a mail: later@ 451, never@ 550, full@ 452 after DATA, refused@ 554 after DATA,
cut@ the connection ends after DATA, hangs@ no answer after DATA, gone@ the connection ends at RCPT.
"""
import argparse
import asyncio
import email
import email.policy
import json
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser()
parser.add_argument("--tls", nargs=2)
parser.add_argument("--login", nargs=2)
options = parser.parse_args()


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        who = address.split("@")[0]
        if who == "later":
            return "451 4.7.1 try again later"
        if who == "never":
            return f"550 5.1.1 <{address}>: no such user"
        if who == "gone":
            server.transport.abort()
            return "421 gone"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        who = envelope.rcpt_tos[0].split("@")[0]
        if who == "cut":
            server.transport.abort()
            return "250 never seen"
        if who == "hangs":
            await asyncio.sleep(3600)
        if who == "full":
            return "452 4.2.2 mailbox full"
        if who == "refused":
            return "554 5.7.1 refused by policy"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        seen = {key.lower(): str(value) for key, value in mail.items()}
        seen |= {"text": mail.get_content(), "to": envelope.rcpt_tos, "secured": session.ssl is not None}
        print(json.dumps(seen), flush=True)
        return "250 2.0.0 queued as A1"


def check(server, session, envelope, mechanism, data):
    given = [data.login.decode(), data.password.decode()]
    return AuthResult(success=given == options.login, handled=False)


async def main():
    context = None
    if options.tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*options.tls)
    arguments = {"hostname": "mail.test", "enable_SMTPUTF8": True}
    if context:
        arguments |= {"tls_context": context, "require_starttls": True}
    if options.login:
        arguments |= {"authenticator": check, "auth_required": True, "auth_require_tls": context is not None}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), loop=loop, **arguments), "127.0.0.1", 0)
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
