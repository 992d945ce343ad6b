"""A real mail server on a free loopback port: Debian's aiosmtpd, with TLS and passwords where the test wants them.

    with MailServer() as server:                      # tls=(certificate, key): STARTTLS, or with smtps=True TLS at once
        server.refuse = lambda address: "550 no such user" if … else None
        ...
        server.wait(lambda mails: len(mails) == 1)
"""

import email
import email.policy
import ssl
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from broker import free_port
from pace import LIMIT


class Mail:
    def __init__(self, envelope):
        self.sender, self.recipients, self.bytes = envelope.mail_from, envelope.rcpt_tos, envelope.original_content
        self.message = email.message_from_bytes(self.bytes, policy=email.policy.default)

    @property
    def text(self):
        return self.message.get_content()


class Handler:
    def __init__(self, owner):
        self.owner = owner

    async def handle_RCPT(self, server, session, envelope, address, options):
        refused = self.owner.refuse(address)
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.owner.encrypted.append(session.ssl is not None)
        answer = self.owner.answer
        if answer.startswith("2"):
            with self.owner.changed:
                self.owner.mails.append(Mail(envelope))
                self.owner.changed.notify_all()
        return answer


class MailServer:
    def __init__(self, tls=None, smtps=False, users=None, port=0):
        self.mails, self.encrypted, self.answer = [], [], "250 taken"
        self.refuse = lambda address: None
        self.changed = threading.Condition()
        self.port, self.users = port or free_port(), users
        self.scheme = "smtps" if smtps else "smtp"
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
        more = {"authenticator": self._login, "auth_required": True, "auth_require_tls": bool(tls) and not smtps} if users else {}
        self.controller = Controller(Handler(self), hostname="127.0.0.1", port=self.port, ready_timeout=LIMIT,
                                     ssl_context=context if smtps else None, tls_context=None if smtps else context,
                                     require_starttls=bool(tls) and not smtps, **more)

    def _login(self, server, session, envelope, mechanism, data):
        right = self.users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=right, handled=False)

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def wait(self, condition, limit=LIMIT):
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self.mails), limit), f"not within {limit} s: {len(self.mails)} mails"
            return list(self.mails)

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()
