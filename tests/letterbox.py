"""A real SMTP server on loopback, for tests of what leaves."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message


class Letterbox(Message):
    """Keeps what a real SMTP session delivered."""

    def __init__(self) -> None:
        super().__init__(email.message.Message)
        self.letters: list[email.message.EmailMessage] = []

    def prepare_message(self, session, envelope):
        return email.message_from_bytes(envelope.content, policy=policy.default)

    def handle_message(self, message) -> None:
        self.letters.append(message)


@contextmanager
def serving(settings) -> Iterator[Letterbox]:
    """The server, and settings that send there."""
    box = Letterbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.MAIL_LEAVES = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = port
    try:
        yield box
    finally:
        controller.stop()
